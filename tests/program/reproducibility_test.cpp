// The same data, seed and configuration give the same bits, and later data changes nothing that was said before it.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "market/store/columnar_file.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

FileTree stored_by_a_cycle(const TestWorkspace& place, const std::string& jobs) {
  place.simulate();
  place.cycle({"--jobs", jobs});
  return files_below(place.path() / "versions");
}

TEST(Reproducibility, TwoWorkspacesAndOneOrTwoJobsMakeTheSameBytes) {
  const TestWorkspace first, second, with_two_jobs;
  const FileTree expected = stored_by_a_cycle(first, "1");
  EXPECT_GE(expected.size(), 6u);  // two versions of manifest, model and calibration at least
  EXPECT_EQ(differences(expected, stored_by_a_cycle(second, "1")), std::vector<std::string>{});
  EXPECT_EQ(differences(expected, stored_by_a_cycle(with_two_jobs, "2")), std::vector<std::string>{});
  EXPECT_EQ(first.statuses(), second.statuses());
  EXPECT_EQ(first.statuses(), with_two_jobs.statuses());
  EXPECT_EQ(
      differences(files_below(first.path() / "candles" / "sim"), files_below(with_two_jobs.path() / "candles" / "sim")),
      std::vector<std::string>{});
}

TEST(Reproducibility, SeedParameterAndDataEachMakeAnotherVersion) {
  TestWorkspace place;
  place.simulate();
  std::set<std::string> versions;
  const auto train = [&] {
    for (const auto& [type, version] : place.cycle({"--force"}))
      EXPECT_TRUE(versions.insert(version).second) << type << " " << version << " came twice";
  };
  train();
  place.environment["CLM_TRAINING_SEED"] = "2";
  train();
  place.environment["CLM_LABEL_HORIZON_BARS"] = "6";
  train();
  place.simulate(kBars + 1);
  train();
  EXPECT_EQ(versions.size(), 8u);
}

TEST(Reproducibility, EveryVersionCanBeMadeAgain) {
  TestWorkspace place;
  place.simulate();
  const auto versions = place.cycle({"--jobs", "1"});
  place.simulate(kBars + kWeekBars);
  place.environment["CLM_TRAINING_SEED"] = "2";
  place.cycle({"--force"});
  place.environment["CLM_XGBOOST_ROUNDS"] = "5";  // what the settings say today is not what the versions were made with

  const auto all = place.json({"reproduce", "--all", "--jobs", "2"});
  ASSERT_EQ(all["versions"].size(), 4u);
  for (const auto& version : all["versions"]) {
    EXPECT_TRUE(version["identical"]) << version;
    EXPECT_EQ(version["expected"], version["got"]);
  }
  const auto one = place.json({"reproduce", versions.at("xgboost")});
  EXPECT_EQ(one["version"], versions.at("xgboost"));
  EXPECT_TRUE(one["identical"]);
}

TEST(Reproducibility, RefreshesAndLineupsAreTheSameBytesWithTwoJobsAndCanBeMadeAgain) {
  TestWorkspace place, with_two_jobs;
  for (TestWorkspace* one : {&place, &with_two_jobs}) {
    one->environment["CLM_POLICY_MODE"] = "enforced";
    one->environment["CLM_POLICY_GATE"] = "none";
    const std::string jobs = one == &place ? "1" : "2";
    one->simulate();
    one->cycle({"--jobs", jobs});
    one->simulate(kBars + kWeekBars);
    one->cycle({"--jobs", jobs});
  }
  EXPECT_EQ(differences(files_below(place.path() / "versions"), files_below(with_two_jobs.path() / "versions")),
            std::vector<std::string>{});
  EXPECT_EQ(place.statuses(), with_two_jobs.statuses());
  EXPECT_EQ(place.run({"verify"}).exit_code, 0);
  place.environment["CLM_XGBOOST_ROUNDS"] = "5";
  const auto all = place.json({"reproduce", "--all", "--jobs", "2"});
  ASSERT_EQ(all["versions"].size(), 8u) << "two that were judged, two refreshes of each, two lineups";
  for (const auto& version : all["versions"]) EXPECT_TRUE(version["identical"]) << version;
}

TEST(Reproducibility, OtherCandlesAreNotTheSameVersion) {
  const TestWorkspace place;
  place.simulate();
  const auto versions = place.cycle();
  fs::remove_all(place.path() / "candles");
  place.simulate(kBars, 8);
  for (const auto& [type, version] : versions) {
    const Outcome outcome = place.run({"reproduce", version, "--json"});
    EXPECT_NE(outcome.exit_code, 0) << outcome.describe();
  }
}

class ANewWeek : public ::testing::Test {
 protected:
  ANewWeek() {
    place_.simulate(kBars);
    for (const auto& [type, version] : place_.cycle()) place_.promote(version);
  }
  void add_the_week() const { place_.simulate(kBars + kWeekBars); }
  fs::path features(const std::string& name, const std::string& as_of) const {
    const fs::path file = place_.beside() / name;
    place_.json({"features", "--export", file.string(), "--as-of", as_of});
    return file;
  }
  TestWorkspace place_;
};

std::vector<ColumnRequest> every_column(const fs::path& file) {
  std::vector<ColumnRequest> wanted;
  const auto info = inspect_parquet(file);
  for (const auto& column : info->columns) wanted.push_back({column.name, *column.type});
  return wanted;
}

/// (symbol, open_time) -> the bits of every other column.
std::map<std::pair<std::string, std::int64_t>, std::vector<std::uint64_t>> rows_of(const fs::path& file) {
  const auto table = read_parquet(file, every_column(file));
  const auto& symbols = table->values<std::string>("symbol");
  const auto& times = table->values<std::int64_t>("open_time");
  std::map<std::pair<std::string, std::int64_t>, std::vector<std::uint64_t>> rows;
  for (std::size_t i = 0; i < table->rows(); ++i) {
    auto& bits = rows[{symbols[i], times[i]}];
    for (const auto& column : table->columns) {
      std::uint64_t value = 0;
      if (const auto* doubles = std::get_if<std::vector<double>>(&column.values))
        std::memcpy(&value, &(*doubles)[i], sizeof(double));
      else if (const auto* floats = std::get_if<std::vector<float>>(&column.values))
        std::memcpy(&value, &(*floats)[i], sizeof(float));
      bits.push_back(value);
    }
  }
  return rows;
}

TEST_F(ANewWeek, ChangesNoEarlierFeatureRow) {
  const auto before = rows_of(features("before.parquet", close_of_bar(kBars)));
  ASSERT_EQ(before.size(), 8u * kBars);
  add_the_week();
  const auto after = rows_of(features("after.parquet", close_of_bar(kBars + kWeekBars)));
  ASSERT_EQ(after.size(), 8u * (kBars + kWeekBars));
  std::size_t changed = 0;
  for (const auto& [key, bits] : before) {
    const auto same_row = after.find(key);
    ASSERT_NE(same_row, after.end()) << key.first << " " << key.second;
    if (same_row->second != bits) ++changed;
  }
  EXPECT_EQ(changed, 0u);
}

TEST_F(ANewWeek, ChangesNoExportAsOfAnEarlierTime) {
  features("before.parquet", close_of_bar(kBars));
  add_the_week();
  features("after.parquet", close_of_bar(kBars));
  const FileTree files = files_below(place_.beside());
  EXPECT_TRUE(files.at("before.parquet") == files.at("after.parquet"));
}

TEST_F(ANewWeek, ChangesNoPredictionAsOfAnEarlierTime) {
  for (const int bars : {kBars, kBars - 1, kBars - 100}) {
    const std::vector<std::string> command{"predict", "--json", "--as-of", close_of_bar(bars)};
    const Outcome before = place_.run(command);
    ASSERT_EQ(before.exit_code, 0) << before.describe();
    const auto document = before.json();
    for (const auto& prediction : document["predictions"]) EXPECT_EQ(prediction["votes"].size(), 2u) << prediction;
    add_the_week();
    EXPECT_EQ(before.out, place_.run(command).out) << "as of bar " << bars;
    fs::remove_all(place_.path() / "candles");
    place_.simulate(kBars);
  }
}

TEST_F(ANewWeek, ChangesNoVersionTrainedAsOfAnEarlierTime) {
  const FileTree before = files_below(place_.path() / "versions");
  add_the_week();
  const TestWorkspace later;
  later.simulate(kBars + kWeekBars);
  later.cycle({"--as-of", close_of_bar(kBars)});
  EXPECT_EQ(differences(before, files_below(later.path() / "versions")), std::vector<std::string>{});
  const auto reproduced = place_.json({"reproduce", "--all"});
  for (const auto& version : reproduced["versions"]) EXPECT_TRUE(version["identical"]);
}

TEST_F(ANewWeek, IsSeenByAPredictionOfNow) {
  const auto before = place_.predict();
  add_the_week();
  const auto after = place_.predict();
  EXPECT_EQ(before["as_of"], close_of_bar(kBars));
  EXPECT_EQ(after["as_of"], close_of_bar(kBars + kWeekBars));
  EXPECT_NE(before["predictions"], after["predictions"]);
}

TEST(Doctor, FindsNoFeatureThatLooksAhead) {
  const TestWorkspace place;
  place.simulate(600);
  for (const char* set : {"core", "classic22"}) {
    const auto report = place.json({"features", "--doctor", "--set", set, "--cuts", "4"});
    EXPECT_TRUE(report["clean"]) << report;
    EXPECT_EQ(report["findings"].size(), 0u);
    EXPECT_GT(report["rows_compared"].get<int>(), 8 * 600);
  }
}

}  // namespace
}  // namespace clm::testing
