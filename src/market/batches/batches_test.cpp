// What a batch did can be taken back, whatever came after it and wherever a process was killed.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <memory>

#include "base/file_io.hpp"
#include "market/batches/open_batch.hpp"
#include "market/batches/removal.hpp"
#include "market/batches/undo.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kBatchStartMs = 1'672'531'200'000;

class Batches : public ::testing::Test {
 protected:
  static SeriesKey key(const char* symbol = "BTCUSDT") { return {Venue("v"), Symbol(symbol), Interval::one_hour()}; }
  static CandleSeries bars(int from, int count, double close, const char* symbol = "BTCUSDT") {
    CandleSeries series{key(symbol), {}};
    for (int i = from; i < from + count; ++i)
      series.candles.push_back({Timestamp(kBatchStartMs + i * kHourMs), close, close, close, close, 1.0});
    return series;
  }
  static ContextSeries funding(int from, int count, double rate) {
    ContextSeries series{SeriesKind::funding_rate, Symbol("BTCUSDT"), {}, Venue("um")};
    for (int i = from; i < from + count; ++i) append(series, Timestamp(kBatchStartMs + i * kHourMs), rate);
    return series;
  }
  /// Writes as one batch and returns its number.
  int write(const std::vector<CandleSeries>& candles, const std::vector<ContextSeries>& context = {}) {
    OpenBatch batch(log_, {BatchKind::import, {"a file"}, Timestamp(1)});
    candles_.record_changes_in(&batch);
    context_.record_changes_in(&batch);
    EXPECT_TRUE(candles_.write_all(candles));
    EXPECT_TRUE(context_.write_all(context));
    const auto number = batch.finish({});
    candles_.record_changes_in(nullptr);
    context_.record_changes_in(nullptr);
    EXPECT_TRUE(number);
    return number.value_or(0);
  }
  Result<UndoReport> undo(int number) { return undo_batch(log_, number, candles_, context_, Timestamp(2)); }
  std::string undo_error(int number) {
    const auto undone = undo(number);
    return undone ? "none" : undone.error().code;
  }
  /// hour -> close
  std::map<int, double> stored(const char* symbol = "BTCUSDT") const {
    std::map<int, double> rows;
    const auto series = candles_.read(key(symbol), {}, Timestamp::max());
    for (const Candle& candle : series->candles)
      rows[static_cast<int>((candle.open_time.ms() - kBatchStartMs) / kHourMs)] = candle.close;
    return rows;
  }
  std::map<int, double> rates() const {
    std::map<int, double> rows;
    const auto series = context_.read({SeriesKind::funding_rate, Symbol("BTCUSDT"), Venue("um")}, Timestamp::max());
    for (const SeriesPoint& point : series->points)
      rows[static_cast<int>((point.event_time.ms() - kBatchStartMs) / kHourMs)] = point.value;
    return rows;
  }
  static std::map<int, double> all(int from, int count, double value) {
    std::map<int, double> rows;
    for (int i = from; i < from + count; ++i) rows[i] = value;
    return rows;
  }

  clm::testing::TempDirectory directory_;
  BatchLog log_{directory_.path() / "imports"};
  CandleStore candles_ = *CandleStore::open(directory_.path() / "candles");
  ContextStore context_ = *ContextStore::open(directory_.path() / "series");
};

TEST_F(Batches, NothingIsMadeBeforeTheFirst) {
  EXPECT_TRUE(log_.read()->batches.empty());
  EXPECT_FALSE(fs::exists(log_.root()));
  EXPECT_EQ(undo_error(1), "batch.unknown");
}

TEST_F(Batches, AStoreThatIsNotThereYetIsNoObstacle) {
  {
    OpenBatch batch(log_, {BatchKind::import, {}, Timestamp(1)});
    candles_.record_changes_in(&batch);
    ASSERT_TRUE(candles_.write(bars(0, 5, 100)));
    ASSERT_TRUE(batch.finish({}));
    candles_.record_changes_in(nullptr);
  }
  fs::remove_all(directory_.path() / "series");
  const auto report = undo(1);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(stored().empty());
}

TEST_F(Batches, AreNumberedAndListed) {
  EXPECT_EQ(write({bars(0, 10, 100)}), 1);
  EXPECT_EQ(write({bars(5, 10, 100)}), 2);
  EXPECT_EQ(write({bars(0, 15, 100)}), 3) << "an import that changes nothing is one as well";
  const auto content = log_.read();
  ASSERT_EQ(content->batches.size(), 3u);
  EXPECT_EQ(content->batches[0].totals.rows_stored, 10);
  EXPECT_EQ(content->batches[1].totals.rows_stored, 5);
  EXPECT_EQ(content->batches[2].totals.rows_stored, 0);
  EXPECT_EQ(content->batches[1].start.sources, std::vector<std::string>{"a file"});
  EXPECT_TRUE(content->batches[2].ended);
}

TEST_F(Batches, WhatWasAddedGoesAndWhatWasCorrectedComesBack) {
  write({bars(0, 10, 100)}, {funding(0, 4, 0.1)});
  const int second = write({bars(5, 10, 101), bars(0, 3, 7, "ETHUSDT")}, {funding(2, 4, 0.2)});
  const auto report = undo(second);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->undone.rows_removed, 5 + 3 + 2);
  EXPECT_EQ(report->undone.rows_restored, 5 + 2);
  EXPECT_EQ(report->undone.rows_left, 0);
  EXPECT_EQ(report->series.size(), 3u);
  EXPECT_EQ(stored(), all(0, 10, 100));
  EXPECT_EQ(rates(), all(0, 4, 0.1));
  EXPECT_EQ(candles_.list()->size(), 1u) << "a series without rows is none";
  EXPECT_FALSE(fs::exists(directory_.path() / "candles/v/1h/ETHUSDT"));
  EXPECT_EQ(undo_error(second), "batch.undone");
  EXPECT_TRUE(log_.read()->batches[1].undone);
}

TEST_F(Batches, EveryValueOfARowComesBack) {
  CandleSeries series{key(), {{Timestamp(kBatchStartMs), 1, 4, 0.5, 2, 9, kMissing, 7, 3, 1.5}}};
  write({series});
  series.candles[0].trades = 8;
  const int second = write({series});
  ASSERT_TRUE(undo(second));
  const Candle row = candles_.read(key(), {}, Timestamp::max())->candles.at(0);
  EXPECT_EQ(row.trades, 7);
  EXPECT_EQ(row.taker_buy_volume, 3);
  EXPECT_TRUE(std::isnan(row.quote_volume));
}

TEST_F(Batches, RowsBetweenOthersAreToldApart) {
  CandleSeries even{key(), {}}, odd{key(), {}};
  for (int i = 0; i < 40; ++i) (i % 2 == 0 ? even : odd).candles.push_back(bars(i, 1, 100).candles[0]);
  const int first = write({even});
  write({odd});
  ASSERT_TRUE(undo(first));
  const auto rows = stored();
  EXPECT_EQ(rows.size(), 20u);
  EXPECT_TRUE(rows.contains(1));
  EXPECT_FALSE(rows.contains(2));
}

TEST_F(Batches, WhatALaterBatchChangedStaysAsItMadeIt) {
  const int first = write({bars(0, 10, 100)});
  const int second = write({bars(4, 2, 105)});
  const auto report = undo(first);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->undone.rows_removed, 8);
  EXPECT_EQ(report->undone.rows_left, 2);
  EXPECT_EQ(report->left_to, std::set<int>{second});
  EXPECT_EQ(stored(), all(4, 2, 105));
  ASSERT_TRUE(undo(second));
  EXPECT_TRUE(stored().empty()) << "what it corrected was of a batch that is undone too";
}

TEST_F(Batches, AnyOrderOfUndoingEndsAtTheSame) {
  std::vector<int> order{1, 2, 3, 4};
  do {
    clm::testing::TempDirectory place;
    BatchLog log(place.path() / "imports");
    candles_ = *CandleStore::open(place.path() / "candles");
    context_ = *ContextStore::open(place.path() / "series");
    std::swap(log_, log);
    write({bars(0, 10, 100)});
    write({bars(5, 10, 101)});
    write({bars(3, 4, 102), bars(20, 2, 102)});
    write({bars(0, 25, 103)});
    std::vector<int> left = order;
    for (const int number : order) {
      ASSERT_TRUE(undo(number));
      left.erase(left.begin());
      // What remains is as if only the others had been.
      std::map<int, double> expected;
      for (int batch = 1; batch <= 4; ++batch) {
        if (std::find(left.begin(), left.end(), batch) == left.end()) continue;
        const std::vector<std::map<int, double>> wrote = {all(0, 10, 100), all(5, 10, 101), all(3, 4, 102),
                                                          all(0, 25, 103)};
        for (const auto& [hour, close] : wrote[static_cast<std::size_t>(batch) - 1]) expected[hour] = close;
        if (batch == 3) expected[20] = expected[21] = 102;
      }
      EXPECT_EQ(stored(), expected);
    }
    std::swap(log_, log);
    if (HasFailure()) break;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(Batches, WhatWasUndoneCanBeImportedAgainAndUndoneAgain) {
  const int first = write({bars(0, 10, 100)});
  ASSERT_TRUE(undo(first));
  const int again = write({bars(0, 10, 100)});
  EXPECT_EQ(stored(), all(0, 10, 100));
  ASSERT_TRUE(undo(again));
  EXPECT_TRUE(stored().empty());
}

TEST_F(Batches, AKilledImportCanBeUndoneAndRepeated) {
  write({bars(0, 5, 100)});
  {
    // Recorded, and killed before anything became visible.
    OpenBatch batch(log_, {BatchKind::import, {}, Timestamp(1)});
    const CandleChanges changes{key(),
                                {{Timestamp(kBatchStartMs + 5 * kHourMs), Timestamp(kBatchStartMs + 9 * kHourMs + 1)}},
                                bars(2, 1, 100).candles,
                                5};
    ASSERT_TRUE(batch.record(std::span(&changes, 1)));
  }
  const auto content = log_.read();
  ASSERT_EQ(content->batches.size(), 2u);
  EXPECT_FALSE(content->batches[1].ended);
  EXPECT_EQ(content->batches[1].totals.rows_stored, 5);
  const int third = write({bars(5, 5, 101), bars(2, 1, 101)});
  ASSERT_TRUE(undo(2));
  EXPECT_EQ(stored().size(), 10u) << "they are the third's";
  ASSERT_TRUE(undo(third));
  EXPECT_EQ(stored(), all(0, 5, 100));
}

TEST_F(Batches, AnUndoThatWasKilledIsCompleted) {
  write({bars(0, 10, 100)});
  const int second = write({bars(0, 10, 101), bars(0, 4, 7, "ETHUSDT")}, {funding(0, 3, 0.1)});
  // One file is restored already, as a kill in the middle leaves it.
  ASSERT_TRUE(candles_.write(bars(0, 10, 100)));
  const auto report = undo(second);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(stored(), all(0, 10, 100));
  EXPECT_TRUE(stored("ETHUSDT").empty());
  EXPECT_TRUE(rates().empty());
}

TEST_F(Batches, OneThatIsAtWorkIsNotUndone) {
  OpenBatch batch(log_, {BatchKind::fetch, {}, Timestamp(1)});
  candles_.record_changes_in(&batch);
  ASSERT_TRUE(candles_.write(bars(0, 5, 100)));
  EXPECT_EQ(undo_error(*batch.number()), "lock.held");
  candles_.record_changes_in(nullptr);
  EXPECT_EQ(stored().size(), 5u);
}

TEST_F(Batches, ATornLineIsCutOffAndADamagedOneIsTold) {
  const int first = write({bars(0, 10, 100)});
  const fs::path log = log_.root() / "log";
  std::ofstream(log, std::ios::app) << "0123456789abcdef 2 beg";
  EXPECT_FALSE(log_.read()->sound_from);
  const int second = write({bars(10, 10, 100)});
  EXPECT_EQ(second, 2);
  ASSERT_TRUE(undo(first));
  EXPECT_EQ(stored(), all(10, 10, 100));

  auto text = *read_file(log);
  text[text.rfind("candles") + 2] ^= 1;
  std::ofstream(log, std::ios::trunc) << text;
  EXPECT_TRUE(log_.read()->sound_from);
  EXPECT_EQ(undo_error(second), "batch.damaged");
  const int third = write({bars(20, 10, 100)});
  EXPECT_GT(third, second);
  ASSERT_TRUE(undo(third)) << "later batches are known whole";
  EXPECT_EQ(stored(), all(10, 10, 100));
}

TEST_F(Batches, TheOldestAreForgotten) {
  BatchLogLimits limits;
  limits.max_batches = 8;
  log_ = BatchLog(directory_.path() / "imports", limits);
  for (int i = 0; i < 20; ++i) write({bars(0, 3, 100 + i)});
  const auto content = log_.read();
  EXPECT_LE(content->batches.size(), 8u);
  EXPECT_EQ(content->batches.back().number, 20);
  EXPECT_EQ(undo_error(1), "batch.forgotten");
  EXPECT_FALSE(fs::exists(log_.folder_of(2)));
  ASSERT_TRUE(undo(20));
  EXPECT_EQ(stored(), all(0, 3, 118));
}

TEST_F(Batches, ADeletionIsABatch) {
  write({bars(0, 10, 100), bars(0, 10, 7, "ETHUSDT")}, {funding(0, 6, 0.1)});
  auto batch = std::make_unique<OpenBatch>(log_, BatchStart{BatchKind::removal, {"BTCUSDT"}, Timestamp(1)});
  candles_.record_changes_in(batch.get());
  context_.record_changes_in(batch.get());
  RemovalRequest request{Symbol("BTCUSDT"), {}, {}, {Timestamp(kBatchStartMs + 2 * kHourMs), Timestamp::max()}};
  const auto removed = remove_rows(candles_, context_, request);
  ASSERT_TRUE(removed) << to_string(removed.error());
  ASSERT_TRUE(batch->finish({}));
  candles_.record_changes_in(nullptr);
  context_.record_changes_in(nullptr);
  batch.reset();
  ASSERT_EQ(removed->size(), 2u);
  EXPECT_EQ((*removed)[0].rows, 8);
  EXPECT_EQ((*removed)[1].rows, 4);
  EXPECT_EQ(stored(), all(0, 2, 100));
  EXPECT_EQ(rates(), all(0, 2, 0.1));
  EXPECT_EQ(stored("ETHUSDT").size(), 10u);
  EXPECT_EQ(log_.read()->batches.back().totals.rows_removed, 12);

  write({bars(2, 1, 50)});
  const auto report = undo(2);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->undone.rows_restored, 11);
  EXPECT_EQ(report->undone.rows_left, 1);
  auto expected = all(0, 10, 100);
  expected[2] = 50;
  EXPECT_EQ(stored(), expected);
  EXPECT_EQ(rates(), all(0, 6, 0.1));
}

TEST_F(Batches, ADeletionKeepsToWhatItNames) {
  CandleSeries other = bars(0, 5, 100);
  other.key.venue = Venue("w");
  write({bars(0, 5, 100), other}, {funding(0, 6, 0.1)});
  ASSERT_TRUE(remove_rows(candles_, context_, {Symbol("BTCUSDT"), Venue("w"), {}, {}}));
  EXPECT_EQ(candles_.list()->size(), 1u);
  EXPECT_EQ(rates().size(), 6u);
  RemovalRequest context{Symbol("BTCUSDT"), {}, {}, {}};
  context.what = RemovalRequest::What::context;
  ASSERT_TRUE(remove_rows(candles_, context_, context));
  EXPECT_TRUE(rates().empty());
  EXPECT_EQ(stored().size(), 5u);
  const auto nothing = remove_rows(candles_, context_, {Symbol("NOSUCH"), {}, {}, {}});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, "data.nothing_to_delete");
}

}  // namespace
}  // namespace clm
