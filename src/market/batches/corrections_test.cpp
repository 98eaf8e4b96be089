#include "market/batches/corrections.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "market/batches/open_batch.hpp"
#include "market/batches/undo.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

constexpr std::int64_t kFirstBarMs = 1'672'531'200'000;

/// hours of the first and the last bar, and how many
struct Told {
  std::string symbol;
  std::int64_t bars = 0;
  std::int64_t first = 0, last = 0;
  bool operator==(const Told&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << told.symbol << ": " << told.bars << " of " << told.first << " to " << told.last;
}

class Corrections : public ::testing::Test {
 protected:
  static CandleSeries bars(int from, int count, double close, const char* symbol = "BTCUSDT") {
    CandleSeries series{{Venue("v"), Symbol(symbol), Interval::one_hour()}, {}};
    for (int i = from; i < from + count; ++i)
      series.candles.push_back({Timestamp(kFirstBarMs + i * kHourMs), close, close, close, close, 1.0});
    return series;
  }
  int write(const CandleSeries& series) {
    OpenBatch batch(log_, {BatchKind::import, {"a file"}, Timestamp(1)});
    candles_.record_changes_in(&batch);
    EXPECT_TRUE(candles_.write(series));
    candles_.record_changes_in(nullptr);
    return batch.finish({}).value_or(0);
  }
  void undo(int number) { EXPECT_TRUE(undo_batch(log_, number, candles_, context_, Timestamp(2))); }
  LogPosition now() const { return position_of(log_, log_.read().value()); }
  /// Of the bars from `from` until before `to` hours, read at `position`.
  std::vector<Told> since(const LogPosition& position, int from = 0, int to = 100) const {
    const TimeRange range{Timestamp(kFirstBarMs + from * kHourMs), Timestamp(kFirstBarMs + to * kHourMs)};
    const auto corrected =
        corrected_since(log_, log_.read().value(), candles_,
                        {position, Venue("v"), Interval::one_hour(), {Symbol("BTCUSDT"), Symbol("ETHUSDT")}, range});
    EXPECT_TRUE(corrected) << to_string(corrected.error());
    std::vector<Told> told;
    const auto hour = [](Timestamp t) { return (t.ms() - kFirstBarMs) / kHourMs; };
    for (const CorrectedCandles& one : corrected.value_or(std::vector<CorrectedCandles>()))
      told.push_back({one.symbol.str(), one.bars, hour(one.first_open), hour(one.last_open)});
    return told;
  }
  using Tolds = std::vector<Told>;

  testing::TempDirectory directory_;
  BatchLog log_{directory_.path() / "imports"};
  CandleStore candles_ = *CandleStore::open(directory_.path() / "candles");
  ContextStore context_ = *ContextStore::open(directory_.path() / "series");
};

TEST_F(Corrections, AreRowsThatAreOthersThanTheyWere) {
  EXPECT_EQ(since(now()), Tolds{}) << "there is no log yet";
  write(bars(0, 50, 100));
  write(bars(0, 50, 7, "ETHUSDT"));
  const LogPosition read = now();
  EXPECT_EQ(since(read), Tolds{});
  write(bars(20, 3, 101));
  EXPECT_EQ(since(read), (Tolds{{"BTCUSDT", 3, 20, 22}}));
  EXPECT_EQ(since(read, 0, 21), (Tolds{{"BTCUSDT", 1, 20, 20}}));
  EXPECT_EQ(since(read, 23), Tolds{}) << "none of them was read";
  write(bars(5, 1, 8, "ETHUSDT"));
  EXPECT_EQ(since(read), (Tolds{{"BTCUSDT", 3, 20, 22}, {"ETHUSDT", 1, 5, 5}}));
  write(bars(5, 1, 8, "OTHERUSDT"));
  EXPECT_EQ(since(now()), Tolds{}) << "whoever reads now reads what was corrected";
}

TEST_F(Corrections, TheSameRowsTwiceCountOnceAndNotAtAllOnceTheyAreWhatTheyWere) {
  write(bars(0, 50, 100));
  const LogPosition read = now();
  write(bars(20, 3, 101));
  write(bars(21, 3, 102));
  EXPECT_EQ(since(read), (Tolds{{"BTCUSDT", 4, 20, 23}}));
  write(bars(20, 4, 100));
  EXPECT_EQ(since(read), Tolds{});
}

TEST_F(Corrections, RowsWhereThereWereNoneAreNone) {
  write(bars(0, 20, 100));
  const LogPosition read = now();
  write(bars(20, 20, 100));
  EXPECT_EQ(since(read), Tolds{});
  write(bars(15, 10, 101));
  EXPECT_EQ(since(read), (Tolds{{"BTCUSDT", 5, 15, 19}})) << "those behind them had not been read";
}

TEST_F(Corrections, WhatIsUndoneIsOneForWhoeverHadReadIt) {
  write(bars(0, 50, 100));
  const LogPosition before = now();
  const int wrong = write(bars(20, 40, 101));
  const LogPosition with_it = now();
  undo(wrong);
  EXPECT_EQ(since(before), Tolds{});
  EXPECT_EQ(since(with_it), (Tolds{{"BTCUSDT", 40, 20, 59}})) << "30 rows are what they were, 10 are gone";
  EXPECT_EQ(since(with_it, 55), (Tolds{{"BTCUSDT", 5, 55, 59}}));
  EXPECT_EQ(since(now()), Tolds{});
  write(bars(20, 40, 100.5));
  EXPECT_EQ(since(with_it), (Tolds{{"BTCUSDT", 40, 20, 59}}));
  EXPECT_EQ(since(before), (Tolds{{"BTCUSDT", 30, 20, 49}}));
}

TEST_F(Corrections, ABatchAtWorkMayHaveBeenReadOrNot) {
  write(bars(0, 50, 100));
  OpenBatch batch(log_, {BatchKind::import, {"a file"}, Timestamp(1)});
  candles_.record_changes_in(&batch);
  ASSERT_TRUE(candles_.write(bars(0, 1, 101)));
  const LogPosition meanwhile = now();
  EXPECT_EQ(meanwhile.at_work, std::vector<int>{2});
  ASSERT_TRUE(candles_.write(bars(10, 1, 101)));
  candles_.record_changes_in(nullptr);
  ASSERT_TRUE(batch.finish({}));
  EXPECT_EQ(since(meanwhile), (Tolds{{"BTCUSDT", 2, 0, 10}}));
  EXPECT_EQ(now().at_work, std::vector<int>{});
}

TEST_F(Corrections, APositionReadsBackAndNothingElseDoes) {
  const LogPosition position{12, {11, 12}, {3}};
  EXPECT_EQ(read_log_position(to_json(position).dump()), position);
  for (const char* text : {"{}", "[]", "nonsense", R"({"last_batch": "1", "at_work": [], "undone": []})"}) {
    const auto read = read_log_position(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "manifest.batches");
  }
}

}  // namespace
}  // namespace clm
