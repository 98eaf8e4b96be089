// The record: what was said before it was known, as a person and other programs read it.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "market/store/columnar_file.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kMadeAt = 1'000, kNowAt = 1'600;  // 2024-02-11 and 2024-03-07
constexpr std::size_t kSymbolsServed = 8;

/// A version that is in service from bar `kMadeAt` on.
class LiveRecord : public ::testing::Test {
 protected:
  LiveRecord() {
    place_.environment["CLM_TRAINING_MODELS"] = "ridge";
    place_.simulate(kMadeAt);
    version_ = trained();
  }
  std::string trained() {
    const std::string version = place_.cycle({"--force"}).at("ridge");
    place_.promote(version);
    return version;
  }
  Json go_on_to(int bars) const {
    place_.simulate(bars);
    return place_.json({"cycle"});
  }
  std::string recipe() const { return place_.json({"recipes"})["recipes"][0]["recipe"]; }
  Json served(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"predict", "--from", "2024-02-01", "--to", "2024-03-01"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place_.json(arguments)["rows"];
  }

  TestWorkspace place_;
  std::string version_;
};

TEST_F(LiveRecord, WhatWasServedIsToldAsItWasAndNotAsItWouldBe) {
  go_on_to(kNowAt);
  const Json rows = served();
  const std::size_t bars = (29 * 24) - (kMadeAt - 744) - 1;  // closes after bar 1,000 and before March
  ASSERT_EQ(rows.size(), bars * kSymbolsServed);
  EXPECT_EQ(rows.front()["time"], close_of_bar(kMadeAt + 1));
  const Json then = place_.json({"predict", "--as-of", close_of_bar(1'200)});
  const auto row_of = [&](const Json& all, const std::string& symbol) {
    for (const Json& row : all)
      if (row["time"] == close_of_bar(1'200) && row["symbol"] == symbol) return row;
    return Json();
  };
  for (const Json& one : then["predictions"]) {
    const Json row = row_of(rows, one["symbol"]);
    ASSERT_FALSE(row.is_null());
    EXPECT_NEAR(row["expected_return_bps"], one["expected_return_bps"].get<double>(), 1e-3);
    EXPECT_EQ(row["action"], one["action"]);
    EXPECT_NEAR(row["up_probability"], one["votes"].front()["up_probability"].get<double>(), 1e-6);
    EXPECT_TRUE(row["lineup"].is_null()) << "a version by itself";
  }
  // Another version says otherwise, and nothing of it is in what was served.
  const std::string later = trained();
  ASSERT_NE(later, version_);
  const Json now = place_.json({"predict", "--as-of", close_of_bar(1'200)});
  EXPECT_NE(now["predictions"][0]["expected_return_bps"], then["predictions"][0]["expected_return_bps"]);
  EXPECT_EQ(served(), rows);
  place_.json({"cycle"});
  EXPECT_EQ(served(), rows);

  const Json one = served({"--symbol", "SIM0003USDT"});
  EXPECT_EQ(one.size(), bars);
  EXPECT_EQ(place_.error({"predict", "--from", "2024-02-01", "--to", "2024-03-01", "--symbol", "NOPE"}, 2)["code"],
            "predict.unknown_symbol");
  EXPECT_TRUE(place_.json({"predict", "--from", "2023-02-01", "--to", "2023-03-01"})["rows"].empty());
}

TEST_F(LiveRecord, TheTableAndTheFilesHaveTheSameRows) {
  go_on_to(kMadeAt + 50);
  const Json rows = served();
  const Outcome told = place_.run({"predict", "--from", "2024-02-01", "--to", "2024-03-01"});
  ASSERT_EQ(told.exit_code, 0) << told.describe();
  std::istringstream lines(told.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "time,symbol,forecast,expected_return_bps,up_probability,action,lineup");
  for (const Json& row : rows) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(line.rfind(row["time"].get<std::string>() + "," + row["symbol"].get<std::string>() + ",", 0), 0U);
    EXPECT_NE(line.find("," + row["action"].get<std::string>() + ","), std::string::npos) << line;
  }
  const fs::path csv = place_.beside() / "served.csv", parquet = place_.beside() / "served.parquet";
  for (const fs::path& file : {csv, parquet})
    EXPECT_EQ(place_.json({"predict", "--from", "2024-02-01", "--to", "2024-03-01", "--export", file.string()})["rows"],
              rows.size());
  EXPECT_EQ(content_of(csv), told.out);
  const ColumnRequest wanted[] = {{"time", ColumnType::int64},
                                  {"symbol", ColumnType::text},
                                  {"expected_return_bps", ColumnType::float64},
                                  {"action", ColumnType::text}};
  const auto table = read_parquet(parquet, wanted);
  ASSERT_TRUE(table) << to_string(table.error());
  ASSERT_EQ(table->rows(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(to_string(Timestamp(table->values<std::int64_t>("time")[i])), rows[i]["time"]);
    EXPECT_EQ(table->values<std::string>("symbol")[i], rows[i]["symbol"]);
    EXPECT_NEAR(table->values<double>("expected_return_bps")[i], rows[i]["expected_return_bps"].get<double>(), 1e-4);
    EXPECT_EQ(table->values<std::string>("action")[i], rows[i]["action"]);
  }
  EXPECT_EQ(place_.error({"predict", "--from", "2024-02-01", "--to", "2024-03-01", "--export",
                          (place_.beside() / "served.txt").string()},
                         2)["code"],
            "export.kind");
  EXPECT_EQ(place_.error({"predict", "--from", "2024-02-01", "--to", "2024-03-01", "--export",
                          (place_.path() / "records" / "served.csv").string()},
                         2)["code"],
            "output.path")
      << "what the program keeps is not written over";
}

// Promoted before the bars that it was made of were gone through.
TEST_F(LiveRecord, NobodyIsLoggedAtABarThatClosedBeforeItWasMade) {
  place_.simulate(kMadeAt + 50);
  const Json trained = place_.json({"train"});
  const std::string newer = trained["results"][0]["version"];
  ASSERT_NE(newer, version_);
  place_.promote(newer);
  place_.json({"cycle"});
  place_.simulate(kMadeAt + 60);
  place_.json({"cycle"});
  const Json rows = served();
  ASSERT_EQ(rows.size(), 60 * kSymbolsServed);
  for (const Json& row : rows)
    EXPECT_EQ(row["forecast"].is_null(), row["time"] < Json(close_of_bar(kMadeAt + 50))) << row;
}

TEST_F(LiveRecord, AClosedMonthIsAFileAndTheRecipeIsKnownByIt) {
  const Json before = place_.json({"recipes"})["recipes"][0];
  EXPECT_EQ(before["record"]["from"], "judging");
  const Json cycle = go_on_to(kNowAt);
  EXPECT_EQ(cycle["record_files"], 2);
  const fs::path records = place_.path() / "records";
  EXPECT_EQ(files_below(records).size(), 2U);
  EXPECT_TRUE(fs::exists(records / recipe() / "2024-02.parquet"));
  EXPECT_TRUE(fs::exists(records / "served" / "2024-02.parquet"));
  const FileTree written = files_below(records);
  EXPECT_EQ(place_.json({"cycle"})["record_files"], 0);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  EXPECT_EQ(differences(written, files_below(records)), std::vector<std::string>{});

  const Json after = place_.json({"recipes"})["recipes"][0];
  EXPECT_EQ(after["record"]["from"], "live");
  EXPECT_GT(after["record"]["bars"], before["record"]["bars"]);
  EXPECT_EQ(after["record"]["bars"], (29 * 24) - (kMadeAt - 744) - 1);
  EXPECT_LE(after["record"]["lo"], after["record"]["rank_ic"]);
  const Json judged = place_.json({"evaluate", "--record", recipe(), "--to", "2024-03-01"});
  EXPECT_DOUBLE_EQ(judged["judgement"]["candidate"]["rank_ic"]["mean"], after["record"]["rank_ic"].get<double>());
}

TEST_F(LiveRecord, IsJudgedBesideTheBaselines) {
  const auto none = place_.error({"evaluate", "--record", "served"}, 2);
  EXPECT_EQ(none["code"], "record.none");
  EXPECT_NE(none["remedy"].get<std::string>().find("clm cycle"), std::string::npos);
  EXPECT_EQ(place_.error({"evaluate", "--record", "nobody"}, 2)["code"], "recipe.unknown");
  EXPECT_EQ(place_.error({"evaluate", "--to", "2024-03-01"}, 2)["message"], "--from is required");
  go_on_to(kNowAt);
  const Json own = place_.json({"evaluate", "--record", recipe().substr(0, 5)});
  EXPECT_EQ(own["recipe"], recipe());
  EXPECT_EQ(own["model_type"], "ridge");
  EXPECT_EQ(own["bars"], kNowAt - kMadeAt - 7) << "of the newest seven it is not known yet";
  EXPECT_EQ(own["bars_not_known"], 7);
  ASSERT_EQ(own["vintages"].size(), 1U);
  EXPECT_EQ(own["vintages"][0]["version"], version_);
  const Json& judgement = own["judgement"];
  EXPECT_EQ(judgement["baselines"].size(), 5U);
  EXPECT_EQ(judgement["rows"], (kNowAt - kMadeAt - 7) * static_cast<int>(kSymbolsServed));
  EXPECT_TRUE(judgement["candidate"]["rank_ic"]["mean"].is_number());
  const Json all = place_.json({"evaluate", "--record", "served"});
  EXPECT_TRUE(all["recipe"].is_null());
  EXPECT_DOUBLE_EQ(all["judgement"]["candidate"]["rank_ic"]["mean"],
                   judgement["candidate"]["rank_ic"]["mean"].get<double>())
      << "one version served alone";
  EXPECT_EQ(place_.json({"evaluate", "--record", "served", "--jobs", "2"}), all);
  const Outcome told = place_.run({"evaluate", "--record", "served"});
  EXPECT_EQ(told.exit_code, 0) << told.describe();
  for (const char* part : {"The record of what was served", "ridge", "hit rate", "Lead of served", "learned until"})
    EXPECT_NE(told.out.find(part), std::string::npos) << part << "\n" << told.out;
}

}  // namespace
}  // namespace clm::testing
