#pragma once
#include <nlohmann/json_fwd.hpp>

#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/verdict/judgement.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/learning_options.hpp"
#include "models/model.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// How the rows of a training were chosen: what a manifest keeps so that the version can be made again.
struct Protocol {
  Timestamp as_of;
  Venue venue;
  Interval interval;
  std::vector<Symbol> symbols;
  TrainingOptions training;
  std::int64_t min_frozen_bars = 0;
  std::string warm_start = {};  ///< version whose weights the training began with; empty: it drew its own
};
nlohmann::json to_json(const Protocol& protocol);
/// Error `manifest.protocol` (integrity) names the field.
Result<Protocol> read_protocol(std::string_view json_text);

/// Everything of the manifest but metrics, parent, program and files. It is as young as the last label of `split.fit`.
Manifest manifest_of(const Trainer& trainer, const CalibratedModel& model, const LearningData& data,
                     const TrainingSplit& split, const Protocol& protocol);

/// Whether a version's forecasts are about this label.
bool is_about(const Manifest& manifest, const LabelOptions& label);

/// The few figures that lists show: {rank_ic, rank_ic_lo, rank_ic_hi, hit_rate, net_bps_per_trade, trades, sharpe,
/// ...}; null where nothing was traded.
nlohmann::json headline_metrics(const Judgement& judgement);

}  // namespace clm
