#include "learning/record/record_files.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/file_io.hpp"
#include "learning/record/record_fixture.hpp"
#include "learning/record/record_judging.hpp"
#include "market/store/columnar_file.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::close_of;
using testing::easy_candles;

constexpr std::size_t kJanuary = 744;                    // bars of which it consists
constexpr std::size_t kAllKnown = kJanuary + 1 + 1 + 5;  // the last one's label: next open, delay, horizon

class RecordFiles : public testing::RecordTest {
 protected:
  /// Two vintages and what was served, from bar 650 into February; bar number n closes when n bars have.
  void log_january() {
    older_ = vintage(kFirst);
    newer_ = vintage(kSecond);
    recipe_ = recipe_of_version(older_);
    for (std::size_t bars = 650; bars < kJanuary + 20; ++bars)
      log({row_at(bars, (bars < 700 ? older_ : newer_).str()), served_at(bars, "e1")});
  }
  std::size_t write(const MarketTape& tape) {
    const auto written = write_closed_months(tape, life_log_, *registry_, tape.close(tape.bars() - 1), place());
    EXPECT_TRUE(written) << to_string(written.error());
    return written.value_or(0);
  }
  fs::path place() const { return directory_.path() / "records"; }
  fs::path file(const std::string& line) const { return place() / line / "2024-01.parquet"; }
  std::string bytes(const std::string& line) const { return read_file(file(line)).value_or(""); }
  static ColumnarTable read(const fs::path& file) {
    std::vector<ColumnRequest> wanted{{"decided_at", ColumnType::int64},
                                      {"symbol", ColumnType::text},
                                      {"version", ColumnType::text},
                                      {"learned_until", ColumnType::int64},
                                      {"forecast", ColumnType::float32},
                                      {"expected_return_bps", ColumnType::float32},
                                      {"up_probability", ColumnType::float32},
                                      {"label", ColumnType::float32},
                                      {"forward_return", ColumnType::float32},
                                      {"lineup", ColumnType::text, ColumnRequest::Presence::optional},
                                      {"action", ColumnType::text, ColumnRequest::Presence::optional}};
    auto table = read_parquet(file, wanted);
    EXPECT_TRUE(table) << to_string(table.error());
    return table.value_or(ColumnarTable());
  }

  testing::TempDirectory directory_;
  VersionId older_, newer_;
  std::string recipe_;
};

TEST_F(RecordFiles, AMonthIsWrittenOnceAllOfItsLabelsAreKnown) {
  log_january();
  EXPECT_EQ(write(tape_of(kAllKnown - 2)), 0U);
  EXPECT_FALSE(fs::exists(place())) << "of the last bar it is not known yet what came of it";
  const MarketTape tape = tape_of(kAllKnown - 1);
  EXPECT_EQ(write(tape), 2U);
  const ColumnarTable line = read(file(recipe_)), served = read(file(kServed));
  const std::size_t count = symbols().size();
  ASSERT_EQ(line.rows(), (kJanuary - 650) * count) << "the close at midnight belongs to February";
  ASSERT_EQ(served.rows(), line.rows());
  for (std::size_t i = 0; i < line.rows(); ++i) {
    const std::size_t bars = 650 + i / count, s = i % count,
                      row = tape.row_begin(tape.bar_at_or_after(close_of(bars))) + s;
    ASSERT_EQ(line.values<std::int64_t>("decided_at")[i], close_of(bars).ms());
    ASSERT_EQ(line.values<std::string>("symbol")[i], symbols()[s].str());
    ASSERT_EQ(line.values<std::string>("version")[i], (bars < 700 ? older_ : newer_).str());
    ASSERT_EQ(line.values<std::int64_t>("learned_until")[i],
              manifest_of((bars < 700 ? older_ : newer_).str()).learned_until.ms());
    ASSERT_EQ(line.values<float>("forecast")[i], said(bars, s));
    ASSERT_EQ(line.values<float>("label")[i], tape.rows().label[row]);
    ASSERT_EQ(line.values<float>("forward_return")[i], tape.rows().forward_return[row]);
    ASSERT_FALSE(std::isnan(line.values<float>("label")[i]));
    ASSERT_EQ(line.values<float>("expected_return_bps")[i], 1e4F * tape.rows().volatility[row] * said(bars, s));
    ASSERT_EQ(served.values<float>("expected_return_bps")[i], said(bars, s, 1)) << "as it was told";
    ASSERT_EQ(served.values<float>("up_probability")[i], 0.5F);
    ASSERT_EQ(served.values<std::string>("lineup")[i], "e1");
    ASSERT_EQ(served.values<std::string>("action")[i], "SELL");
  }
  EXPECT_EQ(line.find("lineup"), nullptr);
}

TEST_F(RecordFiles, TheSameRecordGivesTheSameBytesAndIsNotWrittenTwice) {
  log_january();
  const MarketTape tape = tape_of(kAllKnown + 5);
  ASSERT_EQ(write(tape), 2U);
  const std::string line = bytes(recipe_), served = bytes(kServed);
  EXPECT_EQ(write(tape), 0U);
  EXPECT_EQ(write(tape_of(kAllKnown + 30)), 0U) << "later bars change nothing of it";

  // Killed before the last file, with one written aside: the month is done again.
  ASSERT_TRUE(fs::remove(file(kServed)));
  ASSERT_TRUE(fs::remove(file(recipe_)));
  ASSERT_TRUE(write_file_unsynced(aside_path(file(recipe_)), "half of it"));
  EXPECT_EQ(write(tape), 2U);
  EXPECT_EQ(bytes(recipe_), line);
  EXPECT_EQ(bytes(kServed), served);
  EXPECT_EQ(std::distance(fs::directory_iterator(place() / recipe_), fs::directory_iterator()), 1);
  // So is one that was damaged.
  fs::resize_file(file(kServed), fs::file_size(file(kServed)) / 2);
  EXPECT_EQ(write(tape), 2U);
  EXPECT_EQ(bytes(kServed), served);
}

TEST_F(RecordFiles, ACorrectedCandleSupersedesTheMonthWhole) {
  log_january();
  ASSERT_EQ(write(tape_of(kAllKnown)), 2U);
  const std::string before = bytes(recipe_);
  std::vector<CandleSeries> series = testing::easy_market().series;
  for (CandleSeries& one : series) one.candles.resize(kAllKnown);
  series[3].candles[660].open *= 1.01;
  series[3].candles[660].high = std::max(series[3].candles[660].high, series[3].candles[660].open);
  const MemoryCandleSource corrected(series);
  EXPECT_EQ(write(tape_of(corrected, kAllKnown)), 2U);
  EXPECT_NE(bytes(recipe_), before);
  const ColumnarTable after = read(file(recipe_));
  for (std::size_t i = 0; i < after.rows(); ++i)
    ASSERT_EQ(after.values<float>("forecast")[i], said(650 + i / symbols().size(), i % symbols().size()))
        << "what was said stands";
  EXPECT_EQ(write(tape_of(corrected, kAllKnown)), 0U);
  // The import is undone.
  EXPECT_EQ(write(tape_of(kAllKnown)), 2U);
  EXPECT_EQ(bytes(recipe_), before);
}

TEST_F(RecordFiles, AMonthOfAnotherLabelStands) {
  log_january();
  ASSERT_EQ(write(tape_of(kAllKnown)), 2U);
  LabelOptions label;
  label.horizon_bars = 3;
  EXPECT_EQ(write(tape_of(easy_candles(kAllKnown), kAllKnown, label)), 0U);
}

TEST_F(RecordFiles, TheSkillOfARecipeIsThatOfAnyJudgement) {
  log_january();
  const auto none = recorded_skill(place(), recipe_, options_.judging);
  ASSERT_TRUE(none) << to_string(none.error());
  EXPECT_FALSE(*none);
  ASSERT_EQ(write(tape_of(kAllKnown)), 2U);
  const auto skill = recorded_skill(place(), recipe_, options_.judging);
  ASSERT_TRUE(skill && *skill);
  const auto data =
      prepare_learning_data(*feature_set("classic22"), easy_candles(kAllKnown), nullptr, {}, undisturbed());
  ASSERT_TRUE(data) << to_string(data.error());
  const Record january = record_of({close_of(0), close_of(kJanuary)});
  const auto judged = judge_record(recipe_, january.of_recipe.at(recipe_), *data, *registry_, options_, undisturbed());
  ASSERT_TRUE(judged) << to_string(judged.error());
  const RankIc& expected = judged->judgement.candidate.rank_ic;
  EXPECT_EQ((*skill)->bars, static_cast<std::int64_t>(kJanuary - 650));
  EXPECT_EQ((*skill)->rows, static_cast<std::int64_t>(judged->judgement.rows));
  EXPECT_DOUBLE_EQ((*skill)->rank_ic, expected.mean.mean);
  EXPECT_DOUBLE_EQ((*skill)->lo, expected.mean.lo);
  EXPECT_DOUBLE_EQ((*skill)->hi, expected.mean.hi);
}

}  // namespace
}  // namespace clm
