#include <map>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "commands/voters.hpp"
#include "workspace/workspace_status.hpp"

namespace clm::app {
namespace {

constexpr const char* kStatusDocument = R"(Document (--json)
  {newest_bar, late_bars, stale, venue, interval, symbols, ensemble, lineup:
  [{model_type, version, recipe, learned_until, weight, corrected: [{symbol,
  bars, from, to}]}], without_vote: [{recipe, model_type, version, why}],
  suspended: [{version, at, changed_at, cause, reason}],
  unlisted: [{model_type, version, learned_until}], due: [{model_type, at,
  trigger, new_bars, not_before, served, last_tried, waits_for, given_up}],
  paused: [{model_type, at, by, reason}], waiting: [job], trials,
  regret: {newest, static, best, all, warning}, lock_held_by, subsystems:
  [{name, state, age_seconds, age_of, waits_for, problem}]}
  lineup: who has a vote; several vintages of a recipe have one each, and their
  weights sum to 1; corrected: candles that it learned from and that were
  corrected or removed since: the next cycle makes another vintage in place of
  the newest of its recipe. without_vote: why the others have none; recipe: the
  one in force where there is no version. suspended: without a vote because
  what they said did harm (cause: break, the market changed; or harm, of that
  one alone); clm reinstate gives it back. unlisted: active, of a type that
  the settings do not name: watched, not trained. due: when age (at) or so
  many new_bars call for the next vintage, or of a recipe that is not served
  for the next try. paused: recipes of which no version is trained until
  clm resume. waiting: jobs that a person has to approve.
  regret: what was served less others, {forecaster, in_words, from, to, bars,
  ic_bars, interval, standard_error, rank_ic, served_rank_ic}: the newest
  vintages alone, the first lineup as if it had gone on (static), and the best
  in hindsight of all, among them each recipe's newest vintage and silence.
  ic_bars: the sum over bars of the difference of rank IC, below zero: behind;
  interval: of 95 %. Chance alone takes two equally good forecasters some 26
  apart in two years of hourly bars. Null where no bar could be ranked.
  state: ok, empty, stale, damaged, unavailable, or "at work: WHO". Times of
  bars are their close.)";

/// Longer reasons are for --json.
constexpr std::size_t kReasonBytes = 160;

std::string market_line(const WorkspaceStatus& status) {
  if (!status.market) return "Candles   none that can be read\n";
  const auto& market = *status.market;
  return "Candles   " + market.venue.str() + " " + market.lateness.interval.name() + ", " +
         std::to_string(market.symbols) + (market.symbols == 1 ? " symbol; " : " symbols; ") +
         describe(market.lateness) + (market.lateness.stale ? ": STALE, every action is HOLD" : "") + "\n";
}

std::string lineup_lines(const WorkspaceStatus& status, std::size_t width) {
  std::string text;
  if (status.lineup.empty()) {
    text = "Serving   nobody has a vote\n";
  } else {
    std::vector<std::string> types;
    TextTable table({"type", "recipe", "version", "learned until", "weight"});
    for (const auto& member : status.lineup) {
      types.push_back(member.model_type);
      table.add({member.model_type, status.recipes.of(member.model_type, member.version), member.version.str(),
                 to_string(member.learned_until), fixed(member.weight, 2)});
    }
    text = "Serving   " + voters(status.ensemble, types) + "\n" + table.render(width);
  }
  for (const auto& [version, candles] : status.corrected)
    text += "  corrected: " + version.str() + " " + shortened(clm::describe(candles), kReasonBytes) + "\n";
  for (const auto& one : status.without_vote)
    text += "  no vote: " + one.model_type + (one.version.empty() ? "" : " " + one.version.str()) + ", " +
            shortened(one.why, kReasonBytes) + "\n";
  return text;
}

/// One line for all that were suspended at once.
std::string suspended_lines(const WorkspaceStatus& status) {
  std::map<std::pair<Timestamp, std::string>, std::vector<std::string>> together;
  for (const Suspension& one : status.suspended) together[{one.at, one.reason}].push_back(one.version.str());
  std::string text;
  for (const auto& [when, versions] : together) {
    std::string names;
    for (const std::string& version : versions) names += (names.empty() ? "" : ", ") + version;
    text += "Suspended " + std::to_string(versions.size()) + (versions.size() == 1 ? " version" : " versions") +
            " since " + to_string(when.first) + ": " + shortened(when.second, kReasonBytes) + "\n  " +
            shortened(names, kReasonBytes) + "; clm reinstate gives votes back\n";
  }
  return text;
}

std::string describe(const WorkspaceStatus& status, std::size_t width) {
  std::string text = market_line(status) + lineup_lines(status, width) + suspended_lines(status);
  const auto add = [&text](const char* title, const std::string& line) {
    text += std::string(title) + shortened(line, kReasonBytes) + "\n";
  };
  for (const NextTraining& next : status.due) {
    add("Due       ", clm::describe(next));
    if (next.given_up)
      add("Given up  ",
          "job " + std::to_string(next.given_up->job) + ", train " + next.model_type + ": " + next.given_up->why);
  }
  for (const UnlistedVersion& one : status.unlisted) add("Unlisted  ", clm::describe(one));
  for (const TrialView& trial : status.trials) add("On trial  ", clm::describe(trial));
  for (const std::string& words : regret_in_words(status.regret)) text += "Served    " + words + "\n";
  if (!status.regret.all.empty()) text += std::string("  ") + kRegretByChance + "\n";
  for (const Job& job : status.waiting)
    add("Waiting   ", "clm approve " + std::to_string(job.id) + ": " + clm::describe(job) + ", since " + job.reason);
  add("At work   ", status.holder.empty() ? "nobody" : status.holder);
  std::string states;
  for (const auto& one : status.subsystems) states += (states.empty() ? "" : ", ") + one.name + " " + one.state;
  add("Parts     ", states);
  for (const auto& one : status.subsystems) {
    if (!one.problem.empty()) text += "  " + one.name + ": " + one.problem + "\n";
    if (!one.waits_for.empty()) text += "  " + one.name + " waits for " + one.waits_for + "\n";
  }
  return text;
}

Result<int> run_status(Program& program) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const WorkspaceStatus status = survey_workspace(**workspace, program.jobs());
  if (status.market) {
    warn_of(program, status.damaged, status.notes);
    program.warn(warning(status.market->lateness));
  }
  program.warn(status.regret.warning());
  program.print(to_json(status), describe(status, program.columns()));
  return 0;
}

}  // namespace

void add_status(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand(
      "status", "What is served, how late the candles are, what is due, what waits for a person, what is broken");
  command->footer(kStatusDocument);
  commands.push_back({command, [](Program& program) { return run_status(program); }});
}

}  // namespace clm::app
