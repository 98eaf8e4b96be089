// What is damaged in the stores is named, never read as data, stops nothing else, and is repaired by an import.
#include <algorithm>
#include <filesystem>
#include <string_view>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file_io.hpp"
#include "market/store/candle_file.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/columnar_file.hpp"
#include "market/store/context_store.hpp"
#include "market/store/store_check.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {
namespace fs = std::filesystem;
using testing::TempDirectory;

SeriesKey hourly_key(const char* symbol) { return {Venue("sim"), Symbol(symbol), Interval::one_hour()}; }

/// Hourly bars from the first hour of `year` to the last.
CandleSeries year_of(const char* symbol, int year, std::size_t bars = 0) {
  CandleSeries series{hourly_key(symbol), {}};
  const Timestamp end = from_calendar(year + 1, 1, 1);
  for (Timestamp t = from_calendar(year, 1, 1); t < end; t = t + Interval::one_hour().length()) {
    if (bars > 0 && series.candles.size() == bars) break;
    Candle candle;
    candle.open_time = t;
    candle.open = candle.high = candle.low = candle.close = 100 + static_cast<double>(series.candles.size());
    candle.volume = 1;
    series.candles.push_back(candle);
  }
  return series;
}

struct Damage {
  const char* name;
  void (*harm)(const fs::path& file);
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const Damage kDamages[] = {
    {"truncated", [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
    {"empty", [](const fs::path& file) { fs::resize_file(file, 0); }},
    {"flipped",
     [](const fs::path& file) {
       std::string bytes = *read_file(file);
       bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 4);
       EXPECT_TRUE(write_file_atomic(file, bytes));
     }},
    {"garbage", [](const fs::path& file) { EXPECT_TRUE(write_file_atomic(file, std::string(5'000, '\x7f'))); }},
    {"another_series",
     [](const fs::path& file) {
       fs::copy_file(file.parent_path().parent_path() / "ETHUSDT" / file.filename(), file,
                     fs::copy_options::overwrite_existing);
     }},
    {"gone", [](const fs::path& file) { fs::remove(file); }},
    {"a_directory",
     [](const fs::path& file) {
       fs::remove(file);
       fs::create_directories(file / "inside");
     }},
};

class DamagedStore : public ::testing::TestWithParam<Damage> {
 protected:
  DamagedStore() {
    for (const char* symbol : {"BTCUSDT", "ETHUSDT"})
      for (const int year : {2021, 2022, 2023}) EXPECT_TRUE(store_.write(year_of(symbol, year)));
    GetParam().harm(file_);
  }
  SoundPart sound(const char* symbol) const { return store_.read_sound(hourly_key(symbol), {}, Timestamp::max()); }
  std::vector<FileCheck> checks() { return check_files(store_, RunContext{clock_, cancel_, progress_, 2, {}}).value(); }

  TempDirectory directory_;
  CandleStore store_ = CandleStore::open(directory_.path()).value();
  fs::path file_ = directory_.path() / "sim/1h/BTCUSDT/2022.parquet";
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};

TEST_P(DamagedStore, IsNamedWithItsPeriodAndTheRestIsRead) {
  const SoundPart part = sound("BTCUSDT");
  ASSERT_EQ(part.damaged.size(), 1U);
  EXPECT_EQ(part.damaged[0].period, "2022");
  EXPECT_EQ(part.damaged[0].symbol, "BTCUSDT");
  EXPECT_FALSE(part.damaged[0].problem.message.empty());
  EXPECT_EQ(part.series.candles.size(), 2 * 8760U);
  EXPECT_FALSE(store_.read(hourly_key("BTCUSDT"), {}, Timestamp::max()));
  EXPECT_TRUE(sound("ETHUSDT").damaged.empty());
  EXPECT_EQ(store_.list()->size(), 2U);
}

TEST_P(DamagedStore, IsFoundByAFullCheckAndByItAlone) {
  const auto found = checks();
  EXPECT_EQ(found.size(), 6U);
  for (const FileCheck& check : found) {
    EXPECT_EQ(check.ok(), check.path != file_) << check.path;
    EXPECT_TRUE(check.note.empty()) << check.note;
  }
}

TEST_P(DamagedStore, ImportingThePeriodAgainRepairsItAndSaysSo) {
  const auto result = store_.write(year_of("BTCUSDT", 2022));
  ASSERT_TRUE(result) << to_string(result.error());
  ASSERT_EQ(result->repaired.size(), 1U);
  EXPECT_EQ(result->repaired[0].was.period, "2022");
  EXPECT_EQ(result->repaired[0].rows, 8760U);
  EXPECT_FALSE(result->repaired[0].awaited);
  EXPECT_TRUE(sound("BTCUSDT").damaged.empty());
  EXPECT_EQ(store_.read(hourly_key("BTCUSDT"), {}, Timestamp::max())->candles.size(), 3 * 8760U);
  const bool had_bytes = std::string_view(GetParam().name) != "gone";
  EXPECT_EQ(fs::exists(file_.parent_path() / ".damaged-2022.parquet"), had_bytes) << "the damaged bytes are kept";
  const auto again = store_.write(year_of("BTCUSDT", 2022));
  EXPECT_EQ(again->rows_duplicate, 8760);
  EXPECT_TRUE(again->repaired.empty());
}

TEST_P(DamagedStore, APartOfThePeriodDoesNotMakeItWhole) {
  const auto part = store_.write(year_of("BTCUSDT", 2022, 100));
  ASSERT_TRUE(part) << to_string(part.error());
  ASSERT_EQ(part->repaired.size(), 1U);
  ASSERT_TRUE(part->repaired[0].awaited);
  EXPECT_EQ(part->repaired[0].awaited->code, "store.incomplete");
  const SoundPart half = sound("BTCUSDT");
  ASSERT_EQ(half.damaged.size(), 1U) << "what was lost does not look like a gap";
  EXPECT_EQ(half.series.candles.size(), 2 * 8760U);
  const auto rest = store_.write(year_of("BTCUSDT", 2022));
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->rows_duplicate, 100);
  ASSERT_EQ(rest->repaired.size(), 1U);
  EXPECT_FALSE(rest->repaired[0].awaited);
  EXPECT_TRUE(sound("BTCUSDT").damaged.empty());
}

INSTANTIATE_TEST_SUITE_P(EachWay, DamagedStore, ::testing::ValuesIn(kDamages),
                         [](const auto& way) { return std::string(way.param.name); });

// Whatever single bit is flipped: a read says so, or gives the bars that were written.
TEST(StoredChecksum, NoFlippedBitIsReadAsData) {
  const TempDirectory directory;
  CandleStore store = CandleStore::open(directory.path()).value();
  auto series = year_of("BTCUSDT", 2022, 12);
  for (std::size_t i = 0; i < series.candles.size(); ++i) series.candles[i].trades = static_cast<double>(i);
  ASSERT_TRUE(store.write(series));
  const fs::path file = directory.path() / "sim/1h/BTCUSDT/2022.parquet";
  const std::string bytes = *read_file(file);
  const std::string expected = fingerprint(series);
  std::size_t silent = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ (1 << (i % 8)));
    ASSERT_TRUE(write_file_unsynced(file, altered));
    const auto read = store.read(series.key, {}, Timestamp::max());
    if (!read) continue;
    ++silent;
    EXPECT_EQ(fingerprint(*read), expected) << "byte " << i;
  }
  EXPECT_LT(silent, bytes.size() / 2) << "names, padding and statistics of the footer";
}

TEST(StoredChecksum, AFileOfAnEarlierReleaseIsReadAndGetsOneWithTheNextImport) {
  const TempDirectory directory;
  CandleStore store = CandleStore::open(directory.path()).value();
  const auto series = year_of("BTCUSDT", 2022, 50);
  ASSERT_TRUE(store.write(series));
  const fs::path file = directory.path() / "sim/1h/BTCUSDT/2022.parquet";
  const std::vector<ColumnRequest> columns{
      {"open_time", ColumnType::int64}, {"open"}, {"high"}, {"low"}, {"close"}, {"volume"}};
  auto table = read_parquet(file, columns).value();
  ASSERT_EQ(table.metadata.erase("clm.crc64"), 1U);
  ASSERT_TRUE(write_parquet(file, table));
  EXPECT_EQ(fingerprint(*store.read(series.key, {}, Timestamp::max())), fingerprint(series));
  ASSERT_EQ(store.check_files_of(series.key).size(), 1U);
  EXPECT_TRUE(store.check_files_of(series.key)[0].ok());
  EXPECT_EQ(store.check_files_of(series.key)[0].note, kNoChecksumYet);
  EXPECT_EQ(store.write(series)->rows_duplicate, 50);
  EXPECT_EQ(store.check_files_of(series.key)[0].note, "");
}

TEST(StoredChecksum, WhatIsNoFileOfTheStoreStopsNobodyAndIsNamed) {
  const TempDirectory directory;
  CandleStore store = CandleStore::open(directory.path()).value();
  ASSERT_TRUE(store.write(year_of("BTCUSDT", 2022, 50)));
  for (const char* stray :
       {"README.txt", "sim/notes.md", "sim/1h/list.csv", "sim/1h/BTCUSDT/readme", "sim/1h/BTCUSDT/x.parquet"})
    ASSERT_TRUE(write_file_atomic(directory.path() / stray, "stray"));
  ASSERT_TRUE(store.list());
  EXPECT_EQ(store.list()->size(), 1U);
  EXPECT_EQ(store.read(hourly_key("BTCUSDT"), {}, Timestamp::max())->candles.size(), 50U);
  const auto checks = store.check_files_of(hourly_key("BTCUSDT"));
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[1].path.filename(), "x.parquet");
  EXPECT_FALSE(checks[1].ok());
}

TEST(StoredChecksum, ASymbolOfWhichTheNewestPeriodIsDamagedIsRebuiltFromItsFooter) {
  const TempDirectory directory;
  CandleStore store = CandleStore::open(directory.path()).value();
  ASSERT_TRUE(store.write(year_of("BTCUSDT", 2022, 500)));
  const fs::path file = directory.path() / "sim/1h/BTCUSDT/2022.parquet";
  std::string bytes = *read_file(file);
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  ASSERT_TRUE(write_file_atomic(file, bytes));
  EXPECT_TRUE(store.write(year_of("BTCUSDT", 2022, 499))->repaired.at(0).awaited) << "its footer says 500 bars";
  EXPECT_FALSE(store.write(year_of("BTCUSDT", 2022, 501))->repaired.at(0).awaited);
}

TEST(DamagedContext, IsNamedAndRepaired) {
  const TempDirectory directory;
  ContextStore store = ContextStore::open(directory.path()).value();
  ContextSeries series{SeriesKind::funding_rate, Symbol("BTCUSDT"), {}};
  for (int i = 0; i < 100; ++i) append(series, from_calendar(2022, 1, 1) + i * std::chrono::hours(8), 1e-4 * i);
  auto other = series;
  other.symbol = Symbol("ETHUSDT");
  ASSERT_TRUE(store.write_all(std::vector<ContextSeries>{series, other}));
  const fs::path file = directory.path() / "funding_rate/BTCUSDT.parquet";
  fs::resize_file(file, fs::file_size(file) - 10);
  const ContextKey key{series.kind, series.symbol};
  ASSERT_TRUE(store.check_file_of(key).damaged);
  EXPECT_EQ(store.check_file_of(key).damaged->series, "funding_rate");
  EXPECT_TRUE(store.check_file_of({series.kind, other.symbol}).ok());
  EXPECT_FALSE(store.read(key, Timestamp::max()));
  const auto repaired = store.write(series);
  ASSERT_TRUE(repaired) << to_string(repaired.error());
  ASSERT_EQ(repaired->repaired.size(), 1U);
  EXPECT_EQ(repaired->repaired[0].rows, 100U);
  EXPECT_TRUE(store.check_file_of(key).ok());
  EXPECT_EQ(store.read(key, Timestamp::max())->points.size(), 100U);
}

/// A store of three years of one symbol.
class GoneFile : public ::testing::Test {
 protected:
  GoneFile() {
    for (const int year : {2021, 2022, 2023}) EXPECT_TRUE(store_.write(year_of("BTCUSDT", year)));
  }
  std::vector<DamagedFile> damaged() const { return store_.read_columns(key_).damaged; }
  static CandleEdit removing(const TimeRange& range) {
    return {hourly_key("BTCUSDT"), {}, range, [](Timestamp) { return true; }};
  }
  EditResult edit(const CandleEdit& edit) {
    return store_.edit([&]() -> Result<std::vector<CandleEdit>> { return std::vector<CandleEdit>{edit}; }).value();
  }

  TempDirectory directory_;
  CandleStore store_ = CandleStore::open(directory_.path()).value();
  SeriesKey key_ = hourly_key("BTCUSDT");
  fs::path file_ = directory_.path() / "sim/1h/BTCUSDT/2022.parquet";
  fs::path list_ = directory_.path() / ".written/sim/1h/BTCUSDT";
  TimeRange year_{from_calendar(2022, 1, 1), from_calendar(2023, 1, 1)};
};

TEST_F(GoneFile, WhatTheStoreItselfRemovedIsNotMissed) {
  edit(removing(year_));
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_TRUE(damaged().empty());
  ASSERT_TRUE(store_.write(year_of("BTCUSDT", 2022)));
  fs::remove(file_);
  EXPECT_EQ(damaged().size(), 1U) << "written again, it is missed again";
}

TEST_F(GoneFile, IsMissedUntilItIsRemovedByTheStore) {
  fs::remove(file_);
  ASSERT_EQ(damaged().size(), 1U);
  EXPECT_EQ(damaged()[0].problem.code, "store.gone");
  EXPECT_NE(damaged()[0].problem.remedy.find(
                "clm data --delete BTCUSDT --venue sim --interval 1h --from 2022-01-01 --to 2023-01-01"),
            std::string::npos);
  edit(removing({year_.from, year_.from + std::chrono::hours(100)}));
  EXPECT_EQ(damaged().size(), 1U) << "a part of its time";
  edit(removing(year_));
  EXPECT_TRUE(damaged().empty());
  EXPECT_TRUE(store_.read(key_, {}, Timestamp::max()));
}

TEST_F(GoneFile, OfASeriesThatIsGoneWhole) {
  fs::remove_all(file_.parent_path());
  EXPECT_EQ(store_.list()->size(), 1U);
  EXPECT_EQ(damaged().size(), 3U);
  EXPECT_EQ(store_.check_files_of(key_).size(), 3U);
  edit(removing({}));
  EXPECT_TRUE(store_.list()->empty());
}

TEST_F(GoneFile, ReadingOtherTimesGoesOn) {
  fs::remove(file_);
  EXPECT_TRUE(store_.read(key_, {year_.to, Timestamp::max()}, Timestamp::max()));
  EXPECT_TRUE(store_.read(key_, {}, year_.from));
  EXPECT_EQ(store_.read(key_, {}, year_.from + std::chrono::hours(2)).error().code, "store.gone");
}

TEST_F(GoneFile, AStoreWithoutListsOrWithForeignOnesReadsAsBefore) {
  fs::remove_all(directory_.path() / ".written");
  fs::remove(file_);
  EXPECT_TRUE(damaged().empty()) << "of an earlier release: nobody knows";
  ASSERT_TRUE(write_file_atomic(list_, "2022\nnonsense\n../2021\n\x01"));
  EXPECT_EQ(damaged().size(), 1U);
  fs::remove_all(directory_.path() / ".written");
  ASSERT_TRUE(store_.write(year_of("BTCUSDT", 2024)));
  EXPECT_EQ(*read_file(list_), "2021\n2023\n2024\n") << "what is there when it is written again";
}

// A kill between a file and its list.
TEST_F(GoneFile, AListThatIsBehindRaisesNoAlarmAndCatchesUp) {
  ASSERT_TRUE(write_file_atomic(list_, "2021\n"));
  EXPECT_TRUE(damaged().empty());
  ASSERT_TRUE(store_.write(year_of("BTCUSDT", 2023)));
  fs::remove(file_);
  EXPECT_EQ(damaged().size(), 1U);
}

TEST_F(GoneFile, SomethingElseInThePlaceOfAFolderRefusesThatSeriesAlone) {
  const fs::path folder = directory_.path() / "sim/1h/ETHUSDT";
  ASSERT_TRUE(write_file_atomic(folder, "a file"));
  const std::vector<CandleSeries> batch{year_of("ETHUSDT", 2021), year_of("XRPUSDT", 2021)};
  auto results = store_.write_all(batch);
  ASSERT_TRUE(results) << to_string(results.error());
  EXPECT_EQ((*results)[0].rows_refused, 8760);
  EXPECT_NE((*results)[0].refusal.find(folder.string()), std::string::npos);
  EXPECT_EQ((*results)[1].rows_stored, 8760);
  fs::remove(folder);
  results = store_.write_all(batch);
  EXPECT_EQ((*results)[0].rows_stored, 8760);
}

}  // namespace
}  // namespace clm
