// Whom what is served is held against, in a life cycle whose recipes are refreshed every day.
#include "learning/life_cycle/benchmark_forecasts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>

#include "learning/life_cycle/live_forecasts.hpp"
#include "learning/life_cycle/lived_fixture.hpp"
#include "learning/options/serving_rules.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::kBars;

constexpr std::size_t kLivedEnd = kBars + 80;

LearningOptions lineups_daily(std::vector<std::string> models, int vintages) {
  LearningOptions options = testing::small_trees();
  options.training.models = std::move(models);
  options.lineup.vintages = vintages;
  options.lineup.spacing_days = 1;
  options.triggers.kinds = {"time_based"};
  options.triggers.retrain_hours = 24;
  options.triggers.cooldown_hours = 1;
  options.retention.keep_versions = 1;
  return options;
}

class BenchmarkForecastsTest : public testing::LivedTest {
 protected:
  BenchmarkForecastsTest() : LivedTest(lineups_daily({"lightgbm"}, 2)) {}

  /// Accepted, and active, when the life cycle begins.
  void accept(LearningOptions options) {
    options.deployment.gate = PolicyGate::none;
    cycle(options, Force::no, kBars - 1);
  }
  using RowsOfBar = std::map<std::string, std::vector<float>>;
  std::map<Timestamp, RowsOfBar> logged() const {
    std::map<Timestamp, RowsOfBar> bars;
    const auto rows = life_log_.forecasts(Timestamp::min(), Timestamp::max());
    EXPECT_TRUE(rows) << to_string(rows.error());
    for (const ForecastRow& row : *rows) bars[row.decided_at][row.who] = row.forecast;
    return bars;
  }
  static bool are_same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
      return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
    });
  }
  std::string first_ensemble() const { return state_.first_lineup.at("ensemble").str(); }
};

TEST_F(BenchmarkForecastsTest, TheNewestAreWhatALineupOfOneVintageEachServes) {
  for (const EnsembleMode mode : {EnsembleMode::learned, EnsembleMode::fixed}) {
    LearningOptions options = lineups_daily({"lightgbm", "xgboost"}, 1);
    options.ensemble.mode = mode;
    options.ensemble.weights = {"lightgbm=0.3", "xgboost=0.6"};
    struct Lived : BenchmarkForecastsTest {
      void TestBody() override {}
      using BenchmarkForecastsTest::accept;
      using BenchmarkForecastsTest::are_same_bits;
      using BenchmarkForecastsTest::life_log_;
      using BenchmarkForecastsTest::live_until;
      using BenchmarkForecastsTest::logged;
    } lived;
    lived.accept(options);
    lived.live_until(kBars + 40, 1'000'000, options);
    const auto bars = lived.logged();
    ASSERT_EQ(bars.size(), 41U);
    for (const auto& [time, rows] : bars)
      EXPECT_TRUE(Lived::are_same_bits(rows.at(kNewest), rows.at(kServed))) << to_string(time);
    const RegretReport regret = regret_of(lived.life_log_.regret().value(), 5, Interval::one_hour());
    EXPECT_EQ(regret.of(kNewest)->ic_bars, 0);
    EXPECT_EQ(regret.all.size(), 5U) << "newest, static, silence, and each recipe alone";
    EXPECT_NE(regret.of("xgboost")->ic_bars, 0);
  }
}

TEST_F(BenchmarkForecastsTest, TheNewestIsTheActiveVersionWhoeverElseSpeaks) {
  accept(usual_);
  live_until(kLivedEnd);
  const auto bars = logged();
  std::set<std::string> newest;
  for (const auto& [time, rows] : bars) {
    std::string who;
    for (const auto& [name, forecast] : rows)
      if (name != kNewest && name != kServed && name != kStatic && manifest_of(name).model_type == "lightgbm" &&
          (who.empty() || manifest_of(name).created_as_of > manifest_of(who).created_as_of))
        who = name;
    EXPECT_TRUE(are_same_bits(rows.at(kNewest), rows.at(who))) << to_string(time);
    EXPECT_LT(manifest_of(who).created_as_of, time) << "it had been made when the bar closed";
    newest.insert(who);
  }
  EXPECT_EQ(newest.size(), 4U) << "one at the beginning, and one a day";
  EXPECT_FALSE(are_same_bits(bars.rbegin()->second.at(kNewest), bars.rbegin()->second.at(kServed)));
}

TEST_F(BenchmarkForecastsTest, TheFirstLineupSpeaksOnAfterItLeftAndIsNeverPruned) {
  accept(usual_);
  const std::string first = active_version("ensemble");
  ASSERT_FALSE(first.empty());
  live_until(kLivedEnd, 9);  // opened anew every nine bars
  ASSERT_EQ(first_ensemble(), first);
  ASSERT_NE(active_version("ensemble"), first);
  for (const ManifestMember& member : manifest_of(active_version("ensemble")).members)
    for (const ManifestMember& before : manifest_of(first).members) EXPECT_NE(member.version, before.version);
  const auto ensembles = registry_->list(Registry::Filter{"ensemble", {}, VersionStatus::retired});
  EXPECT_TRUE(std::any_of(ensembles->begin(), ensembles->end(), [](const auto& one) { return one.pruned; }))
      << "retention has been at work";
  EXPECT_FALSE(registry_->find(first)->pruned);
  for (const ManifestMember& member : manifest_of(first).members)
    EXPECT_FALSE(registry_->find(member.version)->pruned) << member.version;

  ForecastCache cache(*tape_, *registry_, usual_.serving);
  const auto bars = logged();
  ASSERT_EQ(bars.size(), kLivedEnd - kBars + 1);
  for (const auto& [time, rows] : bars) {
    const auto said = cache.forecast(VersionId(first), tape_->bar_at_or_after(time));
    ASSERT_TRUE(said) << to_string(said.error());
    ASSERT_FALSE(std::isnan(said->front()));
    EXPECT_TRUE(are_same_bits(rows.at(kStatic), *said)) << to_string(time);
  }
  const RegretReport regret = regret_of(life_log_.regret().value(), 5, Interval::one_hour());
  EXPECT_EQ(regret.of(kStatic)->bars, regret.of(kNewest)->bars);
}

// Age silences who serves, and not whom it is held against.
TEST_F(BenchmarkForecastsTest, TheFirstLineupIsNotSilencedByItsAge) {
  accept(usual_);
  LearningOptions options = usual_;
  options.serving.max_data_age_days = 2;
  live_until(kLivedEnd, 1'000'000, options);
  const auto bars = logged();
  EXPECT_FALSE(std::isnan(bars.rbegin()->second.at(kStatic).front()));
}

TEST_F(BenchmarkForecastsTest, TheFloorIsNobodyWhoWasAccepted) {
  LearningOptions ridge = usual_;
  ridge.training.models = {"ridge"};
  accept(ridge);
  LearningOptions options = usual_;
  options.floor = Floor::ridge;
  const MarketTape tape = testing::ReplayPlace::tape_of(testing::easy_candles(kBars + 10), "classic22", kBars + 10);
  const std::size_t bar = tape.bar_at_or_after(close_of(kBars + 5));
  LifeCycleState state;
  for (const char* type : {"ridge", "ensemble"}) state.types[type].active = VersionId(active_version(type));
  LiveForecasts of_floor(tape, *registry_, options, serving_rules(options).value());
  EXPECT_TRUE(of_floor.accepted(bar, state)->empty());
  const auto rows = of_floor.at(bar, state).value();
  const auto newest = std::find_if(rows.begin(), rows.end(), [](const ForecastRow& row) { return row.who == kNewest; });
  ASSERT_NE(newest, rows.end()) << "what speaks is held against its newest vintage";
  EXPECT_TRUE(are_same_bits(newest->forecast, row_of(rows, state.types["ridge"].active)->forecast));
  LiveForecasts of_ridge(tape, *registry_, ridge, serving_rules(ridge).value());
  EXPECT_EQ(of_ridge.accepted(bar, state).value().at("ridge"), state.types["ridge"].active);
}

// A leak: after a pause bars are gone through that closed before the active version was made.
TEST_F(BenchmarkForecastsTest, NobodyIsTheFirstLineupOfABarBeforeItWasMade) {
  accept(usual_);
  const MarketTape tape = testing::ReplayPlace::tape_of(testing::easy_candles(kBars + 10), "classic22", kBars + 10);
  LifeCycleState state;
  for (const char* type : {"lightgbm", "ensemble"}) state.types[type].active = VersionId(active_version(type));
  LiveForecasts forecasts(tape, *registry_, usual_, serving_rules(usual_).value());
  const std::size_t before = tape.bar_at_or_after(close_of(kBars - 2));
  EXPECT_TRUE(forecasts.accepted(before, state)->empty());
  state.first_lineup = forecasts.accepted(before + 1, state).value();
  EXPECT_EQ(state.first_lineup.size(), 2U);
  const auto rows = forecasts.at(before, state).value();
  for (const ForecastRow& row : rows) EXPECT_TRUE(row.who != kNewest && row.who != kStatic) << row.who;
}

}  // namespace
}  // namespace clm
