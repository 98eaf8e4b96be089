#pragma once
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "features/engine/feature_engine.hpp"
#include "features/labels/dataset_builder.hpp"
#include "features/sets/feature_set.hpp"
#include "market/simulator/simulator.hpp"
#include "models/trainers.hpp"
#include "registry/registry_fixture.hpp"
#include "serving/forecast_report.hpp"
#include "serving/live_inputs.hpp"
#include "serving/predictor.hpp"

namespace clm::testing {

inline constexpr std::size_t kBars = 420;
inline constexpr std::size_t kSymbols = 6;

/// The first `bars` bars of a market that is made once.
inline std::vector<CandleSeries> market(std::size_t bars) {
  static const std::vector<CandleSeries> all = [] {
    SimulationOptions options;
    options.symbols = kSymbols;
    options.bars = kBars + 30;
    options.signal_ic = 0.3;
    return simulate(options).value().series;
  }();
  std::vector<CandleSeries> series = all;
  for (CandleSeries& one : series) one.candles.resize(bars);
  return series;
}

inline Timestamp close_of(std::size_t bars) { return SimulationOptions{}.start + std::chrono::hours(bars); }

/// Trains a model on all that was known of `candles` at `as_of`, with its calibration, and makes it the active version.
inline VersionId activate_version(Registry& registry, const std::string& type, const TrainerOptions& trainers,
                                  const FeatureSet& features, const CandleSource& candles, Timestamp as_of,
                                  const RunContext& run) {
  DatasetOptions options;
  options.as_of = as_of;
  auto frame =
      std::make_shared<const FeatureFrame>(compute_features(features, candles, nullptr, {as_of, {}}, run).value());
  DatasetBuilder builder(frame, options);
  for (std::size_t s = 0; s < candles.symbols().size(); ++s) builder.add(candles.load(s).value());
  const LabelledRows labelled = std::move(builder).build().value();
  const RowSet rows = all_rows(labelled.data);
  const auto trainer = make_trainer(type, trainers).value();
  const auto model = trainer->train({rows, RowSet{&labelled.data, {}}, 1, 1}, run).value();
  std::vector<float> raw(rows.size());
  expects(model->predict(rows, raw).has_value(), "a model forecasts what it was trained on");
  const auto calibration =
      ForecastCalibration::fit(*judged_rows(rows, options.label.horizon_bars), raw, ReturnBasis::relative).value();

  auto staged = registry.store().stage(type).value();
  bool stored =
      model->save(staged.directory()).has_value() &&
      write_file_atomic(staged.directory() / ForecastCalibration::kFileName, calibration.to_json_text()).has_value();
  Manifest manifest = sample_manifest(1, type);
  manifest.feature_set = features.name();
  manifest.feature_hash = frame->set_hash;
  manifest.feature_names = frame->names;
  manifest.label_json = to_json(options.label).dump();
  const auto artifact = registry.store().put(std::move(staged), std::move(manifest)).value();
  stored = stored && registry.enter(artifact, because("trained")).has_value() &&
           registry.promote(artifact.version, because("better")).has_value();
  expects(stored, "a version is stored and promoted");
  return artifact.version;
}

/// An ensemble of versions of `registry` that weigh the same, as the active one.
inline VersionId activate_ensemble(Registry& registry, std::vector<EnsembleMember> members,
                                   std::size_t standardised_from) {
  std::sort(members.begin(), members.end());
  Manifest manifest = sample_manifest(1, std::string(kEnsembleType));
  const auto first = stored_manifest(registry.find(members.front().version).value()).value();
  manifest.label_json = first.label_json;
  EnsembleRule rule;
  rule.standardised_from = standardised_from;
  rule.weights.all.assign(members.size(), 1.0 / static_cast<double>(members.size()));
  for (std::size_t m = 0; m < members.size(); ++m)
    manifest.members.push_back({members[m].model_type, members[m].version, rule.weights.all[m]});
  rule.members = std::move(members);
  auto staged = registry.store().stage(kEnsembleType).value();
  bool stored = write_file_atomic(staged.directory() / EnsembleRule::kFileName, rule.to_json_text()).has_value();
  const auto artifact = registry.store().put(std::move(staged), std::move(manifest)).value();
  stored = stored && registry.enter(artifact, because("made")).has_value() &&
           registry.promote(artifact.version, because("made")).has_value();
  expects(stored, "an ensemble is stored and promoted");
  return artifact.version;
}

/// These types may serve; otherwise as told.
inline ServingRules rules_for(std::set<std::string> types, ServingRules rules = {}) {
  rules.model_types = std::move(types);
  return rules;
}

class PredictorTest : public RegistryTest {
 protected:
  /// A ridge model on what was known at kBars.
  VersionId activate(double alpha) {
    TrainerOptions trainers;
    trainers.ridge.alpha = alpha;
    return activate("ridge", trainers);
  }
  VersionId activate(const std::string& type, const TrainerOptions& trainers) {
    return activate_version(*registry_, type, trainers, classic22_feature_set(), MemoryCandleSource(market(kBars)),
                            close_of(kBars), run_);
  }

  Predictor load(std::set<std::string> types = {"ridge"}, const ServingRules& rules = {},
                 std::vector<CanaryShare> canaries = {}) const {
    return Predictor::load(*registry_, rules_for(std::move(types), rules), std::move(canaries)).value();
  }
  /// What a predictor is shown of a market at `as_of`.
  std::shared_ptr<const BarInputs> inputs_of(const InputNeeds& needs, std::vector<CandleSeries> series,
                                             Timestamp as_of = close_of(kBars)) const {
    const MemoryCandleSource candles(std::move(series));
    return LiveInputs::after_history(needs, candles, nullptr, as_of, run_).value().newest();
  }
  Forecasts ask(const Predictor& predictor, std::vector<CandleSeries> series) const {
    return predictor.predict(*inputs_of(predictor.needs(), std::move(series)));
  }

  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
  RunContext run_{clock_, cancel_, progress_, 1};
};

inline std::string text_of(const Forecasts& forecasts) { return to_json(forecasts, close_of(kBars), {}).dump(1); }

}  // namespace clm::testing
