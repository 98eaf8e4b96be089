#include "learning/life_cycle/life_cycle.hpp"

#include <algorithm>
#include <utility>

#include "base/contract.hpp"
#include "learning/life_cycle/active_types.hpp"
#include "learning/life_cycle/broken_versions.hpp"
#include "learning/life_cycle/harm_control.hpp"
#include "learning/life_cycle/job_queue.hpp"
#include "learning/life_cycle/job_runner.hpp"
#include "learning/life_cycle/life_cycle_outlook.hpp"
#include "learning/life_cycle/live_forecasts.hpp"
#include "learning/life_cycle/live_outcomes.hpp"
#include "learning/life_cycle/live_trials.hpp"
#include "learning/life_cycle/registry_reconciler.hpp"
#include "learning/life_cycle/training_planner.hpp"
#include "learning/options/serving_rules.hpp"

namespace clm {
namespace {

CycleWorkplace with_stages(CycleWorkplace place, const MarketTape& tape, ForecastMemory& said_before) {
  place.tape = &tape;
  place.said_before = &said_before;
  place.stages = Stages::run;
  return place;
}

Result<LifeCycleState> stored_state(const MarketTape& tape, const CycleWorkplace& place, const LifeCycleLog& log,
                                    const LearningOptions& options) {
  const auto stored = log.state();
  if (!stored) return forward_error(stored);
  if (!*stored) return LifeCycleState();
  auto state = read_life_cycle_state(**stored, options.deployment.stages, options.label, tape.interval());
  if (!state) return forward_error(state);
  if (auto restored = restore_active(place.registry, *state); !restored) return forward_error(restored);
  return state;
}

}  // namespace

/// In the order in which they use each other.
struct LifeCycle::Parts {
  Parts(const MarketTape& its_tape, const CycleWorkplace& borrowed, LifeCycleLog& log,
        const LearningOptions& its_options, ServingRules rules)
      : tape(its_tape),
        options(its_options),
        place(with_stages(borrowed, its_tape, said_before)),
        monitor(tape, place.registry, log, options, place.corrections),
        journal(log),
        jobs(journal, place.registry, options),
        types(journal, place.registry, monitor, options),
        forecasts(tape, place.registry, options, std::move(rules)),
        outcomes(tape, options),
        regret(tape, place.registry, options.judging.min_symbols),
        trials(journal, jobs, types, place.registry, options, tape.interval()),
        harm(journal, place.registry, monitor, tape, options),
        planner(tape, monitor, place.registry, place.log, journal, jobs, trials, options),
        broken(place.registry, journal, types, trials, options),
        reconciler(place.registry, journal, jobs, types, trials, broken, options),
        runner(place, journal, jobs, types, trials, reconciler, options) {}

  const MarketTape& tape;
  const LearningOptions& options;
  ForecastMemory said_before;
  CycleWorkplace place;
  TriggerMonitor monitor;
  LifeCycleJournal journal;
  JobQueue jobs;
  ActiveTypes types;
  LiveForecasts forecasts;
  LiveOutcomes outcomes;
  RegretTally regret;
  LiveTrials trials;
  HarmControl harm;
  TrainingPlanner planner;
  BrokenVersions broken;
  RegistryReconciler reconciler;
  JobRunner runner;
};

LifeCycle::LifeCycle(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LifeCycle::LifeCycle(LifeCycle&&) noexcept = default;
LifeCycle& LifeCycle::operator=(LifeCycle&&) noexcept = default;
LifeCycle::~LifeCycle() = default;

Result<LifeCycle> LifeCycle::resume(const MarketTape& tape, const CycleWorkplace& place, LifeCycleLog& log,
                                    const LearningOptions& options, const RunContext& run) {
  auto rules = serving_rules(options);
  if (!rules) return forward_error(rules);
  if (auto known = log.set_universe(tape.symbols()); !known) return forward_error(known);
  auto state = stored_state(tape, place, log, options);
  if (!state) return forward_error(state);
  LifeCycle cycle(std::make_unique<Parts>(tape, place, log, options, std::move(*rules)));
  Parts& parts = *cycle.parts_;
  parts.journal.state() = std::move(*state);
  if (auto recovered = parts.jobs.recover(); !recovered) return forward_error(recovered);
  if (auto found = parts.planner.find_outdated_failures(); !found) return forward_error(found);
  if (const auto& last = parts.journal.state().last_close)
    if (auto restored = parts.outcomes.restore(log, *last); !restored) return forward_error(restored);
  if (auto met = cycle.reconcile_and_carry_out(run); !met) return forward_error(met);
  return cycle;
}

Status LifeCycle::reconcile_and_carry_out(const RunContext& run) {
  Parts& parts = *parts_;
  const Timestamp now = parts.journal.now();
  // With jobs left to do, the registry may be ahead of the state, which then says what was before them.
  const auto& open = parts.jobs.open();
  const bool left_to_do =
      std::any_of(open.begin(), open.end(), [&](const Job& job) { return JobQueue::is_due(job, now); });
  const auto active_before = active_versions(parts.journal.state());
  if (!left_to_do)
    if (auto met = parts.reconciler.reconcile_what_a_person_did(active_before); !met) return met;
  if (parts.journal.state().last_close)
    if (auto done = carry_out(now, run); !done) return done;
  if (!left_to_do) return {};
  if (const auto met = parts.broken.reconcile(active_before); !met) return forward_error(met);
  return {};
}

void LifeCycle::begin_at(Timestamp first_close) {
  auto& last = parts_->journal.state().last_close;
  if (!last) last = first_close - Duration(1);
}

std::size_t LifeCycle::next_bar() const {
  const auto& last = state().last_close;
  return last ? parts_->tape.bar_at_or_after(*last + Duration(1)) : 0;
}

Status LifeCycle::step(StepMode mode, const RunContext& run) {
  const std::size_t bar = next_bar();
  expects(bar < parts_->tape.bars(), "there is a bar to go through");
  const Timestamp now = parts_->tape.close(bar);
  LifeCycleState& state = parts_->journal.state();
  if (auto noted = note_first_lineup(bar); !noted) return noted;
  // Forecast with what was in force when the bar closed: a training that begins now is not done yet.
  auto rows = parts_->forecasts.at(bar, state);
  if (!rows) return forward_error(rows);
  parts_->outcomes.wait_for(bar, *rows);
  if (auto known = parts_->outcomes.add_known(now, state, parts_->regret); !known) return known;
  parts_->journal.count(parts_->regret.take());
  if (mode == StepMode::decide)
    if (auto decided = decide(bar); !decided) return decided;
  state.last_close = now;
  if (auto committed = parts_->jobs.commit(std::move(*rows)); !committed) return committed;
  return mode == StepMode::decide ? carry_out(now, run) : Status();
}

Status LifeCycle::note_first_lineup(std::size_t bar) {
  auto& first = parts_->journal.state().first_lineup;
  if (!first.empty()) return {};
  auto accepted = parts_->forecasts.accepted(bar, state());
  if (!accepted) return forward_error(accepted);
  // Kept before it is noted: killed in between, it is noted at this bar again.
  for (const auto& [slot, version] : *accepted)
    if (auto kept = parts_->place.registry.keep(version); !kept) return kept;
  first = std::move(*accepted);
  return {};
}

Status LifeCycle::decide_again(const RunContext& run) {
  expects(state().last_close.has_value(), "a bar was gone through");
  const std::size_t bar = parts_->tape.bar_at_or_after(*state().last_close);
  expects(bar < parts_->tape.bars(), "the tape reaches to the last bar");
  if (auto decided = decide(bar); !decided) return decided;
  if (auto committed = parts_->jobs.commit({}); !committed) return committed;
  return carry_out(*state().last_close, run);
}

Status LifeCycle::decide(std::size_t bar) {
  const Timestamp now = parts_->tape.close(bar);
  std::vector<Trigger> wanted;
  if (auto decided = parts_->harm.decide(bar, wanted); !decided) return decided;
  if (auto decided = parts_->trials.decide(now); !decided) return decided;
  if (auto asked = parts_->planner.ask(bar, std::move(wanted)); !asked) return asked;
  parts_->journal.state().last_look = now;
  return parts_->jobs.make_plan(now);
}

Status LifeCycle::carry_out(Timestamp now, const RunContext& run) {
  if (auto done = parts_->harm.carry_out(now); !done) return done;
  if (auto done = parts_->runner.carry_out(now, run); !done) return done;
  if (auto read = parts_->harm.read(); !read) return read;
  parts_->forecasts.keep_only_concerned(state());
  return {};
}

void LifeCycle::ask_for_cycle(std::vector<Trigger> trained) { parts_->planner.ask_for_cycle(std::move(trained)); }

const LifeCycleState& LifeCycle::state() const { return std::as_const(parts_->journal).state(); }

std::vector<TrialView> LifeCycle::trials() const { return parts_->trials.views(); }

const std::vector<Job>& LifeCycle::open_jobs() const { return std::as_const(parts_->jobs).open(); }

Result<std::vector<NextTraining>> LifeCycle::next_trainings() const {
  const auto last_trainings = parts_->journal.log().last_trainings();
  if (!last_trainings) return forward_error(last_trainings);
  auto pauses = parts_->journal.log().refresh_pauses();
  if (!pauses) return forward_error(pauses);
  const MarketTape& tape = parts_->tape;
  const std::size_t last = tape.bars() - 1;
  const auto bars_since = [&](Timestamp time) { return tape.rows_since(time, last); };
  return training_outlook({state(), open_jobs(), *last_trainings, tape.close(last), bars_since, std::move(*pauses)},
                          parts_->options);
}

const std::optional<Result<CycleReport>>& LifeCycle::last_cycle() const { return parts_->runner.last_cycle(); }

}  // namespace clm
