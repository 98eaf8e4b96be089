#include "learning/studies/error_rates.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/number_text.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/metrics/metrics.hpp"
#include "evaluation/trials/paired_trial.hpp"
#include "learning/options/hours.hpp"
#include "learning/studies/acceptance_rates.hpp"
#include "learning/studies/planted_drift.hpp"
#include "learning/studies/quiet_history.hpp"
#include "learning/studies/regime_rates.hpp"
#include "learning/studies/simulated_forecasters.hpp"
#include "learning/trials/stage_decision.hpp"
#include "learning/triggers/trigger_regime.hpp"

namespace clm {
namespace {

/// A stage from its beginning until it is decided, as the life cycle runs it: what followed, and after how many bars.
struct StageRun {
  StageMove move = StageMove::stay;
  std::size_t bars = 0;
};

StageRun run_stage(const LearningOptions& learning, Stage stage, const StageOptions& stages,
                   SimulatedForecasters market) {
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

constexpr const char* kNoDrift = "no_drift";
constexpr const char* kRegimes = "regimes";
constexpr const char* kDrift = "drift";
constexpr const char* kAcceptance = "acceptance";
constexpr std::string_view kKnown[] = {"aa", "gain", "damage", kNoDrift, kDrift, kRegimes, kAcceptance};

constexpr double kMemories[] = {1, 10, 100, 500};
constexpr PlantedShift kShifts[] = {{0, true}, {0.5, true}, {1, true}, {2, true}, {10, true}, {10, false}};

/// Days after a training that triggers are watched for.
double watched_days(const LearningOptions& learning) {
  return std::floor(std::clamp(learning.triggers.false_alarm_days / 3, 10.0, 60.0));
}

bool asks_for(const ErrorRateOptions& options, const std::string& scenario) {
  return std::find(options.scenarios.begin(), options.scenarios.end(), scenario) != options.scenarios.end();
}

struct Scenario {
  const char* name;
  std::string what, demanded;
  Stage stage;
  StageMove event;
  double challenger_ic;
  StageOptions stages;
};

/// Without a rank IC, a bar is left out of a trial, and a trial without bars never ends; nor does a chart begin.
Status check_universe(const LearningOptions& learning, const ErrorRateOptions& options) {
  const bool ranks = learning.deployment.stages.shadow.loss == BarLoss::rank || asks_for(options, kNoDrift);
  const std::size_t least = learning.judging.min_symbols;
  if (!ranks || static_cast<std::size_t>(options.symbols) >= least) return {};
  return fail(
      ErrorKind::usage, "error_rates.symbols",
      std::to_string(options.symbols) + " simulated symbols have no rank IC, which needs " + std::to_string(least),
      "judging.min_symbols",
      "Simulate at least " + std::to_string(least) + " symbols (--symbols), or lower the setting.");
}

Status check_scenarios(const ErrorRateOptions& options) {
  for (const auto& name : options.scenarios)
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
      return fail(ErrorKind::usage, "error_rates.scenario", "\"" + name + "\" is not a scenario", "--scenarios",
                  "Choose of aa, gain, damage, no_drift, drift, regimes and acceptance.");
  return {};
}

std::size_t quantile(std::vector<std::size_t> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

/// `bars` until the event, one for each history that had one.
ErrorRate rate_of(std::string scenario, std::string what, std::size_t n, const std::vector<std::size_t>& bars,
                  std::string demanded) {
  ErrorRate rate{std::move(scenario), std::move(what), n, bars.size(), 0, 0, 0, 0, 0, std::move(demanded)};
  rate.rate = static_cast<double>(rate.events) / static_cast<double>(n);
  const ShareEstimate interval = wilson(rate.rate, n, static_cast<double>(n), 0.05);
  rate.lo = interval.lo;
  rate.hi = interval.hi;
  rate.median_bars = quantile(bars, 0.5);
  rate.slow_bars = quantile(bars, 0.9);
  return rate;
}

ErrorRate stage_rate(const Scenario& scenario, const LearningOptions& learning, const ErrorRateOptions& options,
                     const RunContext& run) {
  std::vector<StageRun> runs(options.n);
  parallel_for(run.jobs, options.n, [&](std::size_t i) {
    if (run.cancel.requested()) return;
    const SimulatedForecasters::Options market{static_cast<std::size_t>(options.symbols),
                                               static_cast<std::size_t>(learning.label.horizon_bars), options.rank_ic,
                                               scenario.challenger_ic};
    runs[i] = run_stage(learning, scenario.stage, scenario.stages,
                        SimulatedForecasters(market, Random::stream(options.seed, scenario.name, i)));
    run.progress.advance();
  });
  std::vector<std::size_t> bars;
  for (const StageRun& one : runs)
    if (one.move == scenario.event) bars.push_back(one.bars);
  return rate_of(scenario.name, scenario.what, options.n, bars, scenario.demanded);
}

Result<std::vector<ErrorRate>> no_drift_rates(const LearningOptions& learning, const ErrorRateOptions& options,
                                              const RunContext& run) {
  const double rate_days = learning.triggers.false_alarm_days;
  const double days = watched_days(learning);
  std::vector<QuietHistory> histories(options.n);
  std::vector<Status> failures(options.n);
  parallel_for(run.jobs, options.n, [&](std::size_t i) {
    if (run.cancel.requested()) return;
    auto seen = run_quiet_history(learning,
                                  {options.seed, i, static_cast<std::size_t>(24 * days),
                                   static_cast<std::size_t>(options.symbols), options.rank_ic},
                                  run);
    if (seen)
      histories[i] = *seen;
    else
      failures[i] = forward_error(seen);
    run.progress.advance();
  });
  for (const Status& failure : failures)
    if (!failure) return forward_error(failure);
  std::vector<std::size_t> any, performance, drift, regime;
  for (const QuietHistory& one : histories) {
    if (one.performance) performance.push_back(*one.performance);
    if (one.drift) drift.push_back(*one.drift);
    if (one.regime) regime.push_back(*one.regime);
    constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
    const std::size_t first =
        std::min({one.performance.value_or(kNever), one.drift.value_or(kNever), one.regime.value_or(kNever)});
    if (first != kNever) any.push_back(first);
  }
  const auto demanded = [&](double alarms_a_day) {
    return "at most " + fixed(100 * (1 - std::exp(-alarms_a_day * days)), 1) + " %";
  };
  const double allowed = 1 / rate_days, of_regime = kRegimeFalseAlarmsAYear / kDaysAYear;
  const std::string quiet = " in " + fixed(days, 0) + " days in which nothing changes";
  const std::string once = ", where one alarm in " + fixed(rate_days, 0) + " days is allowed";
  const std::string yearly = fixed(kRegimeFalseAlarmsAYear, 1) + " a year";
  return std::vector<ErrorRate>{
      rate_of(kNoDrift,
              "performance_decay, drift_detected or regime_shift alarms" + quiet + once +
                  " to each of the first two, and " + yearly + " to the third",
              options.n, any, demanded(2 * allowed + of_regime)),
      rate_of("no_drift_performance", "performance_decay alarms" + quiet + once, options.n, performance,
              demanded(allowed)),
      rate_of("no_drift_drift", "drift_detected alarms" + quiet + once, options.n, drift, demanded(allowed)),
      rate_of("no_drift_regime", "regime_shift alarms" + quiet + ", where " + yearly + " are stated", options.n, regime,
              demanded(of_regime))};
}

/// "2 sd at least 80 %": what is asked of a shift.
std::string demanded_of(const PlantedShift& shift, double memory, double days, double false_alarm_days) {
  if (shift.deviations == 0) return "at most " + fixed(100 * (1 - std::exp(-days / (2 * false_alarm_days))), 1) + " %";
  if (!shift.in_all) return "-";
  if (shift.deviations >= 10) return "at least 95 %";
  return shift.deviations >= 2 && memory <= 100 ? "at least 80 %" : "-";
}

std::vector<ErrorRate> drift_rates(const LearningOptions& learning, const ErrorRateOptions& options,
                                   const RunContext& run) {
  const double days = watched_days(learning);
  const auto bars = static_cast<std::size_t>(24 * days);
  std::vector<ErrorRate> rates;
  for (const double memory : kMemories) {
    std::vector<std::vector<std::optional<std::size_t>>> found(options.n);
    parallel_for(run.jobs, options.n, [&](std::size_t i) {
      if (run.cancel.requested()) return;
      found[i] = find_planted_shifts(learning.triggers, {options.seed, i, memory, bars}, kShifts);
      run.progress.advance();
    });
    for (std::size_t s = 0; s < std::size(kShifts); ++s) {
      const PlantedShift& shift = kShifts[s];
      std::vector<std::size_t> alarms;
      for (const auto& one : found)
        if (s < one.size() && one[s]) alarms.push_back(*one[s]);
      const std::string size = fixed(shift.deviations, shift.deviations == 0.5 ? 1 : 0);
      rates.push_back(rate_of(
          std::string(kDrift) + "_" + size + "sd" + (shift.in_all ? "" : "_of_one") + "_memory_" + fixed(memory, 0),
          "features that remember " + fixed(memory, 0) + " bars move by " + size + " standard deviations, " +
              (shift.in_all ? "all " : "one of ") + std::to_string(kPlantedFeatures) +
              ": drift of features is found within " + fixed(days, 0) + " days",
          options.n, alarms, demanded_of(shift, memory, days, learning.triggers.false_alarm_days)));
    }
  }
  return rates;
}

}  // namespace

Result<std::vector<ErrorRate>> simulated_error_rates(const LearningOptions& learning, const ErrorRateOptions& options,
                                                     const RunContext& run) {
  if (auto known = check_scenarios(options); !known) return forward_error(known);
  if (auto ranked = check_universe(learning, options); !ranked) return forward_error(ranked);
  const StageOptions& stages = learning.deployment.stages;
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
  const RegimeRateOptions regimes{options.n, options.seed, options.real_returns};
  const std::size_t memories = asks_for(options, kDrift) ? std::size(kMemories) - 1 : 0;
  const std::size_t markets = asks_for(options, kRegimes) ? regime_scenarios(regimes) - 1 : 0;
  const std::size_t recipes = asks_for(options, kAcceptance) ? acceptance_scenarios() - 1 : 0;
  run.progress.begin("simulating histories", (options.scenarios.size() + memories + markets + recipes) * options.n);
  for (const Scenario& scenario : scenarios)
    if (asks_for(options, scenario.name)) rates.push_back(stage_rate(scenario, learning, options, run));
  if (asks_for(options, kNoDrift)) {
    auto quiet = no_drift_rates(learning, options, run);
    if (!quiet) return forward_error(quiet);
    for (ErrorRate& rate : *quiet) rates.push_back(std::move(rate));
  }
  if (asks_for(options, kDrift))
    for (ErrorRate& rate : drift_rates(learning, options, run)) rates.push_back(std::move(rate));
  if (asks_for(options, kRegimes))
    for (const RegimeRate& rate : regime_rates(regimes, run))
      rates.push_back(rate_of(rate.scenario, rate.what, rate.n, rate.bars, rate.demanded));
  if (asks_for(options, kAcceptance))
    for (const AcceptanceRate& rate : acceptance_rates(learning, options.n, options.seed, run))
      rates.push_back(rate_of(rate.scenario, rate.what, rate.n, rate.bars, rate.demanded));
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
