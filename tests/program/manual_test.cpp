// Help, the man page, docs/CLI.md and completion: all made from the table of commands.
#include <gtest/gtest.h>

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
  EXPECT_EQ(offered(place, "clm predi"), Words{"predict"});
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
