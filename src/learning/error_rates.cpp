#include "learning/error_rates.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/metrics.hpp"
#include "evaluation/paired_trial.hpp"
#include "learning/stage_decision.hpp"

namespace clm {
namespace {

/// A forecaster's errors about a symbol last: their correlation from bar to bar.
constexpr double kErrorMemory = 0.9;
/// Two models learn from the same data: this share of the variance of their errors is common.
constexpr double kSharedError = 0.5;
constexpr double kTailDegrees = 4;

/// Pearson's correlation of normal variables whose Spearman correlation is `rank`.
double pearson_of(double rank) { return 2 * std::sin(std::numbers::pi * rank / 6); }

/// Two forecasters in one market, bar by bar.
class TwoForecasters {
 public:
  TwoForecasters(const ErrorRateOptions& options, int horizon, double first_ic, double second_ic, Random random)
      : random_(random),
        symbols_(static_cast<std::size_t>(options.symbols)),
        horizon_(static_cast<std::size_t>(horizon)),
        skill_{pearson_of(first_ic), pearson_of(second_ic)},
        shocks_(symbols_ * horizon_),
        shared_(symbols_),
        label_(symbols_) {
    for (auto& shock : shocks_) shock = random_.student_t(kTailDegrees);
    for (std::size_t f = 0; f < 2; ++f) {
      own_[f].resize(symbols_);
      forecast_[f].resize(symbols_);
    }
  }

  void advance() {
    const double fresh = std::sqrt(1 - kErrorMemory * kErrorMemory);
    const double common = std::sqrt(kSharedError), apart = std::sqrt(1 - kSharedError);
    for (std::size_t s = 0; s < symbols_; ++s) {
      double* shocks = shocks_.data() + s * horizon_;
      shocks[bar_ % horizon_] = random_.student_t(kTailDegrees);
      double label = 0;
      for (std::size_t k = 0; k < horizon_; ++k) label += shocks[k];
      label /= std::sqrt(static_cast<double>(horizon_));
      label_[s] = static_cast<float>(label);
      shared_[s] = kErrorMemory * shared_[s] + fresh * random_.normal();
      for (std::size_t f = 0; f < 2; ++f) {
        own_[f][s] = kErrorMemory * own_[f][s] + fresh * random_.normal();
        const double error = common * shared_[s] + apart * own_[f][s];
        forecast_[f][s] = static_cast<float>(skill_[f] * label + std::sqrt(1 - skill_[f] * skill_[f]) * error);
      }
    }
    ++bar_;
  }
  BarScore score(std::size_t forecaster, std::size_t min_symbols) const {
    return score_bar(forecast_[forecaster], label_, min_symbols);
  }

 private:
  Random random_;
  std::size_t symbols_, horizon_, bar_ = 0;
  double skill_[2];
  std::vector<double> shocks_, shared_, own_[2];
  std::vector<float> label_, forecast_[2];
};

/// A stage from its beginning until it is decided, as the life cycle runs it: what followed, and after how many bars.
struct StageRun {
  StageMove move = StageMove::stay;
  std::size_t bars = 0;
};

StageRun run_stage(const LearningOptions& learning, Stage stage, const StageOptions& stages, TwoForecasters market) {
  const Interval hour = Interval::one_hour();
  Trial trial{"simulated",
              VersionId("challenger"),
              VersionId("reference"),
              stage,
              Timestamp(0),
              PairedTrial(trial_options(stage, stages, learning.label, hour)),
              {},
              {}};
  StageRun run;
  do {
    market.advance();
    const BarScore reference = market.score(0, learning.judging.min_symbols);
    const BarScore challenger = market.score(1, learning.judging.min_symbols);
    trial.losses.add(reference, challenger);
    trial.challenger_behaviour.add(challenger);
    trial.reference_behaviour.add(reference);
    ++run.bars;
    run.move = decide_stage(trial, stages, learning.label, hour).move;
  } while (run.move == StageMove::stay);
  return run;
}

struct Scenario {
  const char* name;
  std::string what, demanded;
  Stage stage;
  StageMove event;
  double challenger_ic;
  StageOptions stages;
};

/// Without a rank IC, a bar is left out of a trial, and a trial without bars never ends.
Status check_universe(BarLoss loss, const ErrorRateOptions& options, std::size_t min_symbols) {
  if (loss != BarLoss::rank || static_cast<std::size_t>(options.symbols) >= min_symbols) return {};
  return fail(ErrorKind::usage, "error_rates.symbols",
              std::to_string(options.symbols) + " simulated symbols have no rank IC, which needs " +
                  std::to_string(min_symbols),
              "judging.min_symbols",
              "Simulate at least " + std::to_string(min_symbols) + " symbols (--symbols), or lower the setting.");
}

std::size_t quantile(std::vector<std::size_t> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace

Result<std::vector<ErrorRate>> stage_error_rates(const LearningOptions& learning, const ErrorRateOptions& options,
                                                 const RunContext& run) {
  const StageOptions& stages = learning.deployment.stages;
  const auto loss_kind = parse_bar_loss(stages.shadow.loss);
  if (!loss_kind) return forward_error(loss_kind);
  if (auto ranked = check_universe(*loss_kind, options, learning.judging.min_symbols); !ranked)
    return forward_error(ranked);
  StageOptions patient = stages;
  patient.shadow.max_days = static_cast<double>(options.gain_bars) / 24;
  const double loss = 1 - options.rank_ic;
  const std::vector<Scenario> scenarios{
      {"aa", "a candidate as good as the active version is promoted by the shadow", "at most 1 %", Stage::shadow,
       StageMove::go_on, options.rank_ic, stages},
      {"gain",
       "a candidate whose loss is 5 % lower is found by a shadow of " + std::to_string(options.gain_bars) + " bars",
       "at least 90 %", Stage::shadow, StageMove::go_on, 1 - 0.95 * loss, patient},
      {"damage", "a version whose loss is 10 % higher than its predecessor's is rolled back by the watch",
       "at least 95 %", Stage::watch, StageMove::undo, 1 - 1.10 * loss, stages}};

  std::vector<ErrorRate> rates;
  run.progress.begin("simulating stages", scenarios.size() * options.n);
  for (const Scenario& scenario : scenarios) {
    std::vector<StageRun> runs(options.n);
    parallel_for(run.jobs, options.n, [&](std::size_t i) {
      if (run.cancel.requested()) return;
      runs[i] = run_stage(learning, scenario.stage, scenario.stages,
                          TwoForecasters(options, learning.label.horizon_bars, options.rank_ic, scenario.challenger_ic,
                                         Random::stream(options.seed, scenario.name, i)));
      run.progress.advance();
    });
    ErrorRate rate{scenario.name, scenario.what, options.n, 0, 0, 0, 0, 0, 0, scenario.demanded};
    std::vector<std::size_t> bars;
    for (const StageRun& one : runs)
      if (one.move == scenario.event) bars.push_back(one.bars);
    rate.events = bars.size();
    rate.rate = static_cast<double>(rate.events) / static_cast<double>(rate.n);
    const ShareEstimate interval = wilson(rate.rate, rate.n, static_cast<double>(rate.n), 0.05);
    rate.lo = interval.lo;
    rate.hi = interval.hi;
    rate.median_bars = quantile(bars, 0.5);
    rate.slow_bars = quantile(bars, 0.9);
    rates.push_back(std::move(rate));
  }
  run.progress.end();
  return rates;
}

nlohmann::json to_json(const ErrorRate& rate) {
  return {{"scenario", rate.scenario},
          {"what", rate.what},
          {"n", rate.n},
          {"events", rate.events},
          {"rate", rate.rate},
          {"lo", rate.lo},
          {"hi", rate.hi},
          {"median_bars", rate.median_bars},
          {"slow_bars", rate.slow_bars},
          {"demanded", rate.demanded}};
}

}  // namespace clm
