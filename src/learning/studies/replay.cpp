#include "learning/studies/replay.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "evaluation/metrics/rank_ic.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/serving_rules.hpp"
#include "learning/trials/trial_evidence.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// Times that something of the kind happened.
std::size_t count_of(const std::vector<LifeEvent>& events, EventKind kind) {
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [&](const LifeEvent& event) { return event.kind == kind; }));
}

std::size_t regretted(const std::vector<LifeEvent>& events) {
  std::size_t count = 0;
  for (const LifeEvent& event : events) {
    if (event.kind != EventKind::rolled_back && event.kind != EventKind::watch_ended) continue;
    if (event.kind == EventKind::rolled_back || TrialEvidence::from_json(event.detail_json).gain() < 0) ++count;
  }
  return count;
}

/// How long ago what was served had learned its last label: the sum over bars of the mean over model types.
struct Age {
  double days = 0;
  std::size_t bars = 0;
};

/// Until when the version learned, by its manifest.
Result<Timestamp> learned_until(const Registry& registry, const std::string& version) {
  const auto manifest = registry.find(version).and_then(stored_manifest);
  if (!manifest) return forward_error(manifest);
  return manifest->learned_until;
}

/// Who served is told by the timeline.
Result<Age> age_of_served(const MarketTape& tape, const Registry& registry, const std::vector<LifeEvent>& events,
                          TimeRange span, const ServingOptions& serving) {
  Age age;
  std::map<std::string, Timestamp> active;
  auto event = events.begin();
  for (std::size_t bar = tape.bar_at_or_after(span.from); bar < tape.bars() && tape.close(bar) < span.to; ++bar) {
    const Timestamp now = tape.close(bar);
    for (; event != events.end() && event->at < now; ++event) {
      if (event->kind == EventKind::retired) active.erase(event->model_type);
      if (event->kind != EventKind::promoted && event->kind != EventKind::rolled_back) continue;
      const auto until = learned_until(registry, event->kind == EventKind::promoted
                                                     ? event->version
                                                     : TrialEvidence::from_json(event->detail_json).reference().str());
      if (!until) return forward_error(until);
      active[event->model_type] = *until;
    }
    double days = 0;
    std::size_t votes = 0;
    for (const auto& [type, until] : active) {
      if (is_expired(until, now, max_data_age(serving))) continue;
      days += static_cast<double>((now - until).count()) / 86'400'000.0;
      ++votes;
    }
    if (votes == 0) continue;
    age.days += days / static_cast<double>(votes);
    ++age.bars;
  }
  return age;
}

bool serves(const LifeCycleState& state) {
  return std::any_of(state.types.begin(), state.types.end(),
                     [](const auto& type) { return !type.second.active.empty(); });
}

}  // namespace

const std::vector<std::string>& replay_policies() {
  static const std::vector<std::string> names{"gated", "periodic", "drift", "static"};
  return names;
}

Result<LearningOptions> with_policy(LearningOptions options, const std::string& policy) {
  if (policy == "gated") return options;
  options.deployment.gate = PolicyGate::none;
  options.lineup.vintages = 1;
  options.deployment.mode = PolicyMode::enforced;
  options.deployment.stages.shadow.enabled = false;
  options.deployment.stages.canary.enabled = false;
  options.deployment.stages.watch.enabled = false;
  if (policy == "periodic") {
    options.triggers.kinds = {"time_based"};
  } else if (policy == "drift") {
    options.triggers.kinds = {"performance_decay", "drift_detected", "regime_shift"};
  } else if (policy == "static") {
    options.triggers.kinds = {};
    options.serving.max_data_age_days = 0;
  } else {
    return fail(ErrorKind::usage, "replay.policy", "\"" + policy + "\" is not a policy", {},
                "Choose gated, periodic, drift or static.");
  }
  return options;
}

std::shared_ptr<const JudgedRows> truth_of(const MarketTape& tape, TimeRange span) {
  RowSet rows{&tape.rows(), {}};
  for (std::size_t row = 0; row < tape.rows().size(); ++row)
    if (span.contains(Timestamp(tape.rows().decided_at_ms[row])) && !std::isnan(tape.rows().label[row]))
      rows.rows.push_back(static_cast<std::uint32_t>(row));
  return judged_rows(rows, tape.label().horizon_bars);
}

Result<ForecastTable> served_table(const LifeCycleLog& log, TimeRange span, const std::string& name,
                                   const std::shared_ptr<const JudgedRows>& truth) {
  const auto rows = log.forecasts(span.from, span.to, kServed);
  if (!rows) return forward_error(rows);
  ForecastTable table{name, truth, std::vector<float>(truth->size(), std::numeric_limits<float>::quiet_NaN())};
  auto row = rows->begin();
  for (std::size_t i = 0; i < truth->size(); ++i) {
    while (row != rows->end() && row->decided_at.ms() < truth->decided_at_ms[i]) ++row;
    if (row == rows->end()) break;
    if (row->decided_at.ms() == truth->decided_at_ms[i]) table.forecast[i] = row->forecast[truth->symbol[i]];
  }
  return table;
}

namespace {

/// What the timeline says was done.
void count_events(ReplayReport& report) {
  report.trainings = count_of(report.timeline, EventKind::trained);
  std::int64_t last_training = -1;
  for (const LifeEvent& event : report.timeline)
    if (event.kind == EventKind::trained && event.at.ms() != last_training) {
      ++report.retrains;
      last_training = event.at.ms();
    }
  report.promotions = count_of(report.timeline, EventKind::promoted);
  report.rollbacks = count_of(report.timeline, EventKind::rolled_back);
  report.retreats = count_of(report.timeline, EventKind::retreat);
  for (const LifeEvent& event : report.timeline) {
    const auto detail = nlohmann::json::parse(event.detail_json);
    if (event.kind == EventKind::canary && detail["stage"] == "shadow") ++report.canaries;
    if (event.kind == EventKind::rejected ||
        (event.kind == EventKind::trained && detail.value("status", "") == "rejected"))
      ++report.refusals;
  }
  report.promotions_regretted = regretted(report.timeline);
}

/// What was served over the whole span, held against the truth.
Status judge_served(const MarketTape& tape, const LifeCycleLog& log, const ReplayOptions& options,
                    ReplayReport& report) {
  const TimeRange span{report.from, report.to + Duration(1)};
  const auto truth = truth_of(tape, span);
  const auto table = served_table(log, span, options.policy, truth);
  if (!table) return forward_error(table);
  const auto said = static_cast<std::size_t>(
      std::count_if(table->forecast.begin(), table->forecast.end(), [](float f) { return !std::isnan(f); }));
  if (truth->size() > 0) report.served_share = static_cast<double>(said) / static_cast<double>(truth->size());
  if (said == 0) return {};
  auto judgement = judge(*table, {}, nullptr, options.learning.judging);
  if (!judgement) return forward_error(judgement);
  report.served = std::move(judgement->candidate);
  if (options.changed_at)
    report.recovery =
        time_to_recover(rank_ic_series(*truth, table->forecast, judged_return(*truth, truth->forward_return),
                                       {options.learning.judging.min_symbols})
                            .ic,
                        *options.changed_at);
  return {};
}

}  // namespace

Result<Timestamp> first_bar_to_learn_from(const MarketTape& tape, TimeRange span, const TrainingOptions& options) {
  const std::size_t begin = tape.bar_at_or_after(span.from);
  const std::size_t end = tape.bar_at_or_after(span.to);
  if (begin >= end)
    return fail(ErrorKind::usage, "replay.no_bars", "no bar closed in that time", to_string(span.from),
                "`clm data` says which times are stored.");
  const auto can_learn = [&](std::size_t bar) { return split_for_training(tape.rows(), options, tape.close(bar)); };
  auto able = can_learn(begin);
  if (able) return tape.close(begin);
  std::size_t unable = begin, step = 1;
  while (!able) {
    if (able.error().kind != ErrorKind::data || unable + 1 == end)
      return fail(able.error().kind, able.error().code,
                  "at no bar is there enough to learn from, up to the last: " + able.error().message,
                  to_string(tape.close(end - 1)), able.error().remedy);
    const std::size_t next = std::min(unable + step, end - 1);
    able = can_learn(next);
    if (able) {
      step = next - unable;
    } else {
      unable = next;
      step *= 2;
    }
  }
  // Between a bar at which there are too few rows and one, `step` later, at which there are enough.
  while (step > 1) {
    const std::size_t half = step / 2;
    const bool enough = can_learn(unable + half).has_value();
    if (!enough) unable += half;
    step = enough ? half : step - half;
  }
  return tape.close(unable + 1);
}

Result<ReplayReport> replay(const MarketTape& tape, const CycleWorkplace& place, LifeCycleLog& log,
                            const ReplayOptions& options, const RunContext& run, const ReplayWatcher& watcher) {
  const std::size_t first = tape.bar_at_or_after(options.span.from);
  const std::size_t end = tape.bar_at_or_after(options.span.to);
  if (first >= end)
    return fail(ErrorKind::usage, "replay.no_bars", "no bar closed in that time", to_string(options.span.from),
                "`clm data` says which times are stored.");
  // Being stopped is not something that happens on the virtual clock: no job is given up for it.
  LearningOptions learning = options.learning;
  learning.jobs.max_recoveries = std::numeric_limits<std::int64_t>::max();
  auto life = LifeCycle::resume(tape, place, log, learning, run);
  if (!life) return forward_error(life);
  life->begin_at(tape.close(first));
  SilentProgress silent;
  const RunContext inner{run.clock, run.cancel, silent, run.jobs, run.scratch};
  run.progress.begin("replaying " + options.policy, end - first);
  run.progress.advance(life->next_bar() - first);
  while (life->next_bar() < end) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    if (auto stepped = life->step(StepMode::decide, inner); !stepped) return forward_error(stepped);
    // Nothing to serve and nothing to learn from: another span is wanted.
    const auto& cycle = life->last_cycle();
    if (cycle && !*cycle && !serves(life->state())) return forward_error(*cycle);
    run.progress.advance();
    if (watcher) watcher(*life);
  }
  run.progress.end();

  ReplayReport report;
  report.policy = options.policy;
  report.from = tape.close(first);
  report.to = tape.close(end - 1);
  report.bars = end - first;
  auto events = log.events();
  if (!events) return forward_error(events);
  report.timeline = std::move(*events);
  count_events(report);
  const auto cycles = place.log.list(1'000'000);
  if (!cycles) return forward_error(cycles);
  for (const auto& cycle : *cycles) report.cycle_wall_seconds += cycle.seconds;
  const auto age = age_of_served(tape, place.registry, report.timeline, options.span, options.learning.serving);
  if (!age) return forward_error(age);
  if (age->bars > 0) report.mean_data_age_days = age->days / static_cast<double>(age->bars);
  if (auto judged = judge_served(tape, log, options, report); !judged) return forward_error(judged);
  const auto regret = log.regret();
  if (!regret) return forward_error(regret);
  report.regret = regret_of(*regret, tape.label().horizon_bars, tape.interval());
  return report;
}

namespace {

nlohmann::json to_json(const Recovery& recovery) {
  return {{"changed_at", to_string(recovery.changed_at)},
          {"rank_ic_before", recovery.before},
          {"rank_ic_worst", recovery.worst},
          {"harm_ended_after_bars", recovery.harm_ended ? nlohmann::json(*recovery.harm_ended) : nlohmann::json()},
          {"bars", recovery.bars ? nlohmann::json(*recovery.bars) : nlohmann::json()}};
}

}  // namespace

nlohmann::json to_json(const ReplayReport& report) {
  auto timeline = nlohmann::json::array();
  for (const LifeEvent& event : report.timeline) timeline.push_back(to_json(event));
  nlohmann::json metrics{{"rank_ic", nullptr},
                         {"rank_ic_lo", nullptr},
                         {"rank_ic_hi", nullptr},
                         {"hit_rate", nullptr},
                         {"net_return_bps_per_trade", nullptr},
                         {"sharpe", nullptr},
                         {"max_drawdown", nullptr}};
  if (report.served) {
    const ModelJudgement& served = *report.served;
    const bool traded = !served.positions.trades.empty(), held = served.long_short.rebalances > 0;
    const auto known = [](bool is, double value) { return is ? finite_or_null(value) : nlohmann::json(); };
    metrics = {{"rank_ic", served.rank_ic.mean.mean},
               {"rank_ic_lo", finite_or_null(served.rank_ic.mean.lo)},
               {"rank_ic_hi", finite_or_null(served.rank_ic.mean.hi)},
               {"hit_rate", served.direction.share},
               {"net_return_bps_per_trade", known(traded, served.positions.net_bps_per_trade)},
               {"net_return_bps_per_trade_lo", finite_or_null(served.trade_net_bps.lo)},
               {"net_return_bps_per_trade_hi", finite_or_null(served.trade_net_bps.hi)},
               {"trades", served.positions.trades.size()},
               {"long_short_net_bps", known(held, served.long_short_net_bps.mean)},
               {"rebalances", served.long_short.rebalances},
               {"long_short_net_bps_lo", finite_or_null(served.long_short_net_bps.lo)},
               {"long_short_net_bps_hi", finite_or_null(served.long_short_net_bps.hi)},
               {"sharpe", known(held, served.sharpe_net.mean)},
               {"max_drawdown", served.positions.returns.max_drawdown}};
  }
  return {{"policy", report.policy},
          {"from", to_string(report.from)},
          {"to", to_string(report.to)},
          {"bars", report.bars},
          {"trainings", report.trainings},
          {"retrains", report.retrains},
          {"promotions", report.promotions},
          {"canaries", report.canaries},
          {"rollbacks", report.rollbacks},
          {"retreats", report.retreats},
          {"refusals", report.refusals},
          {"promotions_regretted", report.promotions_regretted},
          {"cycle_wall_seconds", report.cycle_wall_seconds},
          {"served_share", report.served_share},
          {"mean_data_age_days", report.mean_data_age_days},
          {"metrics", metrics},
          {"served", report.served ? to_json(*report.served) : nlohmann::json()},
          {"regret", to_json(report.regret)},
          {"recovery", report.recovery ? to_json(*report.recovery) : nlohmann::json()},
          {"timeline", timeline}};
}

}  // namespace clm
