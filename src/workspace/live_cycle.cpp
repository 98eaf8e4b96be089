#include "workspace/live_cycle.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/life_cycle/features_needed.hpp"
#include "learning/life_cycle/life_cycle.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/record/record_files.hpp"

namespace clm {
namespace {

Result<LifeCycleNews> news_of(const LearningWorkspace& place, const LifeCycle& life, const LifeCycleLog& log,
                              std::int64_t events_before, std::size_t bars) {
  auto events = log.events(events_before + 1);
  if (!events) return forward_error(events);
  auto next = life.next_trainings();
  if (!next) return forward_error(next);
  auto unlisted = unlisted_versions(place.registry, place.workspace.learning());
  if (!unlisted) return forward_error(unlisted);
  return LifeCycleNews{
      bars, std::move(*events), life.trials(), life.open_jobs(), std::move(*next), std::move(*unlisted)};
}

/// Goes on to the end of the tape: hears the bars that went by, and decides at the last one.
Result<std::size_t> go_on(LifeCycle& life, const MarketTape& tape, const RunContext& run) {
  std::size_t bars = 0;
  for (std::size_t bar = life.next_bar(); bar < tape.bars(); bar = life.next_bar(), ++bars) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    if (auto stepped = life.step(bar + 1 == tape.bars() ? StepMode::decide : StepMode::catch_up, run); !stepped)
      return forward_error(stepped);
  }
  if (bars > 0) return bars;
  if (auto decided = life.decide_again(run); !decided) return forward_error(decided);
  return bars;
}

}  // namespace

nlohmann::json to_json(const LifeCycleNews& news) {
  auto events = nlohmann::json::array(), trials = nlohmann::json::array(), jobs = nlohmann::json::array();
  auto next = nlohmann::json::array(), unlisted = nlohmann::json::array();
  for (const NextTraining& one : news.next) next.push_back(to_json(one));
  for (const LifeEvent& event : news.events) events.push_back(to_json(event));
  for (const TrialView& trial : news.trials) trials.push_back(to_json(trial));
  for (const Job& job : news.jobs) jobs.push_back(to_json(job));
  for (const UnlistedVersion& one : news.unlisted) unlisted.push_back(to_json(one));
  return {{"bars", news.bars}, {"events", events}, {"trials", trials},
          {"jobs", jobs},      {"next", next},     {"unlisted", unlisted}};
}

bool is_nothing_trainable(const LifeCycleNews& news) {
  return !news.next.empty() && std::all_of(news.next.begin(), news.next.end(), [&](const NextTraining& next) {
    return !next.served && (next.given_up || std::any_of(news.jobs.begin(), news.jobs.end(), [&](const Job& job) {
                              return job.kind == JobKind::train && job.model_type == next.model_type &&
                                     job.attempts > 0;
                            }));
  });
}

Result<LiveCycle> run_live_cycle(const LearningWorkspace& place, Force force, const RunContext& run) {
  const LearningOptions& options = place.workspace.learning();
  const auto database = place.workspace.database();
  if (!database) return forward_error(database);
  auto life_log = LifeCycleLog::open(**database, &place.workspace.clock());
  if (!life_log) return forward_error(life_log);
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  const auto reads_features =
      needs_features(place.registry, *life_log, options, place.market.candles->interval(), place.market.as_of);
  if (!reads_features) return forward_error(reads_features);
  auto tape = MarketTape::record(*reads_features ? *features : no_features(), *place.market.candles,
                                 place.market.context.get(), options.label, place.market.as_of, run);
  if (!tape) return forward_error(tape);
  if (*reads_features)
    if (auto added =
            add_other_features(*tape, place.registry, options, *place.market.candles, place.market.context.get(), run);
        !added)
      return forward_error(added);
  const auto events_before = life_log->event_count();
  if (!events_before) return forward_error(events_before);

  CycleWorkplace workplace = place.workplace();
  auto life = LifeCycle::resume(*tape, workplace, *life_log, options, run);
  if (!life) return forward_error(life);
  const Timestamp newest = tape->close(tape->bars() - 1);
  life->begin_at(newest);
  if (const Timestamp last = *life->state().last_close; last > newest)  // another clock, or another --as-of
    return fail(ErrorKind::usage, "cycle.gone_by",
                "the newest bar known then closed at " + to_string(newest) + ", and the life cycle is at " +
                    to_string(last) + " already; it does not go back",
                "--as-of", "`clm replay` tries a policy on history; `clm train --as-of TIME` trains as of any time.");
  life->ask_for_cycle(force == Force::yes ? asked_by_hand(trained_recipes(options)) : std::vector<Trigger>());
  const auto bars = go_on(*life, *tape, run);
  if (!bars) return forward_error(bars);

  std::optional<Result<CycleReport>> report = life->last_cycle();
  // Nothing was learned; that it was looked at is written down.
  if (!report) report = run_cycle(workplace, options, {newest, Force::no, place.actor, {}}, run);
  if (!*report) return forward_error(*report);
  auto news = news_of(place, *life, *life_log, *events_before, *bars);
  if (!news) return forward_error(news);
  auto record_files = write_closed_months(*tape, *life_log, place.registry, *life->state().last_close,
                                          place.workspace.directory().records());
  return LiveCycle{std::move(**report), std::move(*news), std::move(record_files)};
}

Result<CycleReport> train_candidates(LearningWorkspace& place, const RunContext& run) {
  LearningOptions& options = place.workspace.learning();
  options.deployment.mode = PolicyMode::logging_only;
  options.ensemble.mode = EnsembleMode::off;  // what is trained here belongs to no lineup
  CycleWorkplace workplace = place.workplace();
  return run_cycle(workplace, options,
                   {place.market.as_of, Force::yes, place.actor, asked_by_hand(trained_recipes(options))}, run);
}

}  // namespace clm
