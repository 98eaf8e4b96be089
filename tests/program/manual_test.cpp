// Help, the man page, docs/CLI.md and completion: all made from the table of commands.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/exit_codes.hpp"
#include "support/shell.hpp"
#include "support/source_dir.hpp"
#include "support/test_switches.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t cells(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string> commands() {
  std::vector<std::string> names;
  for (const auto& line : lines_of(run_program({{"complete", "1", "clm", ""}, {}, {}, {}}).out))
    names.push_back(line.substr(0, line.find('\t')));
  return names;
}

TEST(Manual, HelpStandsInGroupsAndFitsEightyColumns) {
  const Outcome help = run_program({{"--help"}, {}, {}, {}});
  ASSERT_EQ(help.exit_code, 0);
  for (const char* group : {"Begin:", "Data:", "Learn:", "Serve:", "Registry:", "Study:", "Program:"})
    EXPECT_NE(help.out.find(std::string("\n") + group + "\n"), std::string::npos) << group;
  for (const ExitCode& code : exit_codes())
    EXPECT_NE(help.out.find(std::to_string(code.code) + " "), std::string::npos) << code.code;
  EXPECT_EQ(help.out, run_program({{"help"}, {}, {}, {}}).out);
  ASSERT_GT(commands().size(), 30u);
  for (const std::string& command : commands()) {
    const Outcome page = run_program({{command, "--help"}, {}, {}, {}});
    EXPECT_EQ(page.exit_code, 0) << command;
    EXPECT_EQ(page.out, run_program({{"help", command}, {}, {}, {}}).out) << command;
    EXPECT_NE(help.out.find("\n  " + command + " "), std::string::npos) << command;
    if (command == "explain") continue;  // has a table of documents, laid out by hand
    for (const auto& line : lines_of(page.out)) EXPECT_LE(cells(line), 80u) << command << ": " << line;
  }
  for (const auto& line : lines_of(help.out)) EXPECT_LE(cells(line), 80u) << line;
}

TEST(Manual, TheDocsAreWhatTheProgramSays) {
  const std::string file = std::string(source_dir()) + "/docs/CLI.md";
  const Outcome said = run_program({{"man", "--format", "markdown"}, {}, {}, {}});
  ASSERT_EQ(said.exit_code, 0);
  if (update_golden_files()) std::ofstream(file) << said.out;
  std::ifstream in(file);
  const std::string stored{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(stored == said.out) << "docs/CLI.md is of another program: clm man --format markdown > docs/CLI.md";
}

TEST(Manual, TheManPageNamesEverythingAndFormats) {
  const Outcome page = run_program({{"man"}, {}, {}, {}});
  ASSERT_EQ(page.exit_code, 0);
  for (std::string command : commands()) {
    for (auto at = command.find('-'); at != std::string::npos; at = command.find('-', at + 2)) command.insert(at, "\\");
    EXPECT_NE(page.out.find("\\fBclm " + command), std::string::npos) << command;
  }
  for (const auto& line : lines_of(page.out))
    EXPECT_TRUE(line.empty() || line[0] != '.' || line.substr(0, 2) != "..") << line;
  if (run_shell("command -v groff").exit_code != 0) GTEST_SKIP() << "no groff here: how it formats was not looked at";
  const ShellOutcome formatted = run_shell("\"$clm\" man | groff -man -Tutf8 -ww -z");
  EXPECT_EQ(formatted.exit_code, 0);
  EXPECT_EQ(formatted.out, "") << "warnings";
}

/// What bash offers for a command line that ends in the word to complete.
std::vector<std::string> offered(const TestWorkspace& place, const std::string& words) {
  const ShellOutcome outcome =
      run_shell("cd '" + place.path().string() +
                    "'\nPATH=$(dirname \"$clm\"):$PATH\nsource <(clm completion bash)\n"
                    "COMP_WORDS=(" +
                    words + ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_clm\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n",
                place.environment);
  auto lines = lines_of(outcome.out);
  if (lines.size() == 1 && lines[0].empty()) lines.clear();
  return lines;
}

TEST(Completion, BashIsOfferedCommandsFlagsAndWhatIsStored) {
  TestWorkspace place;
  place.simulate();
  const auto versions = place.cycle();
  using Words = std::vector<std::string>;
  EXPECT_EQ(offered(place, "clm predi"), (Words{"predict", "predictions"}));
  EXPECT_EQ(offered(place, "clm cycle --mod"), Words{"--models"});
  EXPECT_EQ(offered(place, "clm cycle --works"), Words{"--workspace"});
  const std::string version = versions.at("xgboost");
  EXPECT_EQ(offered(place, "clm show " + version.substr(0, 5)), Words{version});
  EXPECT_EQ(offered(place, "clm show ''").size(), 2u);
  EXPECT_EQ(offered(place, "clm predict --symbol SIM0003"), Words{"SIM0003USDT"});
  EXPECT_EQ(offered(place, "clm rollback xgb"), Words{"xgboost"});
  EXPECT_EQ(offered(place, "clm rollback ens"), Words{"ensemble"});
  EXPECT_EQ(offered(place, "clm cycle --models lightgbm,xgb"), Words{"lightgbm,xgboost"});
  EXPECT_EQ(offered(place, "clm config costs.fee"), Words{"costs.fee_bps"});
  EXPECT_EQ(offered(place, "clm promote x --to sh"), Words{"shadow"});
  EXPECT_EQ(offered(place, "clm completion z"), Words{"zsh"});
  EXPECT_EQ(offered(place, "clm help verif"), Words{"verify"});
  EXPECT_EQ(offered(place, "clm import clm.t"), Words{"clm.toml"}) << "a file";
  EXPECT_EQ(offered(place, "clm nosuch x"), Words());
}

TEST(Completion, IsSilentWhateverIsWrongAndMakesNothing) {
  const TempDirectory directory;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"complete"},
                                             {"complete", "x"},
                                             {"complete", "-1", "clm"},
                                             {"complete", "99", "clm", "show"},
                                             {"complete", "2", "clm", "show", ""},
                                             {"complete", "3", "clm", "predict", "--symbol", ""},
                                             {"complete", "2", "clm", "\xff", "\xff"},
                                             {"complete", "4", "clm", "--workspace", "/nowhere", "approve", ""}}) {
    const Outcome outcome = run_program({words, {}, directory.path(), {}});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
    EXPECT_EQ(outcome.out + outcome.err, "")
        << nlohmann::json(words).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  const TestWorkspace place;
  std::ofstream(place.path() / "clm.toml") << "broken = = 1\n";
  const FileTree before = files_below(place.path());
  EXPECT_EQ(run_program({{"complete", "2", "clm", "show", ""}, {}, place.path(), {}}).err, "");
  EXPECT_EQ(differences(before, files_below(place.path())), std::vector<std::string>{});
}

/// What fish offers for a beginning of a line, without the meanings.
std::vector<std::string> offered_by_fish(const TestWorkspace& place, const std::string& line) {
  const ShellOutcome outcome = run_shell(
      "cd '" + place.path().string() + "'\nexport HOME=$PWD/.. XDG_CONFIG_HOME=$PWD/.. XDG_DATA_HOME=$PWD/..\n" +
          "PATH=$(dirname \"$clm\"):$PATH\nclm completion fish > ../clm.fish\n" +
          "timeout 60 fish --no-config -c \"source ../clm.fish; complete -C'" + line + "'\" | cut -f 1\n",
      place.environment);
  return lines_of(outcome.out);
}

/// What zsh offers, in an interactive shell where the tabulator is pressed. The script is loaded as a function of the
/// completion system, or read.
std::vector<std::string> offered_by_zsh(const TestWorkspace& place, const std::string& line) {
  const std::string script = R"zsh(
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; fpath=($PWD/.. $fpath); autoload -Uz compinit; compinit -u -D'
zpty -w z 'compadd() { if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi'
zpty -w z 'local -a found; builtin compadd -O found "$@"; print -lr -- "offered "$^found; builtin compadd "$@" }'
zpty -w z 'tab() { zle complete-word; print -r -- "<EN""D>" }; zle -N tab; bindkey "^I" tab; print REA""DY'
zpty -r z seen '*READY*'
zpty -w -n z "$1"$'\t'
zpty -r z seen '*<END>*'
print -r -- "$seen" | tr -d '\r' | grep -o 'offered .*' | cut -c 9- | sort -u
zpty -d z
)zsh";
  place.write("offers.zsh", script);
  const ShellOutcome outcome =
      run_shell("cd '" + place.path().string() + "'\nexport HOME=$PWD/..\nPATH=$(dirname \"$clm\"):$PATH\n" +
                    "clm completion zsh > ../_clm\ntimeout 60 zsh -f ../offers.zsh '" + line + "'\n",
                place.environment);
  return lines_of(outcome.out);
}

/// What both are to offer; `ask` asks one of them.
void expect_offers(const TestWorkspace& place,
                   std::vector<std::string> (*ask)(const TestWorkspace&, const std::string&)) {
  using Words = std::vector<std::string>;
  place.simulate(1'500);
  const auto versions = place.cycle();
  const auto sorted = [](Words words) {
    std::sort(words.begin(), words.end());
    return words;
  };
  EXPECT_EQ(ask(place, "clm sho"), Words{"show"}) << "commands";
  Words known;
  for (const auto& [type, version] : versions) known.push_back(version);
  EXPECT_EQ(sorted(ask(place, "clm show ")), sorted(known)) << "versions";
  EXPECT_EQ(ask(place, "clm cycle --models lightgbm,xg"), Words{"lightgbm,xgboost"}) << "model types";
  EXPECT_EQ(ask(place, "clm predict --symbol SIM0001"), Words{"SIM0001USDT"}) << "symbols";
  EXPECT_EQ(ask(place, "clm config costs.f"), Words{"costs.fee_bps"}) << "settings";
  EXPECT_EQ(ask(place, "clm cycle --mod"), Words{"--models"}) << "flags";
  EXPECT_EQ(ask(place, "clm import clm.t"), Words{"clm.toml"}) << "files";
  const Words directories = ask(place, "clm init --workspace ./c");
  ASSERT_EQ(directories.size(), 1U) << "directories, and no files";
  EXPECT_NE(directories.front().find("candles"), std::string::npos);
  EXPECT_EQ(ask(place, "clm nosuch "), Words());
}

TEST(Completion, FishIsOfferedTheSame) {
  if (run_shell("command -v fish").exit_code != 0)
    GTEST_SKIP() << "fish is not installed: its completion was not tried";
  expect_offers(TestWorkspace(), offered_by_fish);
}

TEST(Completion, ZshIsOfferedTheSame) {
  if (run_shell("command -v zsh").exit_code != 0) GTEST_SKIP() << "zsh is not installed: its completion was not tried";
  expect_offers(TestWorkspace(), offered_by_zsh);
}

TEST(Completion, EveryShellHasAScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome script = run_program({{"completion", shell}, {}, {}, {}});
    EXPECT_EQ(script.exit_code, 0);
    EXPECT_NE(script.out.find("clm complete"), std::string::npos) << shell;
    const std::string name(shell);
    if (run_shell("command -v " + name).exit_code != 0) continue;
    EXPECT_EQ(run_shell(name + " -n <(\"$clm\" completion " + name + ")").exit_code, 0) << shell;
  }
}

}  // namespace
}  // namespace clm::testing
