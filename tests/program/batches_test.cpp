// What was imported can be looked at, taken back and removed; a folder of freqtrade's goes where it belongs.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kFirstMs = 1'672'531'200'000;

std::string csv(int from, int count, const std::string& price) {
  std::string text;
  for (int i = from; i < from + count; ++i)
    text += std::to_string(kFirstMs + i * 3'600'000LL) + "," + price + "," + price + "," + price + "," + price + ",9\n";
  return text;
}
/// freqtrade's JSON: [[date, open, high, low, close, volume], ...].
std::string freqtrade_json(int hours, int count, const std::string& open, const std::string& rest) {
  std::string text = "[";
  for (int i = 0; i < count; ++i)
    text += (i > 0 ? ",[" : "[") + std::to_string(kFirstMs + i * hours * 3'600'000LL) + "," + open + "," + rest + "]";
  return text + "]";
}

class BatchCommands : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (place_.beside() / name).string(); }
  nlohmann::json imported(const std::string& name, const std::string& content) const {
    place_.write(name, content);
    return place_.json({"import", path(name)});
  }
  FileTree candles() const {
    FileTree tree = files_below(place_.path() / "candles");
    std::erase_if(tree, [](const auto& file) { return file.first.ends_with(".lock"); });
    return tree;
  }
  TestWorkspace place_;
};

TEST_F(BatchCommands, AFreqtradeFolderDoesNotTouchCandles) {
  const std::string futures = "user_data/data/binance/futures/";
  place_.write("user_data/data/binance/BTC_USDT-8h.json", freqtrade_json(8, 50, "19990", "19990,19990,19990,5"));
  place_.write(futures + "BTC_USDT_USDT-8h-futures.json", freqtrade_json(8, 50, "20000", "20000,20000,20000,5"));
  place_.write(futures + "BTC_USDT_USDT-8h-mark.json", freqtrade_json(8, 50, "20001", "20001,20001,20001,0"));
  place_.write(futures + "BTC_USDT_USDT-8h-funding_rate.json", freqtrade_json(8, 50, "0.0001", "0,0,0,0"));
  place_.write(futures + "BTC_USDT_USDT-trades.json", "[]");
  const auto report = place_.json({"import", path("user_data")});
  EXPECT_EQ(report["files"], 4);
  EXPECT_EQ(report["rows_stored"], 200);
  EXPECT_EQ(report["rows_corrected"], 0);
  EXPECT_EQ(report["skipped"].size(), 1u);
  const auto data = place_.json({"data"});
  ASSERT_EQ(data["series"].size(), 2u);
  EXPECT_EQ(data["series"][0]["venue"], "binance-spot");
  EXPECT_EQ(data["series"][1]["venue"], "binance-um");
  EXPECT_EQ(data["context"]["funding_rate"], 1);
  EXPECT_EQ(data["context"]["mark_price"], 1);
  EXPECT_EQ(place_.json({"import", path("user_data")})["rows_duplicate"], 200);
}

TEST_F(BatchCommands, AreListedAndUndone) {
  const auto first = imported("BTCUSDT-1h.csv", csv(0, 50, "100"));
  EXPECT_EQ(first["batch"], 1);
  const FileTree before = candles();
  EXPECT_EQ(imported("more/BTCUSDT-1h.csv", csv(40, 50, "101"))["batch"], 2);
  const auto list = place_.json({"import", "--list"})["batches"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1]["batch"], 2);
  EXPECT_EQ(list[1]["kind"], "import");
  EXPECT_EQ(list[1]["rows_stored"], 40);
  EXPECT_EQ(list[1]["rows_corrected"], 10);
  EXPECT_EQ(list[1]["finished"], true);
  EXPECT_TRUE(list[1]["undone"].is_null());
  EXPECT_EQ(list[1]["sources"][0], path("more/BTCUSDT-1h.csv"));

  const auto undone = place_.json({"import", "--undo", "2"});
  EXPECT_EQ(undone["rows_removed"], 40);
  EXPECT_EQ(undone["rows_restored"], 10);
  EXPECT_EQ(undone["rows_left"], 0);
  EXPECT_EQ(differences(before, candles()), std::vector<std::string>{});
  EXPECT_FALSE(place_.json({"import", "--list"})["batches"][1]["undone"].is_null());
  EXPECT_EQ(place_.error({"import", "--undo", "2"}, 2)["code"], "batch.undone");
  EXPECT_EQ(place_.error({"import", "--undo", "99"}, 2)["code"], "batch.unknown");
  place_.error({"import"}, 2);
  place_.error({"import", "--list", "--undo", "1"}, 2);
  place_.error({"import", "--undo", "0"}, 2);
}

TEST_F(BatchCommands, AJumpIsQuarantinedUnlessAPersonTakesIt) {
  imported("BTCUSDT-1h.csv", csv(0, 50, "20000"));
  place_.write("wrong/BTCUSDT-1h.csv", csv(0, 50, "0.0001"));
  const Outcome outcome = place_.run({"import", path("wrong"), "--json"});
  const auto report = outcome.json();
  EXPECT_EQ(report["rows_corrected"], 0);
  EXPECT_EQ(report["rows_jumping"], 50);
  EXPECT_EQ(report["rows_quarantined"], 50);
  const std::string reason = report["quarantine"][0]["reason"];
  EXPECT_NE(reason.find("cannot be import/1h/BTCUSDT"), std::string::npos) << reason;
  const auto batches = place_.json({"import", "--list"})["batches"];
  EXPECT_EQ(batches[1]["rows_quarantined"], 50);
  EXPECT_FALSE(batches[1]["reasons"].empty());
  const auto forced = place_.json({"import", path("wrong"), "--accept-jumps"});
  EXPECT_EQ(forced["rows_corrected"], 50);
  EXPECT_EQ(place_.json({"import", "--undo", std::to_string(forced["batch"].get<int>())})["rows_restored"], 50);
}

TEST_F(BatchCommands, WhatIsDeletedComesBack) {
  imported("um-1h/BTCUSDT-1h.csv", csv(0, 50, "20000"));
  imported("um-funding.csv", "symbol,funding_time,funding_rate\nBTCUSDT,1672531200000,0.0001\n");
  const FileTree before = candles();
  const auto removed =
      place_.json({"data", "--delete", "BTCUSDT", "--from", "2023-01-01T10:00:00Z", "--to", "2023-01-01T20:00:00Z"});
  EXPECT_EQ(removed["rows_removed"], 10);
  ASSERT_EQ(removed["removed"].size(), 1u);
  EXPECT_EQ(removed["removed"][0]["from"], "2023-01-01T10:00:00Z");
  const auto listed = place_.json({"import", "--list"})["batches"];
  EXPECT_EQ(listed.back()["sources"],
            nlohmann::json::array({"BTCUSDT from 2023-01-01T10:00:00Z to 2023-01-01T20:00:00Z"}));
  EXPECT_EQ(place_.json({"data"})["series"][0]["missing_bars"], 10);
  const auto all = place_.json({"data", "--delete", "BTCUSDT"});
  EXPECT_EQ(all["rows_removed"], 41);
  EXPECT_TRUE(place_.json({"data"})["series"].empty());
  EXPECT_TRUE(place_.json({"data"})["context"].empty());
  for (const auto& batch : {all["batch"], removed["batch"]})
    place_.json({"import", "--undo", std::to_string(batch.get<int>())});
  EXPECT_EQ(differences(before, candles()), std::vector<std::string>{});
  EXPECT_EQ(place_.json({"data"})["context"]["funding_rate"], 1);
  EXPECT_EQ(place_.error({"data", "--delete", "NOSUCH"}, 2)["code"], "data.nothing_to_delete");
  place_.error({"data", "--from", "2023-01-01"}, 2);
  place_.error({"data", "--delete", "BTCUSDT", "--from", "2023-01-02", "--to", "2023-01-01"}, 2);
}

TEST_F(BatchCommands, ASimulationIsABatchAndItsVersionsAreNamed) {
  place_.simulate();
  const auto versions = place_.cycle();
  const auto undone = place_.json({"import", "--undo", "1"});
  EXPECT_EQ(undone["rows_removed"], 8 * 1'500);
  EXPECT_EQ(undone["versions"].size(), versions.size());
  EXPECT_TRUE(place_.json({"data"})["series"].empty());
}

TEST_F(BatchCommands, TwoImportsAtOnceAreTwoBatches) {
  for (int i = 0; i < 40; ++i) {
    place_.write("a/A" + std::to_string(10 + i) + "USDT-1h.csv", csv(0, 600, "100"));
    place_.write("b/B" + std::to_string(10 + i) + "USDT-1h.csv", csv(0, 600, "100"));
  }
  RunningProgram one(place_.invocation({"import", path("a"), "--json"}));
  RunningProgram two(place_.invocation({"import", path("b"), "--json"}));
  const auto first = one.wait().json(), second = two.wait().json();
  EXPECT_EQ(first["rows_stored"], 24'000);
  EXPECT_EQ(second["rows_stored"], 24'000);
  EXPECT_EQ(first["batch"].get<int>() + second["batch"].get<int>(), 3);
  place_.json({"import", "--undo", std::to_string(first["batch"].get<int>())});
  const auto data = place_.json({"data"});
  EXPECT_EQ(data["series"].size(), 40u);
  for (const auto& series : data["series"]) EXPECT_TRUE(series["symbol"].get<std::string>().starts_with("B"));
}

TEST_F(BatchCommands, AFullDiskLeavesABatchThatCanBeUndone) {
  imported("BTCUSDT-1h.csv", csv(0, 500, "100"));
  const FileTree before = candles();
  for (int i = 0; i < 60; ++i) place_.write("in/S" + std::to_string(10 + i) + "USDT-1h.csv", csv(0, 200, "5"));
  place_.write("in/T10USDT-1h.csv", csv(0, 8'000, "5"));
  auto cramped = place_.invocation({"import", path("in"), "--json"});
  cramped.max_file_bytes = 64 * 1024;
  const Outcome outcome = run_program(cramped);
  EXPECT_EQ(outcome.exit_code, 6) << outcome.describe();
  const auto batches = place_.json({"import", "--list"})["batches"];
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1]["finished"], false);
  place_.json({"import", "--undo", "2"});
  EXPECT_EQ(differences(before, candles()), std::vector<std::string>{});
  EXPECT_EQ(place_.json({"import", path("in")})["rows_stored"], 60 * 200 + 8'000);
}

TEST_F(BatchCommands, AWorkspaceOfBeforeHasNone) {
  imported("BTCUSDT-1h.csv", csv(0, 50, "100"));
  fs::remove_all(place_.path() / "imports");
  EXPECT_TRUE(place_.json({"import", "--list"})["batches"].empty());
  EXPECT_EQ(imported("BTCUSDT-1h.csv", csv(0, 60, "101"))["batch"], 1);
  place_.json({"import", "--undo", "1"});
  EXPECT_EQ(place_.json({"data"})["series"][0]["rows"], 50);
}

}  // namespace
}  // namespace clm::testing
