#include "workspace/workspace_status.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/life_cycle/life_cycle_outlook.hpp"
#include "learning/options/serving_rules.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "registry/registry_report.hpp"
#include "workspace/market_view.hpp"
#include "workspace/stored_life_cycle.hpp"

namespace clm {
namespace {

nlohmann::json text_or_null(const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); }

std::string in_words(const Error& error) {
  return error.message + (error.where.empty() ? "" : " (" + error.where + ")") +
         (error.remedy.empty() ? "" : ". " + error.remedy);
}

/// How a subsystem is that answered with an error.
SubsystemState broken(std::string name, const Error& error) {
  const bool is_damaged = error.kind == ErrorKind::integrity || error.kind == ErrorKind::data;
  return {std::move(name), is_damaged ? "damaged" : "unavailable", std::nullopt, "it cannot be read", {},
          in_words(error)};
}

SubsystemState empty(std::string name, std::string waits_for) {
  return {std::move(name), "empty", std::nullopt, "nothing is in it yet", std::move(waits_for), {}};
}

SubsystemState survey_candles(Workspace& workspace, int jobs, std::optional<MarketView>& market) {
  auto opened = open_market(workspace, {std::nullopt, jobs});
  if (!opened && opened.error().code == "universe.empty")
    return empty("candles", "clm import, clm fetch or clm simulate");
  if (!opened) return broken("candles", opened.error());
  const DataLateness& lateness = opened->lateness;
  SubsystemState state{
      "candles",    "ok", (lateness.counted_to - lateness.newest_bar).count() / 1000, "the close of the newest bar", {},
      lateness.note};
  const auto store = workspace.candles();
  if (const auto writer = store ? (*store)->writer() : std::nullopt)
    state.state = "at work: " + *writer;
  else if (lateness.stale)
    state.state = "stale";
  if (lateness.stale) state.waits_for = "newer candles: clm import or clm fetch";
  market = std::move(*opened);
  return state;
}

/// Of a type of which nothing is active: what became of the newest version; empty where there is none.
Result<std::string> fate_of_newest(const Registry& registry, const std::string& model_type) {
  const Slot slot = slot_of(model_type);
  const auto versions = registry.list(Registry::Filter{slot.model_type, slot.scope, {}});
  if (!versions) return forward_error(versions);
  if (versions->empty()) return std::string();
  const VersionRecord& newest = versions->front();
  const auto events = registry.events_of(newest.version);
  if (!events) return forward_error(events);
  return "; the newest, " + newest.version.str() + ", is " + std::string(to_string(newest.status)) +
         (events->empty() ? "" : ": " + events->back().reason);
}

/// By which recipes all were made who are told of.
Status name_recipes(const Registry& registry, const LearningOptions& learning, WorkspaceStatus& status) {
  std::set<VersionId> versions;
  for (const auto& member : status.lineup) versions.insert(member.version);
  for (const auto& silent : status.without_vote)
    if (!silent.version.empty()) versions.insert(silent.version);
  auto names = recipe_names(registry, learning, versions);
  if (!names) return forward_error(names);
  status.recipes = std::move(*names);
  return {};
}

/// Who of those who have a vote learned from candles that were corrected since.
Status survey_corrections(Workspace& workspace, const Registry& registry, WorkspaceStatus& status) {
  const auto corrections = open_corrections(workspace);
  if (!corrections) {
    status.notes.push_back("whether candles were corrected is not known: " + to_string(corrections.error()));
    return {};
  }
  for (const LineupMember& member : status.lineup) {
    const auto manifest = registry.find(member.version.str()).and_then(stored_manifest);
    if (!manifest) continue;  // it has no vote then, once it is asked
    auto corrected = corrections->of(*manifest);
    if (!corrected)
      status.notes.push_back("whether candles were corrected that " + member.version.str() +
                             " learned from is not known: " + to_string(corrected.error()));
    else if (*corrected && !(*corrected)->empty())
      status.corrected.emplace(member.version, std::move(**corrected));
  }
  return {};
}

/// Who has a vote and who has none, and why. Returns the first broken version, if there is one.
Status survey_lineup(Workspace& workspace, Timestamp as_of, WorkspaceStatus& status) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  const LearningOptions& learning = workspace.learning();
  const auto rules = serving_rules(learning);
  if (!rules) return forward_error(rules);
  const auto predictor = Predictor::load(**registry, *rules);
  if (!predictor) return forward_error(predictor);
  Lineup lineup = predictor->plan(as_of, {}).lineups.front();
  status.ensemble = lineup.ensemble;
  for (auto& member : lineup.members) {
    if (member.why_not.empty())
      status.lineup.push_back(std::move(member));
    else
      status.without_vote.push_back({member.model_type, member.version, member.why_not});
  }
  for (auto& absent : lineup.absent) {
    const auto active = (*registry)->active(slot_of(absent.model_type));
    if (!active) return forward_error(active);
    if (!*active && absent.why == kNothingActive) {
      const auto fate = fate_of_newest(**registry, absent.model_type);
      if (!fate) return forward_error(fate);
      absent.why += *fate;
    }
    status.without_vote.push_back(
        {absent.model_type, *active ? (*active)->record.version : VersionId(), std::move(absent.why)});
  }
  std::stable_sort(status.lineup.begin(), status.lineup.end(), [](const LineupMember& a, const LineupMember& b) {
    return std::tie(a.model_type, b.learned_until) < std::tie(b.model_type, a.learned_until);
  });
  Status sound;
  for (const auto& silent : status.without_vote) {
    if (silent.version.empty() || !sound) continue;
    const auto record = (*registry)->find(silent.version.str());
    if (!record) continue;
    if (const auto whole = (*registry)->open_usable(*record); !whole) sound = forward_error(whole);
  }
  auto suspended = (*registry)->suspensions();
  if (!suspended) return forward_error(suspended);
  status.suspended = std::move(*suspended);
  auto unlisted = unlisted_versions(**registry, learning);
  if (!unlisted) return forward_error(unlisted);
  status.unlisted = std::move(*unlisted);
  for (const UnlistedVersion& one : status.unlisted) {
    const auto is_it = [&](const auto& known) { return known.version == one.version; };
    if (std::none_of(status.lineup.begin(), status.lineup.end(), is_it) &&
        std::none_of(status.without_vote.begin(), status.without_vote.end(), is_it))
      status.without_vote.push_back({one.model_type, one.version, "the settings do not name its recipe"});
  }
  if (auto named = name_recipes(**registry, learning, status); !named) return named;
  if (auto surveyed = survey_corrections(workspace, **registry, status); !surveyed) return surveyed;
  return sound;
}

/// What the life cycle is at. `market` where there are candles: without, nothing is due.
Status survey_learning(Workspace& workspace, const std::optional<MarketView>& market, WorkspaceStatus& status) {
  const auto database = workspace.database();
  if (!database) return forward_error(database);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  auto pauses = log->refresh_pauses();
  if (!pauses) return forward_error(pauses);
  status.paused = std::move(*pauses);
  const auto jobs = log->jobs(WhichJobs::open);
  if (!jobs) return forward_error(jobs);
  std::copy_if(jobs->begin(), jobs->end(), std::back_inserter(status.waiting),
               [](const Job& job) { return job.state == JobState::pending && job.approval == Approval::awaited; });
  if (!market) return {};
  const Interval interval = market->candles->interval();
  auto trials = trials_under_way(workspace, interval);
  if (!trials) return forward_error(trials);
  status.trials = std::move(*trials);
  const auto regret = log->regret();
  if (!regret) return forward_error(regret);
  status.regret = regret_of(*regret, workspace.learning().label.horizon_bars, interval);
  const auto state = current_life_cycle(workspace, *log, interval);
  if (!state) return forward_error(state);
  std::map<Timestamp, std::int64_t> counted;
  Status read;
  const auto bars_since = [&](Timestamp time) -> std::int64_t {
    if (const auto known = counted.find(time); known != counted.end()) return known->second;
    const auto bars = market->candles->bars_since(time);
    if (!bars) read = forward_error(bars);
    return counted[time] = bars ? *bars : 0;
  };
  const auto last_trainings = log->last_trainings();
  if (!last_trainings) return forward_error(last_trainings);
  status.due = training_outlook({*state, *jobs, *last_trainings, market->as_of, bars_since, status.paused},
                                workspace.learning());
  return read;
}

/// When the newest of something was written down, by the clock of then.
using Noted = std::optional<Timestamp>;

SubsystemState sound(std::string name, const Noted& newest, const std::string& of_what, Timestamp clock) {
  if (!newest) return {std::move(name), "ok", std::nullopt, "nothing in it says when it was written", {}, {}};
  const auto age = std::max<std::int64_t>(0, (clock - *newest).count() / 1000);  // a clock may be set back
  return {std::move(name), "ok", age, of_what, {}, {}};
}

Result<Noted> newest_event(Workspace& workspace) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  constexpr int kLooked = 50;  // repairs do not say when they were made
  const auto events = (*registry)->history({}, kLooked);
  if (!events) return forward_error(events);
  Noted newest;
  for (const Event& event : *events) newest = std::max(newest, event.decided_at);
  return newest;
}

Result<Noted> newest_cycle(Workspace& workspace) {
  const auto log = workspace.cycle_log();
  if (!log) return forward_error(log);
  const auto cycles = (*log)->list(1);
  if (!cycles) return forward_error(cycles);
  return cycles->empty() ? Noted() : cycles->front().decided_at;
}

SubsystemState survey_database(Workspace& workspace, Timestamp clock) {
  const auto database = workspace.database();
  if (!database) return broken("database", database.error());
  const auto event = newest_event(workspace), cycle = newest_cycle(workspace);
  for (const auto* one : {&event, &cycle})
    if (!*one) return broken("database", one->error());
  return sound("database", std::max(*event, *cycle), "the newest event or cycle", clock);
}

nlohmann::json to_json(const LineupMember& member, const WorkspaceStatus& status) {
  const auto corrected = status.corrected.find(member.version);
  return {{"model_type", member.model_type},
          {"version", member.version.str()},
          {"corrected", corrected == status.corrected.end() ? nlohmann::json::array() : to_json(corrected->second)},
          {"recipe", text_or_null(status.recipes.of(member.model_type, member.version))},
          {"learned_until", to_string(member.learned_until)},
          {"weight", member.weight}};
}

nlohmann::json to_json(const SubsystemState& state) {
  return {{"name", state.name},
          {"state", state.state},
          {"age_seconds", state.age_seconds ? nlohmann::json(*state.age_seconds) : nlohmann::json()},
          {"age_of", state.age_of},
          {"waits_for", text_or_null(state.waits_for)},
          {"problem", text_or_null(state.problem)}};
}

/// What will call for it first, as far as that is known.
nlohmann::json trigger_of(const NextTraining& next) {
  if (next.at || !next.last_tried) return to_string(TriggerKind::time_based);
  return next.new_bars ? nlohmann::json(to_string(TriggerKind::data_volume)) : nlohmann::json();
}

}  // namespace

WorkspaceStatus survey_workspace(Workspace& workspace, int jobs) {
  WorkspaceStatus status;
  status.holder = workspace.directory().cycle_holder().value_or("");
  std::optional<MarketView> market;
  status.subsystems.push_back(survey_candles(workspace, jobs, market));
  if (market) {
    status.market =
        WorkspaceStatus::Market{market->candles->venue(), market->candles->symbols().size(), market->lateness};
    status.damaged = market->damaged;
    status.notes = market->notes;
  }

  std::error_code ignored;
  if (!std::filesystem::exists(workspace.directory().database_file(), ignored)) {  // looking does not make one
    for (const char* name : {"database", "registry", "learning"})
      status.subsystems.push_back(empty(name, "the first clm cycle"));
    return status;
  }
  const Timestamp clock = workspace.clock().now();
  status.subsystems.push_back(survey_database(workspace, clock));
  const Timestamp now = market ? market->as_of : clock;
  const auto lineup = survey_lineup(workspace, now, status);
  const auto event = newest_event(workspace), cycle = newest_cycle(workspace);
  status.subsystems.push_back(lineup && event ? sound("registry", *event, "the newest event", clock)
                                              : broken("registry", lineup ? event.error() : lineup.error()));
  const auto learning = survey_learning(workspace, market, status);
  SubsystemState state = learning && cycle ? sound("learning", *cycle, "the beginning of the newest cycle", clock)
                                           : broken("learning", learning ? cycle.error() : learning.error());
  if (!status.holder.empty()) state.state = "at work: " + status.holder;
  if (learning && !status.waiting.empty())
    state.waits_for = "a person: clm approve " + std::to_string(status.waiting.front().id);
  status.subsystems.push_back(std::move(state));
  return status;
}

nlohmann::json to_json(const WorkspaceStatus& status) {
  nlohmann::json document{{"newest_bar", nullptr}, {"late_bars", nullptr}, {"stale", nullptr},
                          {"venue", nullptr},      {"interval", nullptr},  {"symbols", 0}};
  if (status.market) {
    add_lateness(document, status.market->lateness);
    document["venue"] = status.market->venue.str();
    document["interval"] = status.market->lateness.interval.name();
    document["symbols"] = status.market->symbols;
  }
  document["ensemble"] = text_or_null(status.ensemble.str());
  auto lineup = nlohmann::json::array(), voteless = nlohmann::json::array(), due = nlohmann::json::array();
  auto waiting = nlohmann::json::array(), trials = nlohmann::json::array(), subsystems = nlohmann::json::array();
  for (const auto& member : status.lineup) lineup.push_back(to_json(member, status));
  for (const auto& one : status.without_vote)
    voteless.push_back({{"recipe", text_or_null(status.recipes.of(one.model_type, one.version))},
                        {"model_type", one.model_type},
                        {"version", text_or_null(one.version.str())},
                        {"why", one.why}});
  for (const NextTraining& next : status.due) {
    auto row = to_json(next);
    row["trigger"] = trigger_of(next);
    due.push_back(std::move(row));
  }
  for (const Job& job : status.waiting) waiting.push_back(to_json(job));
  for (const TrialView& trial : status.trials) trials.push_back(to_json(trial));
  for (const auto& one : status.subsystems) subsystems.push_back(to_json(one));
  auto unlisted = nlohmann::json::array();
  for (const UnlistedVersion& one : status.unlisted) unlisted.push_back(to_json(one));
  document["unlisted"] = std::move(unlisted);
  document["suspended"] = nlohmann::json::array();
  for (const Suspension& one : status.suspended) document["suspended"].push_back(to_json(one));
  document["lineup"] = std::move(lineup);
  document["without_vote"] = std::move(voteless);
  document["due"] = std::move(due);
  document["waiting"] = std::move(waiting);
  document["trials"] = std::move(trials);
  auto paused = nlohmann::json::array();
  for (const RefreshPause& one : status.paused) paused.push_back(to_json(one));
  document["paused"] = std::move(paused);
  document["regret"] = to_json(status.regret);
  document["lock_held_by"] = text_or_null(status.holder);
  document["subsystems"] = std::move(subsystems);
  return document;
}

}  // namespace clm
