// Wrong command lines, and where the result cannot go: what a person is told.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/shell.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

bool has(const nlohmann::json& text, const std::string& part) {
  return text.get<std::string>().find(part) != std::string::npos;
}

TEST(CommandLine, AnUnknownCommandIsNamedWithItsNeighbours) {
  const TestWorkspace place;
  const auto typo = place.error({"predcit"}, 2);
  EXPECT_EQ(typo["code"], "usage.unknown_command");
  EXPECT_TRUE(has(typo["message"], "'predcit'")) << typo;
  EXPECT_TRUE(has(typo["remedy"], "Did you mean predict?")) << typo;
  EXPECT_TRUE(has(typo["remedy"], "clm --help")) << typo;
  const auto stranger = place.error({"zzzzzz"}, 2);
  EXPECT_TRUE(has(stranger["message"], "'zzzzzz'")) << stranger;
  EXPECT_EQ(stranger["remedy"], "clm --help lists the commands.");
  EXPECT_EQ(place.error({"help", "predcit"}, 2)["code"], "usage.unknown_command");
  EXPECT_EQ(place.error({}, 2)["code"], "usage.no_command");
}

TEST(CommandLine, AnUnknownFlagIsNamedWithItsNeighbours) {
  const TestWorkspace place;
  for (const Words& words : {Words{"cycle", "--modles", "xgboost"}, Words{"cycle", "--modles=xgboost"}}) {
    const auto typo = place.error(words, 2);
    EXPECT_EQ(typo["code"], "usage.unknown_flag");
    EXPECT_EQ(typo["message"], "clm cycle has no flag --modles");
    EXPECT_TRUE(has(typo["remedy"], "Did you mean --models?")) << typo;
  }
  EXPECT_TRUE(has(place.error({"data", "--jsno"}, 2)["remedy"], "--json"));
  EXPECT_EQ(place.error({"data", "-x"}, 2)["message"], "clm data has no flag -x");
}

TEST(CommandLine, ValuesThatNobodyCanMeanAreRefused) {
  const TestWorkspace place;
  EXPECT_EQ(place.error({"predict", "--symbol", ""}, 2)["code"], "usage.empty");
  EXPECT_EQ(place.error({"show", ""}, 2)["code"], "usage.empty");
  EXPECT_EQ(place.error({"import", ""}, 2)["code"], "usage.empty");
  EXPECT_EQ(place.error({"promote", "0123", "--reason", "\xff\xfe"}, 2)["code"], "usage.utf8");
  EXPECT_EQ(place.error({"predict", "--symbol", "BTC\xc0\x80"}, 2)["code"], "usage.utf8");
  EXPECT_FALSE(has(place.error({"promote", "0123", "--reason", ""}, 2)["remedy"], "leave it out")) << "it is required";
  const auto negative = place.error({"import", "--undo", "-1"}, 2);
  EXPECT_LT(negative["message"].get<std::string>().size(), 100U) << negative;
  place.write("BTCUSDT-1h.csv", "1672531200000,2,4,1,2,9\n");
  for (const std::string& venue :
       {std::string("\x1b[31mx"), std::string(65, 'v'), std::string("a b"), std::string("../x")})
    EXPECT_EQ(place.error({"import", (place.beside() / "BTCUSDT-1h.csv").string(), "--venue", venue}, 2)["code"],
              "venue.name");
  EXPECT_EQ(place.error({"error-rates", "--n", "0"}, 2)["code"], "usage");
  EXPECT_EQ(place.error({"error-rates", "--n", "-1"}, 2)["code"], "usage");
  for (const Words& words : {Words{"simulate", "--seed", "-1"},
                             Words{"simulate", "--bars", "-5"},
                             Words{"simulate", "--signal", "nan"},
                             Words{"simulate", "--gap-rate", "inf"},
                             Words{"simulate", "--symbols", "99999999999999999999"},
                             Words{"simulate", "--signal-ends-at", "-3"},
                             Words{"--jobs", "0", "data"},
                             Words{"--jobs", "9999", "data"},
                             Words{"cycle", "--as-of", "2023-02-30"},
                             Words{"cycle", "--as-of", "99999999999999999999"},
                             Words{"explain", "x", "--top", "0"},
                             Words{"history", "--limit", "0"},
                             Words{"report", "--cycle", "-1"},
                             Words{"evaluate", "--from", "a", "--to", "b"},
                             Words{"show"},
                             Words{"show", "a", "b"},
                             Words{"drift", "/nowhere", "--run-length", "nan"},
                             Words{"simulate", "--venue", "../x"},
                             Words{"import", ".", "--venue", "/tmp/x"},
                             Words{"models", "--type", "xgbost"},
                             Words{"rollback", "xgbost", "--reason", "x"}})
    place.error(words, 2);
  EXPECT_EQ(place.error({"simulate", "--seed", "-1"}, 2)["code"], "usage.number");
  EXPECT_EQ(place.error({"error-rates", "--rank-ic", "nan"}, 2)["code"], "usage.number");
  EXPECT_TRUE(has(place.error({"history", "xgbost"}, 2)["remedy"], "Did you mean xgboost?"));
  const auto twice = place.error({"cycle", "--as-of", "2024-01-01", "--as-of", "2024-01-02"}, 2);
  EXPECT_EQ(twice["message"], "--as-of is given 2 times");
  EXPECT_EQ(place.error({"show", "a", "b"}, 2)["message"], "clm show takes no further argument: b");
}

TEST(CommandLine, AnEndBeforeTheBeginningIsRefusedBeforeAnyWork) {
  const TestWorkspace place;
  for (const Words& command : {Words{"evaluate"}, Words{"replay"}, Words{"fetch", "binance", "--symbol", "BTCUSDT"}}) {
    for (const char* to : {"2024-01-01", "2023-12-31"}) {
      Words words = command;
      words.insert(words.end(), {"--from", "2024-01-01", "--to", to});
      const auto error = place.error(words, 2);
      EXPECT_EQ(error["code"], "time.range") << error;
      EXPECT_TRUE(has(error["where"], "--from 2024-01-01")) << error;
    }
  }
}

TEST(CommandLine, AnOutputThatCannotBeMadeIsRefusedBeforeAnyWork) {
  const TestWorkspace place;
  place.write("file", "x");
  const fs::path nowhere = place.beside() / "nowhere";
  for (const Words& command : {Words{"report", "--output"}, Words{"features", "--export"}}) {
    for (const std::string& path :
         {(nowhere / "x.html").string(), place.beside().string(), (place.beside() / "file" / "x").string()}) {
      Words words = command;
      words.push_back(path);
      const auto error = place.error(words, 2);
      EXPECT_EQ(error["code"], "output.path") << error;
      EXPECT_TRUE(has(error["where"], path)) << error;
      EXPECT_FALSE(error["remedy"].get<std::string>().empty());
    }
  }
  EXPECT_FALSE(fs::exists(nowhere)) << "no folder is made on the way";
  const fs::path pipe = place.beside() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(place.error({"report", "--output", pipe.string()}, 2)["code"], "output.path");
  EXPECT_TRUE(fs::is_fifo(pipe)) << "what is no file is not replaced by one";
  EXPECT_EQ(place.run({"report", "--output", (place.beside() / "x.html").string()}).exit_code, 0);
}

TEST(CommandLine, AnOutputDoesNotReplaceWhatTheWorkspaceKeeps) {
  const TestWorkspace place;
  place.json({"simulate", "--symbols", "1", "--bars", "50"});
  const FileTree before = files_below(place.path());
  for (const char* kept : {"clm.toml", "clm.db", "candles/sim/1h/SIM0000USDT/2024.parquet", "versions/x.html"}) {
    const std::string path = (place.path() / kept).string();
    for (const Words& command : {Words{"report", "--output", path}, Words{"features", "--export", path}}) {
      const auto error = place.error(command, 2);
      EXPECT_EQ(error["code"], "output.path") << error;
      EXPECT_TRUE(has(error["where"], kept)) << error;
    }
  }
  EXPECT_EQ(differences(files_below(place.path()), before), std::vector<std::string>{});
  for (const char* free : {"mine.html", "reports/mine.html"})
    EXPECT_EQ(place.run({"report", "--output", (place.path() / free).string()}).exit_code, 0) << free;
}

TEST(CommandLine, WhatAPersonWroteSteersNoTerminal) {
  const TestWorkspace place;
  place.simulate();
  const auto versions = place.cycle();
  const std::string version = versions.at("lightgbm");
  const std::string reason = "red \x1b[31m\x07 text\nforged line";
  place.json({"promote", version, "--reason", reason});
  for (const Words& command : {Words{"history"}, Words{"show", version}}) {
    const std::string text = place.run(command).out;
    EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos) << text;
    EXPECT_TRUE(text.find("\\x1b[31m\\x07 text forged line") != std::string::npos) << text;
  }
  EXPECT_EQ(place.json({"history"})["events"].back()["reason"], reason) << "a program gets what was written";
}

TEST(CommandLine, AResultThatDoesNotArriveIsNoSuccess) {
  const TestWorkspace place;
  const std::string models = "\"$clm\" models --workspace '" + place.path().string() + "'";
  for (const std::string where : {"> /dev/full", ">&-"}) {
    const ShellOutcome lost = run_shell(models + " " + where);
    EXPECT_EQ(lost.exit_code, 6) << where << lost.out;
    EXPECT_NE(lost.out.find("output.write"), std::string::npos) << where << lost.out;
  }
  EXPECT_EQ(run_shell("\"$clm\" --help > /dev/full").exit_code, 6);
  EXPECT_EQ(run_shell("\"$clm\" --version > /dev/full").exit_code, 6);
  EXPECT_EQ(run_shell(models + " 2>&-").exit_code, 0);
  EXPECT_EQ(run_shell(models + " <&-").exit_code, 0);
  const ShellOutcome cut = run_shell("set -o pipefail; " + models + " | head -c 0; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(cut.out.find("clm:"), std::string::npos) << "who reads no further is not told: " << cut.out;
}

TEST(CommandLine, WithStandardOutputClosedNoFileTakesItsPlace) {
  const TestWorkspace place;
  const ShellOutcome made = run_shell("\"$clm\" simulate --symbols 2 --bars 50 --workspace '" + place.path().string() +
                                      "' >&- ; \"$clm\" data --json --workspace '" + place.path().string() + "'");
  EXPECT_NE(made.out.find("SIM0001USDT"), std::string::npos) << made.out;
  EXPECT_EQ(place.run({"verify"}).exit_code, 0);
}

TEST(CommandLine, AMissingArgumentIsCalledAsTheUsageCallsIt) {
  const TestWorkspace place;
  const std::map<std::string, std::string> wanted{
      {"show", "VERSION"},  {"promote", "VERSION"},         {"reject", "VERSION"}, {"retire", "VERSION|RECIPE"},
      {"diff", "A B"},      {"rollback", "RECIPE"},         {"resume", "RECIPE"},  {"approve", "JOB"},
      {"fetch", "binance"}, {"completion", "bash|zsh|fish"}};
  for (const auto& [command, name] : wanted) {
    Words words{command};
    if (command == "promote" || command == "reject" || command == "retire" || command == "rollback")
      words.insert(words.end(), {"--reason", "R"});
    const auto error = place.error(words, 2);
    EXPECT_EQ(error["code"], "usage.missing") << command << " " << error;
    EXPECT_TRUE(has(error["message"], name + " is missing: clm " + command + " " + name)) << error;
    EXPECT_TRUE(has(error["remedy"], "clm " + command + " --help")) << error;
  }
  const auto one_of_two = place.error({"diff", "0123"}, 2);
  EXPECT_TRUE(has(one_of_two["message"], "of A B, only 1 is given: clm diff A B")) << one_of_two;
}

/// The lines of a table that a command prints on a terminal of so many columns.
std::vector<std::string> table_on_a_terminal(const TestWorkspace& place, const std::string& command, int columns,
                                             const std::string& title) {
  const ShellOutcome shown = run_shell("script -qec \"stty cols " + std::to_string(columns) + "; '$clm' " + command +
                                       " --workspace '" + place.path().string() + "'\" /dev/null");
  EXPECT_EQ(shown.exit_code, 0) << shown.out;
  std::vector<std::string> lines;
  std::istringstream in(shown.out);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() && !lines.empty()) break;
    if (!lines.empty() || line.rfind(title, 0) == 0) lines.push_back(line);
  }
  return lines;
}

TEST(CommandLine, TablesKeepToTheTerminalAndCutNoNumber) {
  if (run_shell("command -v script").exit_code != 0) GTEST_SKIP() << "script is not installed: no terminal to print on";
  TestWorkspace place;
  place.simulate(1'500);
  place.promote(place.cycle().at("lightgbm"));
  for (const auto& [command, title] : std::map<std::string, std::string>{{"data", "sim 1h"}, {"predict", "symbol"}}) {
    const auto narrow = table_on_a_terminal(place, command, 80, title);
    ASSERT_GE(narrow.size(), 9U) << command;
    for (const auto& line : narrow) EXPECT_LE(line.size(), 80U) << command << ": " << line;
  }
  const auto narrow = table_on_a_terminal(place, "data", 80, "sim 1h"),
             wide = table_on_a_terminal(place, "data", 200, "venue");
  const auto with_rows = [](const std::vector<std::string>& lines) {
    return std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.find("1,500") != l.npos; });
  };
  EXPECT_EQ(with_rows(narrow), 8) << "one line a symbol has its numbers whole";
  EXPECT_EQ(with_rows(wide), 8);
  EXPECT_EQ(wide.size(), 9U) << "where there is room nothing is folded";
}

TEST(CommandLine, ColoursAreForTerminals) {
  TestWorkspace place;
  place.environment["NO_COLOR"] = "1";
  const Outcome logged = place.run({"data", "-v"});
  EXPECT_EQ(logged.err.find('\x1b'), std::string::npos) << logged.err;
}

}  // namespace
}  // namespace clm::testing
