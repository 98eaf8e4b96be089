#include "cycle_run.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "features/feature_set.hpp"
#include "learning/features_needed.hpp"
#include "learning/life_cycle.hpp"
#include "learning_place.hpp"
#include "session.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

/// Everything that a cycle works with, and the lock.
struct Desk {
  std::unique_ptr<Session> session;
  FileLock lock;
  Registry* registry;
  CycleLog* log;
  LearningPlace place;

  CycleWorkplace workplace() const {
    return {*place.candles, place.context.get(), *registry,    *log,
            lock,           program_version(),   git_commit(), session->workspace().checkpoints()};
  }
};

Result<Desk> open_desk(Program& program, const CycleFlags& flags, const std::string& purpose) {
  auto session = Session::open(program, Session::Access::change);
  if (!session) return forward_error(session);
  LearningOptions& options = (*session)->learning();
  // Who is trained today does not change who belongs to the ensemble.
  if (!flags.models.empty() && options.ensemble.models.empty()) options.ensemble.models = options.training.models;
  if (auto chosen = choose_models(options, flags.models); !chosen) return forward_error(chosen);
  auto lock = (*session)->workspace().lock_cycle(purpose);
  if (!lock) return forward_error(lock);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  const auto log = (*session)->cycle_log();
  if (!log) return forward_error(log);
  auto place = open_live_place(program, **session, flags.as_of);
  if (!place) return forward_error(place);
  return Desk{std::move(*session), std::move(*lock), *registry, *log, std::move(*place)};
}

/// What the life cycle did and what it is at.
struct LifeCycleNews {
  std::size_t bars = 0;  ///< gone through
  std::vector<LifeEvent> events;
  std::vector<TrialView> trials;
  std::vector<Job> jobs;           ///< open ones
  std::vector<NextTraining> next;  ///< when each type is due
};

/// Nobody is served, and the last training of every type failed, whether or not it is tried again.
bool is_nothing_trainable(const LifeCycleNews& news) {
  return !news.next.empty() && std::all_of(news.next.begin(), news.next.end(), [&](const NextTraining& next) {
    return !next.served && (next.given_up || std::any_of(news.jobs.begin(), news.jobs.end(), [&](const Job& job) {
                              return job.kind == JobKind::train && job.model_type == next.model_type &&
                                     job.attempts > 0;
                            }));
  });
}

std::string describe(const CycleReport& report, const DataLateness& lateness, const LifeCycleNews& news) {
  std::string text = "Cycle " + std::to_string(report.cycle) + " as of " + to_string(report.as_of) + ", " +
                     fixed(report.seconds, 1) + " s of wall time\n";
  if (lateness.late_bars > 0) text += "Data: " + describe(lateness) + "\n";
  if (report.triggers.empty() && report.results.empty()) {
    text += is_nothing_trainable(news) ? "Nothing is trained yet, and nobody is served: every training failed.\n"
                                       : "Nothing to learn: no trigger fired. --force trains all the same.\n";
    for (const NextTraining& one : news.next) text += "  " + describe(one) + "\n";
    return text;
  }
  for (const auto& trigger : report.triggers)
    text += "  " + trigger.model_type + ": " + std::string(to_string(trigger.kind)) + " (" +
            std::string(to_string(trigger.priority)) + "): " + trigger.reason + "\n";
  for (const auto& result : report.results) {
    text += "\n" + result.model_type + (result.version.empty() ? "" : " " + result.version.str()) + ": " +
            result.decision + "\n";
    for (const auto& reason : result.reasons) text += "  - " + reason + "\n";
  }
  text += "\nThe ensemble: " + report.ensemble.why + "\n";
  for (const auto& member : report.ensemble.members) text += "  " + member.model_type + " " + member.version + "\n";
  for (const auto& absent : report.ensemble.left_out)
    text += "  without " + absent.model_type + ": " + absent.why + "\n";
  return text;
}

std::string describe(const LifeCycleNews& news) {
  std::string text;
  if (news.bars > 1) text += "Caught up on " + std::to_string(news.bars) + " bars.\n";
  for (const LifeEvent& event : news.events)
    if (event.kind != "trained") text += "  " + to_line(event) + "\n";
  for (const TrialView& trial : news.trials) text += "  " + describe(trial) + "\n";
  for (const Job& job : news.jobs)
    text += "  job " + std::to_string(job.id) + " " +
            (job.approval == Approval::awaited ? "waits for clm approve " + std::to_string(job.id) + ": "
                                               : "waits for bars until " + to_string(job.not_before) + ": ") +
            describe(job) + (job.attempts > 0 ? "; the last try failed: " + job.outcome : "") + "\n";
  return text.empty() ? text : "\nLife cycle\n" + text;
}

Result<LifeCycleNews> news_of(const LifeCycle& life, const LifeCycleLog& log, std::int64_t events_before,
                              std::size_t bars) {
  auto events = log.events(events_before + 1);
  if (!events) return forward_error(events);
  auto next = life.next_trainings();
  if (!next) return forward_error(next);
  return LifeCycleNews{bars, std::move(*events), life.trials(), life.open_jobs(), std::move(*next)};
}

nlohmann::json to_json(const LifeCycleNews& news) {
  auto events = nlohmann::json::array(), trials = nlohmann::json::array(), jobs = nlohmann::json::array();
  auto next = nlohmann::json::array();
  for (const NextTraining& one : news.next) next.push_back(to_json(one));
  for (const LifeEvent& event : news.events) events.push_back(to_json(event));
  for (const TrialView& trial : news.trials) trials.push_back(to_json(trial));
  for (const Job& job : news.jobs) jobs.push_back(to_json(job));
  return {{"bars", news.bars}, {"events", events}, {"trials", trials}, {"jobs", jobs}, {"next", next}};
}

int exit_code(const CycleReport& report, const LifeCycleNews& news) {
  if (report.results.empty() && is_nothing_trainable(news)) return static_cast<int>(ErrorKind::data);
  for (const auto& result : report.results)
    if (result.decision == "failed") return static_cast<int>(ErrorKind::data);
  return 0;
}

/// Goes on to the end of the tape: hears the bars that went by, and decides at the last one.
Result<std::size_t> go_on(LifeCycle& life, const MarketTape& tape, const RunContext& run) {
  std::size_t bars = 0;
  for (std::size_t bar = life.next_bar(); bar < tape.bars(); bar = life.next_bar(), ++bars) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    if (auto stepped = life.step(bar + 1 == tape.bars() ? Look::decide : Look::hear, run); !stepped)
      return forward_error(stepped);
  }
  if (bars > 0) return bars;
  if (auto decided = life.decide_again(run); !decided) return forward_error(decided);
  return bars;
}

}  // namespace

Result<int> run_and_print_cycle(Program& program, const CycleFlags& flags) {
  const auto desk = open_desk(program, flags, "clm cycle");
  if (!desk) return forward_error(desk);
  const LearningOptions& options = desk->session->learning();
  const auto database = desk->session->database();
  if (!database) return forward_error(database);
  auto life_log = LifeCycleLog::open(**database, &program.clock());
  if (!life_log) return forward_error(life_log);
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  const auto reads_features =
      needs_features(*desk->registry, *life_log, options, desk->place.candles->interval(), desk->place.as_of);
  if (!reads_features) return forward_error(reads_features);
  const auto tape = MarketTape::record(*reads_features ? *features : no_features(), *desk->place.candles,
                                       desk->place.context.get(), options.label, desk->place.as_of, program.context());
  if (!tape) return forward_error(tape);
  const auto events_before = life_log->event_count();
  if (!events_before) return forward_error(events_before);

  CycleWorkplace workplace = desk->workplace();
  workplace.frame = tape->frame();
  workplace.stages = Stages::run;
  auto life = LifeCycle::resume(*tape, workplace, *life_log, options, program.context());
  if (!life) return forward_error(life);
  const Timestamp newest = tape->close(tape->bars() - 1);
  life->begin_at(newest);
  if (const Timestamp last = *life->state().last_close; last > newest)  // another clock, or another --as-of
    return fail(ErrorKind::usage, "cycle.gone_by",
                "the newest bar known then closed at " + to_string(newest) + ", and the life cycle is at " +
                    to_string(last) + " already; it does not go back",
                "--as-of", "`clm replay` tries a policy on history; `clm train --as-of TIME` trains as of any time.");
  std::vector<Trigger> by_hand;
  if (flags.force)
    for (const auto& model_type : options.training.models) by_hand.push_back(asked_by_hand(model_type));
  life->ask_for_cycle(std::move(by_hand));
  const auto bars = go_on(*life, *tape, program.context());
  if (!bars) return forward_error(bars);

  std::optional<Result<CycleReport>> report = life->last_cycle();
  // Nothing was learned; that it was looked at is written down.
  if (!report)
    report = run_cycle(workplace, options, {newest, Force::no, "cli", std::vector<Trigger>()}, program.context());
  if (!*report) return forward_error(*report);
  const auto news = news_of(*life, *life_log, *events_before, *bars);
  if (!news) return forward_error(news);
  nlohmann::json document = clm::to_json(**report);
  document["life_cycle"] = to_json(*news);
  add_lateness(document, desk->place.lateness);
  program.print(document, describe(**report, desk->place.lateness, *news) + describe(*news));
  return exit_code(**report, *news);
}

Result<int> run_and_print_training(Program& program, const CycleFlags& flags) {
  const auto desk = open_desk(program, flags, "clm train");
  if (!desk) return forward_error(desk);
  LearningOptions& options = desk->session->learning();
  options.deployment.mode = "logging_only";
  options.ensemble.mode = "off";  // what is trained here belongs to no lineup
  CycleWorkplace workplace = desk->workplace();
  const auto report = run_cycle(workplace, options, {desk->place.as_of, Force::yes, "cli"}, program.context());
  if (!report) return forward_error(report);
  nlohmann::json document = clm::to_json(*report);
  add_lateness(document, desk->place.lateness);
  program.print(document, describe(*report, desk->place.lateness, LifeCycleNews()));
  return exit_code(*report, LifeCycleNews());
}

}  // namespace clm::app
