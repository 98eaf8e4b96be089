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
  /// Of a version that was fitted at a rolling origin: on what was known then, and calibrated by what it said from then
  /// until `as_of` (Tashman 2000, International Journal of Forecasting 16:437).
  std::optional<Timestamp> origin = {};
  /// Only rows decided from then on were fitted on: before, the market was another one (`Registry::newest_break`).
  std::optional<Timestamp> since = {};
  /// Earlier versions of the recipe whose forecasts it was calibrated by, oldest first; none: by its validation rows.
  std::vector<std::string> calibrated_by = {};
  /// Of one moment, each on rows and with a seed of its own (`fit_vintage`); what the version says is their mean.
  std::int64_t fits = 1;
  /// Parameters of the trainers of all fits as JSON, where they are not all those of the manifest: what each training
  /// met (`Trainer::parameters_of`).
  std::vector<std::string> fit_parameters = {};
  /// So many origins judged its recipe, where `training.origins_minutes` allowed for fewer than there could have been;
  /// else 0.
  std::int64_t origins = 0;
};

/// Whether a version was fitted on everything known at its time, or at its origin: nothing was held out to judge it on.
bool is_of_everything_known(const Protocol& protocol);
/// Whether rows were kept from it that it was judged on: held out, or those after its origin. A refresh is not judged.
bool is_judged(const Protocol& protocol);
/// The moment until which such a version could learn: its origin, else when it was made.
Timestamp fitted_as_of(const Protocol& protocol);

nlohmann::json to_json(const Protocol& protocol);
/// Error `manifest.protocol` (integrity) names the field.
Result<Protocol> read_protocol(std::string_view json_text);

/// Everything of the manifest but metrics, parent, program and files. It is as young as the last label of `split.fit`.
/// `scope`: the name of its recipe (`Slot`).
Manifest manifest_of(const Trainer& trainer, const CalibratedModel& model, const LearningData& data,
                     const TrainingSplit& split, const Protocol& protocol, const std::string& scope);

/// Whether a version forecasts what forecasts of this label are about (`are_judged_alike`).
bool is_about(const Manifest& manifest, const LabelOptions& label);

/// The few figures that lists show: {rank_ic, rank_ic_lo, rank_ic_hi, hit_rate, net_bps_per_trade, trades, sharpe,
/// ...}; null where nothing was traded.
nlohmann::json headline_metrics(const Judgement& judgement);

}  // namespace clm
