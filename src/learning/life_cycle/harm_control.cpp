#include "learning/life_cycle/harm_control.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/number_text.hpp"
#include "learning/cycle/floor.hpp"
#include "learning/life_cycle/active_versions.hpp"
#include "learning/options/recipe_options.hpp"

namespace clm {
namespace {

constexpr std::int64_t kHeardDays = 180;
/// Fewer teach nothing that is worth being served.
constexpr std::int64_t kLeastRowsSinceBreak = 1'000;

std::string skill_words(const SkillWatch::Alarm& alarm, const SkillWatchOptions& options) {
  return "rank IC " + fixed(alarm.mean_rank_ic, 4) + " in the " +
         std::to_string(alarm.blocks * static_cast<std::uint64_t>(options.horizon_bars)) + " bars since " +
         to_string(alarm.changed_at) + "; evidence " + fixed(alarm.evidence, 0) + " of " + fixed(options.run_length, 0);
}

nlohmann::json detail_of(const Withdrawal& withdrawal, const SkillWatch::Alarm& alarm,
                         const SkillWatchOptions& options) {
  auto versions = nlohmann::json::array();
  for (const VersionId& version : withdrawal.versions) versions.push_back(version.str());
  return {{"cause", to_string(withdrawal.cause)},
          {"changed_at", to_string(alarm.changed_at)},
          {"mean_rank_ic", alarm.mean_rank_ic},
          {"blocks", alarm.blocks},
          {"horizon_bars", options.horizon_bars},
          {"evidence", alarm.evidence},
          {"run_length", options.run_length},
          {"sigma", options.sigma},
          {"versions", versions}};
}

std::string count_words(std::size_t versions) {
  return versions == 1 ? "1 version" : std::to_string(versions) + " versions";
}

}  // namespace

bool HarmControl::is_listening() const {
  return options_.deployment.harm.run_length > 0 && options_.deployment.gate != PolicyGate::none &&
         options_.policy.ladder == Ladder::off;
}

SkillWatch HarmControl::watch(WatchedFor side, double sigma) const {
  return {side, {sigma, options_.deployment.harm.run_length, options_.label.horizon_bars, tape_.interval()}};
}

Status HarmControl::read() {
  auto suspended = suspended_versions(registry_);
  if (!suspended) return forward_error(suspended);
  const bool moved = *suspended != journal_.state().suspended;
  journal_.state().suspended = std::move(*suspended);
  if (moved) forget_what_a_person_undid();
  if (!is_listening()) return {};
  const auto active = active_versions(journal_.state());
  if (!moved && active == active_) return {};
  active_ = active;
  return watch_voters();
}

/// A person may have reinstated or promoted one, or all of them.
void HarmControl::forget_what_a_person_undid() {
  LifeCycleState& state = journal_.state();
  for (Withdrawal& withdrawal : state.withdrawals) {
    if (!withdrawal.is_carried_out) continue;
    const auto is_back = [&](const VersionId& version) { return !state.suspended.contains(version); };
    std::erase_if(withdrawal.versions, is_back);
    std::erase_if(withdrawal.heard, is_back);
  }
  std::erase_if(state.withdrawals, [](const Withdrawal& one) { return one.versions.empty(); });
}

Status HarmControl::watch_voters() {
  LifeCycleState& state = journal_.state();
  members_.clear();
  for (const auto& [model_type, version] : active_) {
    if (version.empty()) continue;
    if (model_type != kEnsembleType) {
      members_.emplace(version, model_type);
      continue;
    }
    const auto record = registry_.find(version.str());
    if (!record) return forward_error(record);
    const auto manifest = stored_manifest(*record);
    if (!manifest) continue;  // broken: whoever serves says so
    for (const ManifestMember& member : manifest->members)
      members_.emplace(VersionId(member.version), member.model_type);
  }
  std::erase_if(state.voter_watches,
                [&](const auto& one) { return !members_.contains(one.first) || state.suspended.contains(one.first); });
  double widest = 0;
  for (const auto& [version, model_type] : members_) {
    if (state.suspended.contains(version)) continue;
    const auto promise = monitor_.promise_of(version);
    if (!promise) return forward_error(promise);
    if (!*promise) continue;
    state.voter_watches.try_emplace(version, watch(WatchedFor::harm, (*promise)->standard_deviation));
    widest = std::max(widest, (*promise)->standard_deviation);
  }
  if (!state.served_watch && widest > 0) state.served_watch.emplace(watch(WatchedFor::harm, widest));
  return {};
}

/// Of all who could vote, or come to: active versions, those that a lineup or a rollback may lead to, and canaries.
Result<std::vector<VersionId>> HarmControl::fitted_before(Timestamp changed_at) const {
  const LifeCycleState& state = journal_.state();
  std::set<VersionId> candidates;
  for (const auto& [version, model_type] : members_) candidates.insert(version);
  for (const Trial& trial : state.trials)
    if (trial.model_type != kEnsembleType && !trial.challenger.empty()) candidates.insert(trial.challenger);
  for (const auto& [model_type, version] : active_) {
    if (model_type == kEnsembleType) continue;
    const auto ways = registry_.ways_back(slot_of(model_type));
    if (!ways) return forward_error(ways);
    for (const VersionRecord& way : *ways) candidates.insert(way.version);
  }
  std::vector<VersionId> before;
  for (const VersionId& version : candidates) {
    if (state.suspended.contains(version)) continue;
    const auto record = registry_.find(version.str());
    if (!record) return forward_error(record);
    const auto manifest = stored_manifest(*record);
    if (manifest && manifest->training_span.from < changed_at) before.push_back(version);
  }
  return before;
}

std::vector<VersionId> HarmControl::in_service() const {
  std::vector<VersionId> versions;
  for (const auto& [version, model_type] : members_)
    if (!journal_.state().suspended.contains(version)) versions.push_back(version);
  return versions;
}

/// Notes it, or in mode `logging_only` only tells of it.
void HarmControl::withdraw(Withdrawal withdrawal, const std::string& model_type, const SkillWatch::Alarm& alarm) {
  LifeCycleState& state = journal_.state();
  const bool only_tells = options_.deployment.mode == PolicyMode::logging_only;
  const std::string what = withdrawal.cause == SuspensionCause::market_break
                               ? count_words(withdrawal.versions.size()) + " fitted on rows from before it " +
                                     (withdrawal.versions.size() == 1 ? "loses its vote" : "lose their votes") +
                                     "; vintages are made of the rows since"
                               : std::string("it loses its vote; the others go on");
  journal_.record_event(withdrawal.found_at, only_tells ? EventKind::proposed : EventKind::suspended, model_type,
                        withdrawal.versions.size() == 1 ? withdrawal.versions.front() : VersionId(),
                        (only_tells ? "mode logging_only, so nothing is done: " : "") + withdrawal.reason + ": " + what,
                        detail_of(withdrawal, alarm, withdrawal.recovery.options()).dump());
  if (only_tells) return;
  for (const VersionId& version : withdrawal.versions) state.voter_watches.erase(version);
  state.withdrawals.push_back(std::move(withdrawal));
}

/// `what`: of whom it is said that it does harm.
Status HarmControl::withdraw_all_from_before(const SkillWatch::Alarm& alarm, const SkillWatchOptions& options,
                                             const std::string& what, Timestamp now) {
  const std::vector<VersionId> speaking = in_service();
  if (speaking.empty()) return {};
  auto before = fitted_before(alarm.changed_at);
  if (!before) return forward_error(before);
  std::vector<VersionId> heard;
  std::set_intersection(before->begin(), before->end(), speaking.begin(), speaking.end(), std::back_inserter(heard));
  // Who does harm although it was fitted on rows since falls silent, too.
  if (heard.empty()) {
    heard = speaking;
    std::set<VersionId> all(before->begin(), before->end());
    all.insert(speaking.begin(), speaking.end());
    before->assign(all.begin(), all.end());
  }
  Withdrawal withdrawal{now,
                        alarm.changed_at,
                        SuspensionCause::market_break,
                        what + " does harm, so the market has changed (" + skill_words(alarm, options) + ")",
                        std::move(*before),
                        std::move(heard),
                        watch(WatchedFor::recovery, options.sigma)};
  withdraw(std::move(withdrawal), std::string(kEnsembleType), alarm);
  return {};
}

Status HarmControl::look_at_served(Timestamp now) {
  auto& served = journal_.state().served_watch;
  if (!served || !served->alarm()) return {};
  const SkillWatch::Alarm alarm = *served->alarm();
  served->answer();
  return withdraw_all_from_before(alarm, served->options(), "what is served", now);
}

/// Of those who speak and those who lost their vote for harm of their own and are not back.
bool HarmControl::do_most_seem_to_do_harm() const {
  constexpr double kHalfWay = 0.5;
  std::size_t harmful = 0;
  for (const auto& [version, watch] : journal_.state().voter_watches)
    if (watch.nearness() >= kHalfWay) ++harmful;
  for (const Withdrawal& one : journal_.state().withdrawals)
    if (one.cause == SuspensionCause::harm && !one.has_recovered)
      harmful += static_cast<std::size_t>(std::count_if(
          one.heard.begin(), one.heard.end(), [&](const VersionId& version) { return members_.contains(version); }));
  return 2 * harmful > members_.size();
}

Status HarmControl::look_at_voters(Timestamp now) {
  LifeCycleState& state = journal_.state();
  std::vector<std::pair<VersionId, SkillWatch>> alarmed;
  for (const auto& [version, watch] : state.voter_watches)
    if (watch.alarm()) alarmed.emplace_back(version, watch);
  if (alarmed.empty()) return {};
  const bool do_most = do_most_seem_to_do_harm();
  for (const auto& [version, found] : alarmed) state.voter_watches.at(version).answer();
  if (do_most) {
    const auto earliest = std::min_element(alarmed.begin(), alarmed.end(), [](const auto& a, const auto& b) {
      return a.second.alarm()->changed_at < b.second.alarm()->changed_at;
    });
    return withdraw_all_from_before(*earliest->second.alarm(), earliest->second.options(), "most of what is said", now);
  }
  for (const auto& [version, found] : alarmed) {
    const SkillWatch::Alarm& alarm = *found.alarm();
    Withdrawal withdrawal{now,
                          alarm.changed_at,
                          SuspensionCause::harm,
                          "what it says does harm (" + skill_words(alarm, found.options()) + ")",
                          {version},
                          {version},
                          watch(WatchedFor::recovery, found.options().sigma)};
    withdraw(std::move(withdrawal), members_.at(version), alarm);
  }
  return {};
}

void HarmControl::look_at_suspended(Timestamp now, std::vector<Trigger>& wanted) {
  LifeCycleState& state = journal_.state();
  for (Withdrawal& withdrawal : state.withdrawals) {
    if (!withdrawal.is_carried_out || withdrawal.has_recovered) continue;
    const auto& alarm = withdrawal.recovery.alarm();
    const bool of_all = withdrawal.cause == SuspensionCause::market_break;
    const VersionId version = withdrawal.versions.size() == 1 ? withdrawal.versions.front() : VersionId();
    const std::string model_type = std::string(of_all ? kEnsembleType : std::string_view());
    if (!alarm) continue;
    withdrawal.has_recovered = true;
    withdrawal.reason =
        "what they say is worth something again (" + skill_words(*alarm, withdrawal.recovery.options()) + ")";
    journal_.record_event(now, EventKind::reinstated, model_type, version,
                          withdrawal.reason + ": " + count_words(withdrawal.versions.size()) + " suspended at " +
                              to_string(withdrawal.found_at) + " may speak again",
                          detail_of(withdrawal, *alarm, withdrawal.recovery.options()).dump());
    if (of_all)
      ask_for_all("those who were suspended at " + to_string(withdrawal.found_at) +
                      " speak again, and rows from before that change teach again",
                  now, wanted);
  }
  std::erase_if(state.withdrawals, [&](const Withdrawal& withdrawal) {
    const bool is_over = withdrawal.is_carried_out && !withdrawal.has_recovered &&
                         now - withdrawal.found_at > Duration(kHeardDays * kDayMs);
    if (is_over)
      journal_.record_event(now, EventKind::suspended, std::string(kEnsembleType), VersionId(),
                            "those who were suspended at " + to_string(withdrawal.found_at) +
                                " have not come back in " + std::to_string(kHeardDays) +
                                " days and are not asked any more; clm reinstate gives them their votes back");
    return is_over;
  });
}

HarmControl::Known HarmControl::known_since(Timestamp time, std::size_t bar) const {
  const std::size_t first = tape_.bar_at_or_after(time);
  std::size_t end = bar + 1;
  while (end > first && tape_.known_at(end - 1) > tape_.close(bar)) --end;
  if (end <= first) return {};
  return {static_cast<std::int64_t>(end - first),
          static_cast<std::int64_t>(tape_.row_begin(end) - tape_.row_begin(first))};
}

void HarmControl::ask_for_vintages_since(std::size_t bar, std::vector<Trigger>& wanted) {
  auto& withdrawals = journal_.state().withdrawals;
  const auto newest = std::find_if(withdrawals.rbegin(), withdrawals.rend(), [](const Withdrawal& one) {
    return one.cause == SuspensionCause::market_break && !one.has_recovered;
  });
  if (newest == withdrawals.rend()) return;
  const Known known = known_since(newest->changed_at, bar);
  std::int64_t reached = 0;
  for (const std::int64_t labels : kLabelsSinceBreak)
    if (known.bars >= labels) reached = labels;
  if (reached <= newest->labels_learned || known.rows < kLeastRowsSinceBreak) return;
  newest->labels_learned = reached;
  ask_for_all("the market changed at " + to_string(newest->changed_at) + ": a vintage of the " +
                  std::to_string(known.bars) + " bars since whose outcome is known",
              tape_.close(bar), wanted);
}

/// The recipes of which a version is active: those of the settings, and the floor.
void HarmControl::ask_for_all(const std::string& reason, Timestamp now, std::vector<Trigger>& wanted) {
  std::vector<std::string> recipes = trained_recipes(options_);
  if (wants_floor(options_)) recipes.push_back(floor_trigger(options_).model_type);
  for (const std::string& recipe : recipes) {
    const auto active = active_.find(recipe);
    if (active == active_.end() || active->second.empty()) continue;
    if (std::any_of(wanted.begin(), wanted.end(), [&](const Trigger& one) { return one.model_type == recipe; }))
      continue;
    wanted.push_back({recipe, TriggerKind::performance_decay, Priority::urgent, reason});
    journal_.record_event(now, EventKind::trigger, recipe, active->second, sentence(wanted.back()));
  }
}

Status HarmControl::decide(std::size_t bar, std::vector<Trigger>& wanted) {
  if (!is_listening()) return {};
  const Timestamp now = tape_.close(bar);
  if (auto looked = look_at_served(now); !looked) return looked;
  if (auto looked = look_at_voters(now); !looked) return looked;
  look_at_suspended(now, wanted);
  ask_for_vintages_since(bar, wanted);
  return {};
}

Status HarmControl::carry_out(Timestamp now) {
  LifeCycleState& state = journal_.state();
  for (Withdrawal& withdrawal : state.withdrawals) {
    const Decision decision{now, "life cycle", withdrawal.reason, {}};
    if (!withdrawal.is_carried_out) {
      if (auto done = registry_.suspend(withdrawal.versions, withdrawal.changed_at, withdrawal.cause, decision); !done)
        return done;
      withdrawal.is_carried_out = true;
    }
    if (withdrawal.has_recovered)
      if (auto done = registry_.reinstate(withdrawal.versions, decision); !done) return done;
  }
  std::erase_if(state.withdrawals, [](const Withdrawal& one) { return one.has_recovered; });
  return read();
}

}  // namespace clm
