#include "learning/data/universe.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "market/simulator/simulator.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

class StoredUniverseTest : public ::testing::Test {
 protected:
  StoredUniverseTest() {
    SimulationOptions options;
    options.symbols = 3;
    options.bars = 200;
    market_ = simulate(options).value().series;
    EXPECT_TRUE(store_.write_all(market_));
  }

  testing::TempDirectory directory_;
  CandleStore store_ = CandleStore::open(directory_.path()).value();
  std::vector<CandleSeries> market_;
};

TEST_F(StoredUniverseTest, NowIsTheCloseOfTheNewestBarKnown) {
  const Timestamp start = market_[0].candles.front().open_time;
  const auto whole = StoredUniverse::open({store_}, UniverseOptions{}, Timestamp::max());
  ASSERT_TRUE(whole);
  EXPECT_EQ((*whole)->as_of(), start + std::chrono::hours(200));
  const auto early = StoredUniverse::open({store_}, UniverseOptions{}, start + std::chrono::minutes(90));
  ASSERT_TRUE(early);
  EXPECT_EQ((*early)->as_of(), start + std::chrono::hours(1)) << "the second bar has not closed";
  EXPECT_EQ((*early)->load(0)->candles.size(), 1U);
}

TEST_F(StoredUniverseTest, WhatIsNotStoredIsAnErrorWithTheWayOut) {
  UniverseOptions options;
  options.symbols = {"NOPEUSDT"};
  EXPECT_EQ(StoredUniverse::open({store_}, options, Timestamp::max()).error().code, "universe.unknown_symbol");
  options = {};
  options.venue = "elsewhere";
  const auto elsewhere = StoredUniverse::open({store_}, options, Timestamp::max());
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, "universe.ambiguous");
  EXPECT_NE(elsewhere.error().message.find("sim"), std::string::npos);
  const auto before = StoredUniverse::open({store_}, UniverseOptions{}, Timestamp(0));
  EXPECT_EQ(before.error().code, "universe.empty");
}

TEST_F(StoredUniverseTest, ASymbolWithADamagedFileIsLeftOutAndNamed) {
  const Symbol victim = market_[1].key.symbol;
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path()))
    if (entry.is_regular_file() && entry.path().parent_path().filename() == victim.str()) file = entry.path();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  const auto universe = StoredUniverse::open({store_}, UniverseOptions{}, Timestamp::max());
  ASSERT_TRUE(universe) << to_string(universe.error());
  EXPECT_EQ((*universe)->symbols().size(), 2U);
  ASSERT_EQ((*universe)->damaged().size(), 1U);
  EXPECT_EQ((*universe)->damaged()[0].symbol, victim.str());
  EXPECT_EQ((*universe)->damaged()[0].path, file);
  const auto strict = StoredUniverse::open({store_, nullptr, IfDamaged::refuse}, UniverseOptions{}, Timestamp::max());
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().code, "universe.damaged");
  UniverseOptions only;
  only.symbols = {victim.str()};
  const auto none = StoredUniverse::open({store_}, only, Timestamp::max());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::integrity);
}

TEST_F(StoredUniverseTest, WhatOpeningReadIsNotReadAgain) {
  const auto expected =
      StoredUniverse::open({store_, nullptr, IfDamaged::leave_out, 1, 0}, UniverseOptions{}, Timestamp::max());
  const auto universe = StoredUniverse::open({store_}, UniverseOptions{}, Timestamp::max());
  ASSERT_TRUE(expected && universe);
  std::vector<CandleSeries> series;
  for (std::size_t i = 0; i < 3; ++i) series.push_back((*expected)->load(i).value());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path()))
    if (entry.path().extension() == ".parquet") std::filesystem::resize_file(entry.path(), 0);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto loaded = (*universe)->load(i);
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    EXPECT_EQ(fingerprint(*loaded), fingerprint(series[i]));
    EXPECT_FALSE((*universe)->load(i)) << "it is kept for one load";
    EXPECT_FALSE((*expected)->load(i)) << "nothing was to be kept";
  }
}

TEST_F(StoredUniverseTest, WhatHasNoRoomIsReadAgain) {
  const auto universe =
      StoredUniverse::open({store_, nullptr, IfDamaged::leave_out, 2, 20'000}, UniverseOptions{}, Timestamp::max());
  ASSERT_TRUE(universe);
  for (int time = 0; time < 2; ++time)
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*universe)->load(i)->candles.size(), 200U);
}

TEST_F(StoredUniverseTest, ASymbolOfWhichAFileIsGoneIsLeftOutAndNamed) {
  const Symbol victim = market_[1].key.symbol;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path()))
    if (entry.is_directory() && entry.path().filename() == victim.str()) {
      std::filesystem::remove_all(entry.path());
      break;
    }
  const auto universe = StoredUniverse::open({store_}, UniverseOptions{}, Timestamp::max());
  ASSERT_TRUE(universe) << to_string(universe.error());
  EXPECT_EQ((*universe)->symbols().size(), 2U);
  ASSERT_EQ((*universe)->damaged().size(), 1U);
  EXPECT_EQ((*universe)->damaged()[0].symbol, victim.str());
  EXPECT_EQ((*universe)->damaged()[0].problem.code, "store.gone");
}

TEST_F(StoredUniverseTest, SeveralVenuesAreNotMixed) {
  auto other = market_;
  for (auto& series : other) series.key.venue = Venue("other");
  ASSERT_TRUE(store_.write_all(other));
  EXPECT_EQ(StoredUniverse::open({store_}, UniverseOptions{}, Timestamp::max()).error().code, "universe.ambiguous");
  UniverseOptions options;
  options.venue = "other";
  const auto chosen = StoredUniverse::open({store_}, options, Timestamp::max());
  ASSERT_TRUE(chosen);
  EXPECT_EQ((*chosen)->symbols().size(), 3U);
}

}  // namespace
}  // namespace clm
