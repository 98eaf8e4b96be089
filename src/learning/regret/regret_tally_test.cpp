#include "learning/regret/regret_tally.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "evaluation/metrics/rank_ic.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/features_needed.hpp"

namespace clm {
namespace {

constexpr std::size_t kFirst = 200;  ///< volatility is known, and so are labels

const MarketTape& tape() {
  static const MarketTape recorded = [] {
    ManualClock clock{Timestamp(0)};
    CancelToken cancel;
    SilentProgress progress;
    return MarketTape::record(no_features(), testing::easy_candles(400), nullptr, LabelOptions(),
                              testing::close_of(400), {clock, cancel, progress, 1, {}})
        .value();
  }();
  return recorded;
}

using Forecast = std::vector<float>;

Forecast silent() { return Forecast(tape().symbols().size(), std::numeric_limits<float>::quiet_NaN()); }
/// Says what will come, up to an error that grows with `error`.
Forecast foresight(std::size_t bar, float error) {
  Forecast forecast = silent();
  for (std::size_t row = tape().row_begin(bar); row < tape().row_end(bar); ++row) {
    const std::size_t symbol = tape().rows().symbol[row];
    const auto noise = static_cast<float>(std::sin(static_cast<double>(7 * bar + 3 * symbol)));
    forecast[symbol] = tape().rows().forward_return[row] + error * noise;
  }
  return forecast;
}

class RegretTallyTest : public testing::RegistryTest {
 protected:
  VersionId vintage(const std::string& type, int month, std::vector<ManifestMember> members = {}) {
    Manifest manifest = testing::sample_manifest(static_cast<std::uint64_t>(month), type);
    manifest.created_as_of = from_calendar(2022, 6 + month, 1);
    manifest.members = std::move(members);
    const auto stored = testing::put_sample(registry_->store(), manifest);
    EXPECT_TRUE(stored) << to_string(stored.error());
    EXPECT_TRUE(registry_->enter(*stored, testing::because("trained")));
    return stored->version;
  }
  ForecastRow row(std::size_t bar, const std::string& who, Forecast forecast, Heard heard = Heard::in_service) {
    return {tape().close(bar), who, std::move(forecast), heard};
  }
  /// In sums over all bars, by forecaster.
  std::map<std::string, RegretDay> sums() {
    std::map<std::string, RegretDay> sums;
    for (const RegretDay& one : tally_.take()) {
      RegretDay& sum = sums[one.forecaster];
      sum.bars += one.bars;
      sum.forecaster_ic += one.forecaster_ic;
      sum.served_ic += one.served_ic;
    }
    return sums;
  }
  const Timestamp end_ = tape().close(tape().bars() - 1);
  RegretTally tally_{tape(), *registry_, 8};
};

// The bar's rank IC is what a judgement of the whole history has for it.
TEST_F(RegretTallyTest, CountsTheRankIcOfTheJudgingForEveryBar) {
  constexpr std::size_t kBarsJudged = 100;
  RowSet rows{&tape().rows(), {}};
  for (std::size_t bar = kFirst; bar < kFirst + kBarsJudged; ++bar)
    for (std::size_t row = tape().row_begin(bar); row < tape().row_end(bar); ++row)
      if (!std::isnan(tape().rows().label[row])) rows.rows.push_back(static_cast<std::uint32_t>(row));
  const auto truth = judged_rows(rows, tape().label().horizon_bars);
  const auto judged = [&](float error) {
    Forecast all;
    for (std::size_t i = 0; i < truth->size(); ++i)
      all.push_back(foresight(tape().bar_at_or_after(Timestamp(truth->decided_at_ms[i])), error)[truth->symbol[i]]);
    const auto series = rank_ic_series(*truth, all, judged_return(*truth, truth->forward_return), {8});
    EXPECT_EQ(series.ic.size(), kBarsJudged);
    double sum = 0;
    for (const double value : series.ic.value) sum += value;
    return sum;
  };
  for (std::size_t bar = kFirst; bar < kFirst + kBarsJudged; ++bar)
    ASSERT_TRUE(tally_.add(bar,
                           {row(bar, kNewest, foresight(bar, 0.02F)), row(bar, kStatic, foresight(bar, 0.05F)),
                            row(bar, kServed, foresight(bar, 0.01F))},
                           end_));
  const auto all = sums();
  ASSERT_EQ(all.size(), 3U) << "and silence";
  EXPECT_EQ(all.at(kNewest).bars, static_cast<std::int64_t>(kBarsJudged));
  EXPECT_EQ(all.at(kNewest).forecaster_ic, judged(0.02F));
  EXPECT_EQ(all.at(kNewest).served_ic, judged(0.01F));
  EXPECT_EQ(all.at(kStatic).forecaster_ic, judged(0.05F));
  EXPECT_EQ(all.at(kSilence).forecaster_ic, 0);
  EXPECT_EQ(all.at(kSilence).served_ic, judged(0.01F));
  EXPECT_GT(judged(0.01F), judged(0.05F)) << "who errs more ranks worse";
}

TEST_F(RegretTallyTest, BelongsToTheDayOfTheDecision) {
  const std::size_t midnight = [&] {
    std::size_t bar = kFirst;
    while (tape().close(bar).ms() % kDayMs != 0) ++bar;
    return bar;
  }();
  for (const std::size_t bar : {midnight - 1, midnight})
    ASSERT_TRUE(tally_.add(bar, {row(bar, kNewest, foresight(bar, 0)), row(bar, kServed, foresight(bar, 0))}, end_));
  const auto added = tally_.take();
  ASSERT_EQ(added.size(), 4U);
  EXPECT_EQ(added[0].day, tape().close(midnight) - kDay);
  EXPECT_EQ(added[2].day, tape().close(midnight));
  EXPECT_TRUE(tally_.take().empty()) << "taken once";
}

// A leak: what is known of the outcome is asked as of `now`, and before that there is nothing to score.
TEST_F(RegretTallyTest, NothingIsScoredBeforeItsLabelIsKnown) {
  const std::vector<ForecastRow> said{row(kFirst, kNewest, foresight(kFirst, 0)),
                                      row(kFirst, kServed, foresight(kFirst, 0))};
  ASSERT_TRUE(tally_.add(kFirst, said, tape().known_at(kFirst) - Duration(1)));
  EXPECT_TRUE(sums().empty());
  ASSERT_TRUE(tally_.add(kFirst, said, tape().known_at(kFirst)));
  EXPECT_EQ(sums().at(kNewest).bars, 1);
}

TEST_F(RegretTallyTest, WhoSaysNothingWhereTheNewestSpeaksIsWorthNothingThere) {
  ASSERT_TRUE(tally_.add(kFirst, {row(kFirst, kNewest, foresight(kFirst, 0)), row(kFirst, kServed, silent())}, end_));
  const auto all = sums();
  EXPECT_NEAR(all.at(kNewest).forecaster_ic, 1, 1e-12);
  EXPECT_EQ(all.at(kNewest).served_ic, 0);
}

TEST_F(RegretTallyTest, BarsAtWhichNobodyNewestCanBeRankedDoNotCount) {
  Forecast of_seven = foresight(kFirst, 0);
  std::fill(of_seven.begin() + 7, of_seven.end(), std::numeric_limits<float>::quiet_NaN());
  ASSERT_TRUE(tally_.add(kFirst, {row(kFirst, kServed, foresight(kFirst, 0))}, end_));
  ASSERT_TRUE(tally_.add(kFirst, {row(kFirst, kNewest, of_seven), row(kFirst, kServed, foresight(kFirst, 0))}, end_));
  EXPECT_TRUE(sums().empty());
}

TEST_F(RegretTallyTest, ARecipeIsItsNewestVintageInService) {
  const std::string older = vintage("lightgbm", 1).str(), newer = vintage("lightgbm", 2).str();
  const std::string on_trial = vintage("lightgbm", 3).str(), other = vintage("xgboost", 1).str();
  const std::string lineup = vintage("ensemble", 4, {{"lightgbm", newer, 0.5}, {"xgboost", other, 0.5}}).str();
  const auto opposite = [](Forecast forecast) {
    for (float& value : forecast) value = -value;
    return forecast;
  };
  const Forecast right = foresight(kFirst, 0), wrong = opposite(right);
  ASSERT_TRUE(tally_.add(
      kFirst,
      {row(kFirst, older, wrong), row(kFirst, newer, right), row(kFirst, on_trial, wrong, Heard::for_a_trial),
       row(kFirst, other, wrong), row(kFirst, lineup, wrong), row(kFirst, kNewest, wrong), row(kFirst, kServed, wrong)},
      end_));
  const auto all = sums();
  ASSERT_EQ(all.size(), 4U) << "newest, silence and two recipes";
  EXPECT_NEAR(all.at("lightgbm").forecaster_ic, 1, 1e-12);
  EXPECT_NEAR(all.at("xgboost").forecaster_ic, -1, 1e-12);
}

}  // namespace
}  // namespace clm
