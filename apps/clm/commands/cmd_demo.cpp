#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "cli/command_line.hpp"
#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "market/simulator/simulator.hpp"

namespace clm::app {
namespace {

namespace fs = std::filesystem;

/// Settings of the demo's workspaces: a short history needs a short window, and a minute needs few trees and no
/// networks.
constexpr const char* kDemoSettings =
    "[training]\nmodels = [\"lightgbm\", \"xgboost\"]\nwindow_days = 150.0\nmax_fit_rows = 60000\n\n"
    "[lightgbm]\nrounds = 200\nmin_data_in_leaf = 200\n\n"
    "[xgboost]\nrounds = 150\nmin_child_weight = 200.0\n\n"
    "[lineup]\nspacing_days = 14\n\n";
constexpr const char* kOftenRefreshed = "[triggers]\nretrain_hours = 336.0\nnew_bars = 1000000\n";
/// Only twice as good goes straight from the shadow into service, so that a canary is seen.
constexpr const char* kOnTheLadder =
    "[triggers]\nretrain_hours = 2400.0\nnew_bars = 1000000\n\n"
    "[policy]\nladder = \"on\"\ndeploy_improvement = 1.0\n\n"
    "[shadow]\nplaces = 1\n\n"
    "[canary]\nstage_bars = 24\n";

/// Tells the story by running the program's own commands, each shown as a person would type it.
class Story {
 public:
  Story(Program& program, fs::path directory) : program_(program), directory_(std::move(directory)) {}

  void chapter(const std::string& title) const {
    std::printf("\n%s\n", program_.highlighted(title, Highlight::title).c_str());
  }
  void say(const std::string& text) const { std::printf("%s\n", text.c_str()); }
  fs::path workspace(const std::string& name) const { return directory_ / name; }

  /// Runs a command in a workspace and returns its exit code.
  int run(const std::string& name, std::vector<std::string> words) const {
    std::string shown = "$ clm";
    for (const auto& word : words) shown += " " + (word.find(' ') == std::string::npos ? word : "'" + word + "'");
    std::printf("\n%s\n", program_.highlighted(shown, Highlight::command).c_str());
    std::fflush(stdout);
    words.insert(words.begin(), "clm");
    words.insert(words.end(), {"--workspace", workspace(name).string(), "--jobs", std::to_string(program_.jobs())});
    return run_command_line(command_groups(), words, program_.environment());
  }

  /// When `bars` bars of the simulated market have closed. They are history: the clock has nothing to say.
  static std::string close_of(int bars) { return to_string(SimulationOptions{}.start + std::chrono::hours(bars)); }
  int cycle_at(const std::string& name, int bars) const { return run(name, {"cycle", "--as-of", close_of(bars)}); }

  /// The newest version of a model type with that status, empty if there is none.
  Result<std::string> newest(const std::string& name, const std::string& model_type, VersionStatus status) const {
    Program inner(program_.environment(), program_.clock(), no_request_);
    inner.flags.workspace = workspace(name).string();
    const auto workspace = open_workspace(inner, Workspace::Access::look);
    if (!workspace) return forward_error(workspace);
    const auto registry = (*workspace)->registry();
    if (!registry) return forward_error(registry);
    const auto versions = (*registry)->list(Registry::Filter{model_type, {}, status});
    if (!versions) return forward_error(versions);
    return versions->empty() ? std::string() : versions->front().version.str();
  }
  Result<std::string> active(const std::string& name, const std::string& model_type) const {
    return newest(name, model_type, VersionStatus::active);
  }

 private:
  Program& program_;
  fs::path directory_;
  CancelToken no_request_;
};

tl::unexpected<Error> unexpected_turn(const std::string& what) {
  return fail(ErrorKind::defect, "demo.unexpected", "the story went another way: " + what, "clm demo",
              "Please report it with the output above.");
}

Status make_workspace(const Story& story, const std::string& name) {
  if (story.run(name, {"init"}) != 0) return unexpected_turn("init failed");
  std::printf("(clm.toml: short windows, few trees and no networks, so that the story stays short)\n");
  return write_file_atomic(story.workspace(name) / "clm.toml", std::string(kDemoSettings) + kOftenRefreshed);
}

/// The market up to `bars`: what its signal says turns round at bar 4000.
Status simulate_market(const Story& story, const char* bars) {
  const int code = story.run("market", {"simulate", "--symbols", "50", "--signal", "0.2", "--signal-ends-at", "4000",
                                        "--signal-end", "flip", "--seed", "7", "--bars", bars});
  return code == 0 ? Status() : unexpected_turn("simulate failed");
}

Status accept_and_refresh(const Story& story) {
  story.chapter("1. A recipe is judged once");
  story.say(
      "Informed traders leave a trace in the share of taker buys, but only when trading is active. Each recipe is");
  story.say("judged by a version that has not seen the newest quarter of the bars; the recipe is accepted or refused.");
  if (auto made = make_workspace(story, "market"); !made) return made;
  if (auto made = simulate_market(story, "4000"); !made) return made;
  if (story.cycle_at("market", 3300) != 0) return unexpected_turn("the cycle failed");
  const auto first = story.active("market", "xgboost");
  if (!first) return forward_error(first);
  if (first->empty()) return unexpected_turn("no recipe was accepted in a market with a signal");
  story.say(
      "\nWho serves is not the version that was judged, but a vintage of its recipe that was fitted on everything");
  story.say("known, and checked:");
  story.run("market", {"show", *first});

  story.chapter("2. Its vintages speak together");
  story.say(
      "Every two weeks each recipe is fitted again on everything known. The new vintage is checked and serves at");
  story.say("once, without a trial, and the ones before it speak on: the lineup.");
  for (const int bars : {3650, 4000})
    if (story.cycle_at("market", bars) != 0) return unexpected_turn("the cycle failed");
  if (*story.active("market", "xgboost") == *first) return unexpected_turn("the recipe was not fitted again");
  story.run("market", {"recipes"});
  story.run("market", {"predict", "--as-of", Story::close_of(4000), "--symbol", "SIM0000USDT", "--symbol",
                       "SIM0001USDT", "--symbol", "SIM0002USDT"});
  return {};
}

Status meet_a_change(const Story& story) {
  story.chapter("3. The market changes");
  story.say(
      "From bar 4000 on the same trace means the opposite. 4,000 bars later somebody looks: what was said meanwhile");
  story.say(
      "is held against what came, and it did harm. Whoever learned before the change loses the vote at once, and");
  story.say(
      "vintages are fitted on the rows since. (A program that runs all the time would have seen it after ten days.)");
  const auto old = story.active("market", "xgboost");
  if (!old) return forward_error(old);
  if (auto made = simulate_market(story, "9000"); !made) return made;
  if (story.cycle_at("market", 8000) != 0) return unexpected_turn("the cycle failed");
  const auto before = story.active("market", "xgboost");
  if (!before) return forward_error(before);
  if (*before == *old) return unexpected_turn("nothing was learned from the rows since the change");
  if (story.run("market", {"status", "-q"}) != 0) return unexpected_turn("the status cannot be told");

  story.chapter("4. Proof of every version by itself");
  story.say(
      "Somebody wants more than that, and sets policy.ladder = \"on\": each version is judged by itself, on bars that");
  story.say("neither it nor the active one has seen, and then in the shadow and the canary, before it may speak.");
  if (auto set = write_file_atomic(story.workspace("market") / "clm.toml", std::string(kDemoSettings) + kOnTheLadder);
      !set)
    return set;
  if (story.run("market", {"cycle", "--force", "--as-of", Story::close_of(8300)}) != 0)
    return unexpected_turn("the cycle failed");
  const auto after = story.active("market", "xgboost");
  if (!after) return forward_error(after);
  if (*after != *before) return unexpected_turn("a version was replaced without proof");
  story.run("market", {"models"});
  return {};
}

/// Trains a model of the market as it was before it changed.
Result<std::string> train_on_old_times(const Story& story, const std::string& model_type, int bars) {
  if (story.run("market", {"train", "--models", model_type, "--as-of", Story::close_of(bars)}) != 0)
    return unexpected_turn("the training failed");
  return story.newest("market", model_type, VersionStatus::candidate);
}

Status stop_bad_candidates(const Story& story) {
  story.chapter("5. A candidate that only looked good");
  story.say("Trained and judged on the market as it was before it changed, it looks excellent. Somebody falls for it,");
  story.say("and is careful enough to ask for the shadow.");
  const auto impostor = train_on_old_times(story, "xgboost", 3900);
  if (!impostor) return forward_error(impostor);
  if (story.run("market", {"promote", *impostor, "--to", "shadow", "--reason", "rank IC was never higher"}) != 0)
    return unexpected_turn("it was not put into the shadow");

  story.chapter("6. A promotion that does harm");
  story.say("Somebody else is less careful, and promotes the other one at once.");
  const auto good = story.active("market", "lightgbm");
  const auto harmful = train_on_old_times(story, "lightgbm", 3900);
  if (!good || !harmful) return unexpected_turn("the registry cannot be read");
  if (story.run("market", {"promote", *harmful, "--reason", "no time for tests"}) != 0)
    return unexpected_turn("it was not promoted");
  story.say("\nBoth are met on the bars that come: one is stopped in the shadow, the other is rolled back.");
  for (const int bars : {8500, 8750, 9000})
    if (story.cycle_at("market", bars) != 0) return unexpected_turn("the cycle failed");
  if (*story.newest("market", "xgboost", VersionStatus::rejected) != *impostor)
    return unexpected_turn("the shadow let the candidate through");
  if (*story.newest("market", "lightgbm", VersionStatus::rolled_back) != *harmful)
    return unexpected_turn("the harmful version was not rolled back");
  return {};
}

Status refuse_noise(const Story& story) {
  story.chapter("7. A market without anything to learn");
  story.say("Returns nobody can predict. The right answer is a refusal.");
  if (auto made = make_workspace(story, "noise"); !made) return made;
  if (story.run("noise", {"simulate", "--symbols", "50", "--bars", "4000", "--signal", "0", "--seed", "11"}) != 0)
    return unexpected_turn("simulate failed");
  if (story.cycle_at("noise", 4000) != 0) return unexpected_turn("the cycle failed");
  for (const auto* type : {"xgboost", "lightgbm"}) {
    const auto active = story.active("noise", type);
    if (!active) return forward_error(active);
    if (!active->empty()) return unexpected_turn("noise was promoted");
  }
  return {};
}

Status catch_alteration(const Story& story) {
  story.chapter("8. Somebody alters a model file");
  const auto version = story.active("market", "xgboost");
  if (!version) return forward_error(version);
  const fs::path file = story.workspace("market") / "versions" / "xgboost" / *version / "model.ubj";
  auto bytes = read_file(file);
  if (!bytes) return forward_error(bytes);
  (*bytes)[bytes->size() / 2] = static_cast<char>((*bytes)[bytes->size() / 2] ^ 1);
  if (auto written = write_file_atomic(file, *bytes); !written) return written;
  story.say("One bit of versions/xgboost/" + *version + "/model.ubj was flipped.");
  if (story.run("market", {"verify"}) != static_cast<int>(ErrorKind::integrity))
    return unexpected_turn("verify did not see the flipped bit");
  story.say("\nNobody is served by these bytes; everybody else speaks on:");
  const std::string symbol = "SIM0000USDT";
  if (story.run("market", {"predict", "--symbol", symbol, "--as-of", story.close_of(9000)}) != 0)
    return unexpected_turn("one broken version stopped the others");
  story.say("\nThe same data make the same bytes again:");
  if (story.run("market", {"reproduce", *version, "--restore"}) != 0)
    return unexpected_turn("the version could not be restored");
  if (story.run("market", {"verify"}) != 0) return unexpected_turn("verify still complains");
  return {};
}

Status roll_back(const Story& story) {
  story.chapter("9. The way back");
  const auto old = story.newest("market", "xgboost", VersionStatus::retired);
  if (!old) return forward_error(old);
  if (auto set = write_file_atomic(story.workspace("market") / "clm.toml", std::string(kDemoSettings)); !set)
    return set;
  story.say("The ladder is put away again: vintages serve without a trial. Somebody wants the version of before.");
  story.say("Those from before the change are suspended. A rollback passes over them, unless a person names one.");
  if (story.run("market", {"rollback", "xgboost", "--reason", "a drill"}) == 0)
    return unexpected_turn("the rollback led to a suspended version");
  if (story.run("market", {"rollback", "xgboost", "--to", *old, "--reason", "a drill"}) != 0)
    return unexpected_turn("the rollback failed");
  story.run("market", {"history", "xgboost"});
  story.say("\nA person's choice stands until the person ends it:");
  if (story.run("market", {"resume", "xgboost"}) != 0) return unexpected_turn("the refreshes were not paused");
  story.chapter("10. Made again, bit for bit");
  const auto active = story.active("market", "xgboost");
  if (!active) return forward_error(active);
  if (story.run("market", {"reproduce", *active}) != 0) return unexpected_turn("a version could not be reproduced");
  return {};
}

Status write_reports(const Story& story) {
  story.chapter("11. The evidence, for people");
  if (story.run("market", {"report"}) != 0) return unexpected_turn("the report failed");
  if (story.run("noise", {"report"}) != 0) return unexpected_turn("the report failed");
  return {};
}

Result<int> run_demo(Program& program) {
  if (program.flags.json)
    return fail(ErrorKind::usage, "demo.json", "the demo is a story for people and no document", "--json",
                "Run it without --json; the commands it shows take the flag.");
  const fs::path directory = program.flags.workspace.empty() ? "clm-demo" : program.flags.workspace;
  const fs::path marker = directory / ".made-by-clm-demo";
  std::error_code failure;
  if (fs::exists(directory, failure)) {
    if (!fs::exists(marker, failure))
      return fail(ErrorKind::usage, "demo.directory", "the directory exists and was not made by clm demo",
                  directory.string(), "Name another one: clm demo --workspace DIR.");
    fs::remove_all(directory, failure);
  }
  if (auto made = write_file_atomic(marker, ""); !made) return forward_error(made);
  const double started = monotonic_seconds();
  const Story story(program, directory);
  for (const auto part : {accept_and_refresh, meet_a_change, stop_bad_candidates, refuse_noise, catch_alteration,
                          roll_back, write_reports})
    if (auto told = part(story); !told) return forward_error(told);
  std::printf(
      "\nThat was the story, in %.0f s of wall time. The workspaces stay in %s: look around with\n  clm models "
      "--workspace %s\n",
      monotonic_seconds() - started, directory.c_str(), (directory / "market").c_str());
  return 0;
}

}  // namespace

void add_demo(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("demo", "The story in a minute: a simulated market whose truth is known");
  commands.push_back({command, [](Program& program) { return run_demo(program); }});
}

}  // namespace clm::app
