#include "market/store/candle_store.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include "base/file_io.hpp"
#include "market/store/store_name.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::TempDirectory;

const Timestamp kStart = from_calendar(2023, 12, 30);

SeriesKey key_of(const char* symbol, const char* interval = "1h") {
  return {Venue("sim"), Symbol(symbol), *Interval::parse(interval)};
}

CandleSeries make_series(const SeriesKey& key, std::size_t bars, Timestamp start = kStart, double level = 100) {
  CandleSeries series{key, {}};
  for (std::size_t i = 0; i < bars; ++i) {
    Candle candle;
    candle.open_time = start + static_cast<std::int64_t>(i) * key.interval.length();
    candle.open = candle.high = candle.low = candle.close = level + static_cast<double>(i);
    candle.volume = 1;
    series.candles.push_back(candle);
  }
  return series;
}

CandleStore open_store(const fs::path& root, double lock_wait_seconds = 0) {
  auto store = CandleStore::open(root, {lock_wait_seconds});
  EXPECT_TRUE(store);
  return *store;
}

CandleSeries read_all(const CandleStore& store, const SeriesKey& key) {
  auto series = store.read(key, {}, Timestamp::max());
  EXPECT_TRUE(series) << to_string(series.error());
  return series ? *series : CandleSeries{};
}

std::map<std::string, std::string> files_below(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().filename() != ".lock")
      files[fs::relative(entry.path(), root).string()] = *read_file(entry.path());
  return files;
}

void expect_counts(const Result<StoreResult>& result, std::int64_t stored, std::int64_t duplicate,
                   std::int64_t corrected) {
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->rows_stored, stored);
  EXPECT_EQ(result->rows_duplicate, duplicate);
  EXPECT_EQ(result->rows_corrected, corrected);
}

TEST(StorePeriod, HoldsAboutTenThousandRows) {
  const Timestamp t = from_calendar(2023, 8, 3, 12, 34);
  const auto name = [&](const char* interval) { return store_period(*Interval::parse(interval), t).name; };
  EXPECT_EQ(name("1s"), "2023-08-03");
  EXPECT_EQ(name("1m"), "2023-07-31") << "the Monday of that week";
  EXPECT_EQ(name("5m"), "2023-08");
  EXPECT_EQ(name("1h"), "2023");
  EXPECT_EQ(name("1d"), "2020s");
  EXPECT_EQ(name("1w"), "all");
  for (const char* interval : {"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d"}) {
    const auto period = store_period(*Interval::parse(interval), t);
    const auto rows = (period.range.to - period.range.from) / Interval::parse(interval)->length();
    EXPECT_GE(rows, 2'900) << interval;
    EXPECT_LE(rows, 22'000) << interval;
    EXPECT_TRUE(period.range.contains(t));
    EXPECT_EQ(store_period(*Interval::parse(interval), period.range.to - Duration(1)).name, period.name);
    EXPECT_NE(store_period(*Interval::parse(interval), period.range.to).name, period.name);
  }
}

TEST(StoreName, EveryNameComesBackAndNoneLeavesItsDirectory) {
  for (const char* name :
       {"BTCUSDT", "ETH/BTC", "..", ".hidden", "*", "a%2Fb", "1000PEPE", "币安人生USDT", "a b\\c:"}) {
    const auto file_name = to_file_name(name);
    ASSERT_TRUE(file_name) << name;
    EXPECT_EQ(file_name->find('/'), std::string::npos);
    EXPECT_NE(file_name->front(), '.');
    EXPECT_EQ(from_file_name(*file_name), name);
  }
  EXPECT_EQ(*to_file_name("BTC.D-2_x"), "BTC.D-2_x");
  EXPECT_FALSE(to_file_name(""));
  EXPECT_FALSE(to_file_name(std::string(65, 'A')));
  EXPECT_FALSE(to_file_name(std::string("A\0B", 3)));
  for (const char* alien : {"%", "%2", "%2f", "%41", ".x"}) EXPECT_FALSE(from_file_name(alien)) << alien;
}

TEST(CandleStore, WhatIsWrittenIsReadAcrossPeriods) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  auto series = make_series(key_of("BTCUSDT"), 100);
  series.candles[3].quote_volume = 12.5;
  expect_counts(store.write(series), 100, 0, 0);
  EXPECT_EQ(files_below(directory.path()).size(), 3U) << "2023, 2024 and the list of both";
  EXPECT_TRUE(fs::exists(directory.path() / "sim" / "1h" / "BTCUSDT" / "2024.parquet"));
  EXPECT_EQ(fingerprint(read_all(store, series.key)), fingerprint(series));
  const auto span = store.span_of(series.key);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->rows, 100U);
  EXPECT_EQ(span->first_open, series.candles.front().open_time);
  EXPECT_EQ(span->last_open, series.candles.back().open_time);
  EXPECT_TRUE(read_all(store, key_of("NONE")).candles.empty());
  EXPECT_EQ(store.span_of(key_of("NONE"))->rows, 0U);
}

TEST(CandleStore, ABarIsReadOnlyOnceItHasClosed) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  const auto series = make_series(key_of("BTCUSDT"), 100);
  ASSERT_TRUE(store.write(series));
  for (const std::size_t last : {0U, 10U, 47U, 48U, 99U}) {
    const Timestamp close = series.known_at(last);
    EXPECT_EQ(store.read(series.key, {}, close)->candles.size(), last + 1);
    EXPECT_EQ(store.read(series.key, {}, close - Duration(1))->candles.size(), last);
  }
  const TimeRange range{series.candles[40].open_time, series.candles[60].open_time};
  const auto part = store.read(series.key, range, Timestamp::max());
  ASSERT_EQ(part->candles.size(), 20U);
  EXPECT_EQ(part->candles.front().open_time, range.from);
  EXPECT_TRUE(store.read(series.key, range, Timestamp::min())->candles.empty());
}

TEST(CandleStore, ImportingTheSameAgainChangesNothing) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  const auto series = make_series(key_of("BTCUSDT"), 100);
  ASSERT_TRUE(store.write(series));
  const auto before = files_below(directory.path());
  expect_counts(store.write(series), 0, 100, 0);
  expect_counts(store.write(make_series(series.key, 0)), 0, 0, 0);
  EXPECT_EQ(files_below(directory.path()), before);
}

TEST(CandleStore, OrderOfImportsDoesNotMatterToTheBytes) {
  const TempDirectory one, other;
  const auto whole = make_series(key_of("BTCUSDT"), 100);
  ASSERT_TRUE(open_store(one.path()).write(whole));
  CandleSeries even{whole.key, {}}, odd{whole.key, {}};
  for (std::size_t i = 0; i < whole.candles.size(); ++i) (i % 2 == 0 ? even : odd).candles.push_back(whole.candles[i]);
  auto store = open_store(other.path());
  expect_counts(store.write(odd), 50, 0, 0);
  expect_counts(store.write(even), 50, 0, 0);
  EXPECT_EQ(files_below(one.path()), files_below(other.path()));
}

TEST(CandleStore, TheNewerImportWinsAndIsCounted) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  const auto series = make_series(key_of("BTCUSDT"), 10);
  ASSERT_TRUE(store.write(series));
  auto newer = make_series(series.key, 12);
  newer.candles[4].close = 55;
  expect_counts(store.write(newer), 2, 9, 1);
  EXPECT_EQ(read_all(store, series.key).candles[4].close, 55);
}

TEST(CandleStore, AnImportWithFewerColumnsErasesNothingOfUnchangedBars) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  auto rich = make_series(key_of("BTCUSDT"), 2);
  for (Candle& candle : rich.candles) candle.quote_volume = 7;
  ASSERT_TRUE(store.write(rich));
  auto poor = make_series(rich.key, 2);
  poor.candles[1].volume = 2;
  expect_counts(store.write(poor), 0, 1, 1);
  const auto read = read_all(store, rich.key);
  EXPECT_EQ(read.candles[0].quote_volume, 7);
  EXPECT_TRUE(std::isnan(read.candles[1].quote_volume)) << "the old figure belongs to another volume";
}

TEST(CandleStore, ABatchMayNameASeriesTwice) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  const auto first = make_series(key_of("BTCUSDT"), 10), second = make_series(key_of("BTCUSDT"), 15);
  const auto other = make_series(key_of("ETHUSDT"), 3);
  const auto results = store.write_all(std::vector<CandleSeries>{first, other, second});
  ASSERT_TRUE(results);
  EXPECT_EQ((*results)[2].rows_duplicate, 10);
  EXPECT_EQ((*results)[2].rows_stored, 5);
  EXPECT_EQ(read_all(store, first.key).candles.size(), 15U);
  EXPECT_EQ(read_all(store, other.key).candles.size(), 3U);
}

TEST(CandleStore, ListsSorted) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  for (const char* symbol : {"ETH/BTC", "BTCUSDT", "AAVE"}) ASSERT_TRUE(store.write(make_series(key_of(symbol), 2)));
  ASSERT_TRUE(store.write(make_series(key_of("BTCUSDT", "5m"), 2)));
  const auto all = store.list();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 4U);
  EXPECT_TRUE(std::is_sorted(all->begin(), all->end()));
  EXPECT_EQ(store.list({{}, Interval::one_hour(), {}})->size(), 3U);
  EXPECT_EQ(store.list({Venue("else"), {}, {}})->size(), 0U);
  EXPECT_EQ(store.list({{}, {}, {Symbol("ETH/BTC"), Symbol("BTCUSDT")}})->size(), 3U);
}

TEST(CandleStore, RefusesTimesThatAreNotMilliseconds) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  const auto in_us = make_series(key_of("BTCUSDT"), 2, Timestamp(kStart.ms() * 1'000));
  EXPECT_EQ(store.write(in_us).error().code, "store.time");
  EXPECT_EQ(store.write(make_series(key_of(""), 2)).error().code, "store.name");
  EXPECT_TRUE(files_below(directory.path()).empty());
}

TEST(CandleStore, AMisplacedOrDamagedFileIsNotReadAsData) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  ASSERT_TRUE(store.write(make_series(key_of("BTCUSDT"), 10)));
  const fs::path file = directory.path() / "sim/1h/BTCUSDT/2023.parquet";
  const std::string bytes = *read_file(file);
  const auto code = [&](const char* symbol) {
    const auto read = store.read(key_of(symbol), {}, Timestamp::max());
    return read ? std::string() : read.error().code;
  };
  fs::create_directories(directory.path() / "sim/1h/ETHUSDT");
  fs::copy_file(file, directory.path() / "sim/1h/ETHUSDT/2023.parquet");
  EXPECT_EQ(code("ETHUSDT"), "store.integrity") << "another symbol's bars";
  fs::copy_file(file, directory.path() / "sim/1h/BTCUSDT/2022.parquet");
  EXPECT_EQ(code("BTCUSDT"), "store.integrity") << "another year's bars";
  fs::rename(directory.path() / "sim/1h/BTCUSDT/2022.parquet", directory.path() / "sim/1h/BTCUSDT/x.parquet");
  EXPECT_EQ(code("BTCUSDT"), "") << "no period: nobody reads it";
  std::string altered = bytes;
  altered[bytes.size() / 3] = static_cast<char>(altered[bytes.size() / 3] ^ 4);
  ASSERT_TRUE(write_file_atomic(file, altered));
  EXPECT_EQ(code("BTCUSDT"), "parquet.corrupt");
  ASSERT_TRUE(store.write(make_series(key_of("BTCUSDT"), 12)));
  EXPECT_EQ(*read_file(file.parent_path() / ".damaged-2023.parquet"), altered) << "a damaged file is kept";
}

TEST(CandleStore, OneWriterAtATime) {
  const TempDirectory directory;
  auto store = open_store(directory.path());
  const auto series = make_series(key_of("BTCUSDT"), 10);
  {
    const auto lock = FileLock::acquire(directory.path() / ".lock", "a test");
    ASSERT_TRUE(lock);
    const auto refused = store.write(series);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "lock.held");
    EXPECT_EQ(refused.error().kind, ErrorKind::locked);
  }
  EXPECT_TRUE(store.write(series));
}

std::size_t files_there(const fs::path& root) {
  std::size_t count = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator it(root, failure), end; !failure && it != end; it.increment(failure)) ++count;
  return count;
}

// A process is killed once it has made a given number of files; what it leaves must read, and the same write again
// must complete it.
TEST(CandleStore, SurvivesKillAtAnyMoment) {
  const TempDirectory undisturbed;
  std::vector<CandleSeries> batch;
  for (const char* symbol : {"A", "B", "C", "D"}) batch.push_back(make_series(key_of(symbol), 9'000));
  ASSERT_TRUE(open_store(undisturbed.path()).write_all(batch));
  const auto expected = files_below(undisturbed.path());
  for (std::size_t files = 1; files <= files_there(undisturbed.path()); files += 5) {
    const TempDirectory directory;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = CandleStore::open(directory.path());
      if (store) static_cast<void>(store->write_all(batch));
      ::_exit(0);
    }
    while (files_there(directory.path()) < files && ::waitpid(child, nullptr, WNOHANG) == 0) ::sched_yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto store = open_store(directory.path());
    for (const CandleSeries& series : batch) {
      std::map<std::string, std::size_t> bars;
      for (const Candle& candle : read_all(store, series.key).candles)
        ++bars[store_period(series.key.interval, candle.open_time).name];
      for (const auto& [period, count] : bars)
        EXPECT_EQ(count, period == "2023" ? 48U : period == "2024" ? 8'784U : 168U) << "whole files only";
    }
    ASSERT_TRUE(store.write_all(batch));
    EXPECT_EQ(files_below(directory.path()), expected) << "nothing is lost, nothing lies about";
  }
}

TEST(CandleStore, TwoProcessesWriteSideBySide) {
  const TempDirectory directory;
  const auto whole = make_series(key_of("BTCUSDT"), 400);
  std::vector<pid_t> children;
  for (std::size_t part = 0; part < 2; ++part) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = CandleStore::open(directory.path());
      bool done = store.has_value();
      for (std::size_t i = part; done && i < 10; i += 2) {
        CandleSeries piece{whole.key,
                           {whole.candles.begin() + static_cast<std::ptrdiff_t>(i) * 40,
                            whole.candles.begin() + static_cast<std::ptrdiff_t>(i + 1) * 40}};
        done = store->write(piece).has_value();
      }
      ::_exit(done ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(fingerprint(read_all(open_store(directory.path()), whole.key)), fingerprint(whole));
}

TEST(Fingerprint, ChangesWithEveryFieldAndWithTheKey) {
  const auto series = make_series(key_of("BTCUSDT"), 3);
  const std::string base = fingerprint(series);
  EXPECT_EQ(base.size(), 64U);
  auto other = series;
  other.key = key_of("ETHUSDT");
  EXPECT_NE(fingerprint(other), base);
  for (auto member : {&Candle::open, &Candle::volume, &Candle::trades, &Candle::taker_buy_quote_volume}) {
    auto changed = series;
    changed.candles[2].*member = 0.5;
    EXPECT_NE(fingerprint(changed), base);
  }
  auto shifted = series;
  shifted.candles[2].open_time = shifted.candles[2].open_time + Duration(1);
  EXPECT_NE(fingerprint(shifted), base);
}

}  // namespace
}  // namespace clm
