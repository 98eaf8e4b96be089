#include "learning/life_cycle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "learning/data/expiry.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/life_cycle_outlook.hpp"
#include "learning/options/training_settings.hpp"
#include "learning/stage_decision.hpp"
#include "serving/canary_share.hpp"

namespace clm {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

}  // namespace

LifeCycle::LifeCycle(const MarketTape& tape, CycleWorkplace& place, LifeCycleLog& log, const LearningOptions& options)
    : tape_(tape),
      place_(place),
      log_(log),
      options_(options),
      book_(std::make_unique<ForecastBook>(tape, place.registry, options.serving)),
      watch_(std::make_unique<TriggerWatch>(tape, place.registry, log, options)),
      settings_(training_settings_fingerprint(options)) {
  place_.frame = tape.frame();
  place_.stages = Stages::run;
}

Result<LifeCycle> LifeCycle::open(const MarketTape& tape, CycleWorkplace& place, LifeCycleLog& log,
                                  const LearningOptions& options, const RunContext& run) {
  auto weights = configured_weights(options.ensemble);
  if (!weights) return forward_error(weights);
  if (auto loss = parse_bar_loss(options.deployment.stages.shadow.loss); !loss) return forward_error(loss);
  if (auto known = log.set_universe(tape.symbols()); !known) return forward_error(known);
  LifeCycle cycle(tape, place, log, options);
  cycle.weights_ = std::move(*weights);
  const auto stored = log.state();
  if (!stored) return forward_error(stored);
  if (*stored) {
    auto state = read_life_cycle_state(**stored, options.deployment.stages, options.label, tape.interval());
    if (!state) return forward_error(state);
    cycle.state_ = std::move(*state);
  }
  if (auto recovered = cycle.recover_jobs(); !recovered) return forward_error(recovered);
  if (auto found = cycle.find_outdated_failures(); !found) return forward_error(found);
  // With jobs left to do, the registry may be ahead of the state, which then says what was before them.
  const bool left_to_do = std::any_of(cycle.open_jobs_.begin(), cycle.open_jobs_.end(), [&](const Job& job) {
    return is_due(job, cycle.state_.last_close.value_or(Timestamp(0)));
  });
  const auto active_before = cycle.active_versions();
  if (!left_to_do)
    if (auto met = cycle.meet_what_a_person_did(active_before); !met) return forward_error(met);
  if (const auto& last = cycle.state_.last_close) {
    // What was forecast and is not known by the last bar.
    const Timestamp from = *last - (label_end(*last, options.label, tape.interval()) - *last);
    const auto rows = log.forecasts(from, *last + Duration(1));
    if (!rows) return forward_error(rows);
    for (const ForecastRow& row : *rows) {
      const std::size_t bar = tape.bar_at_or_after(row.decided_at);
      if (bar == tape.bars() || tape.close(bar) != row.decided_at || tape.known_at(bar) <= *last) continue;
      if (cycle.waiting_.empty() || cycle.waiting_.back().bar != bar) cycle.waiting_.push_back({bar, {}});
      cycle.waiting_.back().rows.push_back(row);
    }
    if (auto done = cycle.carry_out(*last, run); !done) return forward_error(done);
  }
  if (left_to_do)
    if (auto met = cycle.meet_broken_versions(active_before); !met) return forward_error(met);
  return cycle;
}

void LifeCycle::begin_at(Timestamp first_close) {
  if (!state_.last_close) state_.last_close = first_close - Duration(1);
}

std::size_t LifeCycle::next_bar() const {
  return state_.last_close ? tape_.bar_at_or_after(*state_.last_close + Duration(1)) : 0;
}

Status LifeCycle::step(Look look, const RunContext& run) {
  const std::size_t bar = next_bar();
  expects(bar < tape_.bars(), "there is a bar to go through");
  const Timestamp now = tape_.close(bar);
  // Forecast with what was in force when the bar closed: a training that begins now is not done yet.
  std::vector<ForecastRow> rows;
  if (auto made = forecast(bar, rows); !made) return made;
  if (!rows.empty()) waiting_.push_back({bar, rows});
  hear_outcomes(now);
  if (look == Look::decide)
    if (auto decided = decide(bar); !decided) return decided;
  state_.last_close = now;
  if (auto committed = commit(std::move(rows)); !committed) return committed;
  return look == Look::decide ? carry_out(now, run) : Status();
}

Status LifeCycle::decide_again(const RunContext& run) {
  expects(state_.last_close.has_value(), "a bar was gone through");
  const std::size_t bar = tape_.bar_at_or_after(*state_.last_close);
  expects(bar < tape_.bars(), "the tape reaches to the last bar");
  if (auto decided = decide(bar); !decided) return decided;
  if (auto committed = commit({}); !committed) return committed;
  return carry_out(*state_.last_close, run);
}

Status LifeCycle::decide(std::size_t bar) {
  const Timestamp now = tape_.close(bar);
  if (auto decided = decide_trials(now); !decided) return decided;
  if (auto asked = ask_triggers(bar); !asked) return asked;
  state_.last_look = now;
  return make_plan(now);
}

std::map<std::string, VersionId> LifeCycle::active_versions() const {
  std::map<std::string, VersionId> active;
  for (const auto& [name, type] : state_.types) active[name] = type.active;
  return active;
}

std::vector<VersionId> LifeCycle::versions_concerned() const {
  std::set<VersionId> versions;
  for (const auto& [name, type] : state_.types)
    if (!type.active.empty()) versions.insert(type.active);
  for (const Trial& trial : state_.trials) {
    versions.insert(trial.challenger);
    if (!trial.reference.empty()) versions.insert(trial.reference);
  }
  return {versions.begin(), versions.end()};
}

Status LifeCycle::forecast(std::size_t bar, std::vector<ForecastRow>& rows) {
  const auto versions = versions_concerned();
  for (const VersionId& version : versions) {
    auto said = book_->forecast(version, bar);
    if (!said) return forward_error(said);
    rows.push_back({tape_.close(bar), version.str(), std::move(*said)});
  }
  if (!versions.empty()) rows.push_back({tape_.close(bar), kServed, served(tape_.close(bar), rows)});
  return {};
}

std::vector<float> LifeCycle::served(Timestamp now, const std::vector<ForecastRow>& rows) const {
  const std::size_t symbols = tape_.symbols().size();
  const auto votes = [&](const TypeState& type) {
    return !type.active.empty() && !is_expired(type.active_data_end, now, options_.serving);
  };
  // The active version's forecasts, and the canary's where it has its share.
  const auto slot_forecast = [&](const std::string& name, const TypeState& type) {
    std::vector<float> said = row_of(rows, type.active)->forecast;
    for (const Trial& trial : state_.trials) {
      const double share = canary_share(trial, options_.deployment.stages.canary);
      if (trial.model_type != name || share == 0) continue;
      const std::vector<float>& canary = row_of(rows, trial.challenger)->forecast;
      for (std::size_t s = 0; s < symbols; ++s)
        if (in_canary_share(tape_.symbols()[s], trial.challenger, share)) said[s] = canary[s];
    }
    return said;
  };
  const auto ensemble = state_.types.find(std::string(kEnsembleType));
  if (ensemble != state_.types.end() && votes(ensemble->second))
    return slot_forecast(ensemble->first, ensemble->second);

  std::vector<double> sum(symbols, 0), weight(symbols, 0);
  for (const auto& [name, type] : state_.types) {
    if (name == kEnsembleType || !votes(type)) continue;
    const std::vector<float> said = slot_forecast(name, type);
    for (std::size_t s = 0; s < symbols; ++s) {
      if (std::isnan(said[s])) continue;
      sum[s] += weights_.of(name) * static_cast<double>(said[s]);
      weight[s] += weights_.of(name);
    }
  }
  std::vector<float> out(symbols, kNone);
  for (std::size_t s = 0; s < symbols; ++s)
    if (weight[s] > 0) out[s] = static_cast<float>(sum[s] / weight[s]);
  return out;
}

Result<std::vector<NextTraining>> LifeCycle::next_trainings() const {
  const auto last_trainings = log_.last_trainings();
  if (!last_trainings) return forward_error(last_trainings);
  const std::size_t last = tape_.bars() - 1;
  const auto bars_since = [&](Timestamp time) { return tape_.rows_since(time, last); };
  return training_outlook({state_, open_jobs_, *last_trainings, tape_.close(last), bars_since}, options_);
}

Status LifeCycle::commit(std::vector<ForecastRow> forecasts) {
  LifeCycleLog::Step step{
      {}, std::move(forecasts), std::move(untold_), std::move(unsaved_plans_), std::move(unsaved_jobs_)};
  untold_.clear();
  unsaved_plans_.clear();
  unsaved_jobs_.clear();
  for (LifeEvent& event : step.events) event.sequence = ++state_.events;
  step.state_json = to_json_text(state_);
  if (auto committed = log_.commit(step); !committed) return committed;
  // Only here: whoever goes through the jobs may end one on the way.
  std::erase_if(open_jobs_, [](const Job& job) { return !is_open(job); });
  return {};
}

void LifeCycle::tell(Timestamp at, EventKind kind, const std::string& model_type, const VersionId& version,
                     std::string text, std::string detail_json) {
  untold_.push_back({0, at, kind, model_type, version.str(), std::move(text), std::move(detail_json)});
}

}  // namespace clm
