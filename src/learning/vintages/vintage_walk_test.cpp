#include "learning/vintages/vintage_walk.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/vintages/lineup_forecast.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;

constexpr std::size_t kFirstFit = 400, kFitEvery = 120, kFits = 5, kEnd = 1'000;

class VintageWalkTest : public ::testing::Test {
 protected:
  VintageWalkTest() {
    options_ = testing::small_trees();
    options_.training.models = {"ridge", "lightgbm"};
    options_.training.max_fit_rows = 1'000;
    lineup_.vintages = 3;
    lineup_.spacing_days = 5;
    for (std::size_t i = 0; i < kFits; ++i) moments_.push_back(close_of(kFirstFit + i * kFitEvery));
  }
  LearningData data() const {
    LearningDataOptions learning;
    learning.label = options_.label;
    return prepare_learning_data(feature_set(options_.feature_set).value(), easy_candles(), nullptr, learning, run_)
        .value();
  }
  VintageWalk walk(const LearningData& data, int jobs = 1) const {
    RunContext run = run_;
    run.jobs = jobs;
    return walk_vintages(data, options_, moments_, close_of(kEnd), lineup_, run).value();
  }
  std::vector<ServedWalkForecast> served(const LearningData& data, const VintageWalk& walk) const {
    std::vector<WalkForecast> said;
    for (std::size_t r = 0; r < 2; ++r) said.push_back(lineup_forecast(data, walk, r, lineup_, 8));
    said.push_back(mean_of_recipes(said, "average"));
    for (std::size_t b = 0; b < walk.vintages.front().baselines.size(); ++b) said.push_back(baseline_forecast(walk, b));
    return calibrated_as_served(data, walk, said);
  }

  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
  RunContext run_{clock_, cancel_, progress_, 1};
  LearningOptions options_;
  LineupOptions lineup_;
  std::vector<Timestamp> moments_;
};

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

TEST_F(VintageWalkTest, WhatWasNotKnownWhenAVintageWasMadeChangesNothingThatItSays) {
  const LearningData truth = data();
  const VintageWalk walked = walk(truth);
  const auto said = served(truth, walked);
  const std::size_t first = walked.spans.front().first_row;
  for (std::size_t i = 0; i < kFits; ++i) {
    LearningData poisoned = data();
    Dataset& rows = poisoned.rows.data;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows.known_at_ms[row] <= moments_[i].ms()) continue;
      rows.label[row] = rows.forward_return[row] = row % 2 == 0 ? 50.0F : -3.0F;
    }
    const VintageWalk other = walk(poisoned);
    for (std::size_t v = 0; v <= i; ++v)
      for (std::size_t r = 0; r < 2; ++r)
        EXPECT_TRUE(same_bits(walked.vintages[v].recipes[r].fits[0], other.vintages[v].recipes[r].fits[0])) << v;
    const auto other_said = served(poisoned, other);
    const std::size_t count = walked.spans[i].end_row - first;
    for (std::size_t f = 0; f < said.size(); ++f)
      EXPECT_TRUE(same_bits(std::span(said[f].forecast).first(count), std::span(other_said[f].forecast).first(count)))
          << said[f].name << " in the span that begins with fit " << i;
    if (i + 1 < kFits) {
      EXPECT_FALSE(same_bits(walked.vintages[i + 1].recipes[0].fits[0], other.vintages[i + 1].recipes[0].fits[0]))
          << "the next one learns from what was changed";
    }
  }
}

TEST_F(VintageWalkTest, TheNewestLabelsAreLearnedFrom) {
  const LearningData truth = data();
  const VintageWalk walked = walk(truth);
  const Duration embargo = std::chrono::hours(options_.training.embargo_bars);
  for (const Vintage& vintage : walked.vintages) {
    const Timestamp last(vintage.training.to - Duration(1));
    EXPECT_EQ(vintage.validation_rows, 0U) << "nothing that is trained here stops early";
    const Duration label = std::chrono::hours(1 + options_.label.entry_delay_bars + options_.label.horizon_bars);
    EXPECT_LE(last + label + embargo, vintage.fitted_at);
    EXPECT_GE(last + label + embargo, vintage.fitted_at - std::chrono::hours(8)) << "but for what thinning leaves out";
  }
}

TEST_F(VintageWalkTest, ALineupIsTheMeanOfWhatItsVintagesSay) {
  const LearningData truth = data();
  const VintageWalk walked = walk(truth);
  ASSERT_EQ(walked.vintages.size(), kFits);
  EXPECT_EQ(walked.spans.front().members.size(), 1U);
  EXPECT_EQ(walked.spans.back().members.size(), 3U);
  const std::size_t first = walked.spans.front().first_row;
  const WalkForecast lineup = lineup_forecast(truth, walked, 0, lineup_, 8);
  EXPECT_EQ(lineup.name, "ridge");
  const LineupSpan& span = walked.spans.back();
  const auto& rows = truth.rows.data;
  std::size_t end = span.first_row;
  while (rows.decided_at_ms[end] == rows.decided_at_ms[span.first_row]) ++end;
  std::vector<double> mean(end - span.first_row, 0);
  for (const std::size_t member : span.members) {
    const Vintage& vintage = walked.vintages[member];
    double sum = 0, squares = 0;
    const auto said = [&](std::size_t i) {
      return static_cast<double>(vintage.recipes[0].fits[0][span.first_row + i - vintage.first_row]);
    };
    for (std::size_t i = 0; i < mean.size(); ++i) sum += said(i);
    for (std::size_t i = 0; i < mean.size(); ++i)
      squares += std::pow(said(i) - sum / static_cast<double>(mean.size()), 2);
    const double deviation = std::sqrt(squares / static_cast<double>(mean.size()));
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += (said(i) - sum / static_cast<double>(mean.size())) / deviation / 3;
  }
  for (std::size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(lineup.forecast[span.first_row - first + i], mean[i], 1e-5);

  LineupOptions newest = lineup_;
  newest.vintages = 1;
  EXPECT_FALSE(same_bits(lineup_forecast(truth, walked, 0, newest, 8).forecast, lineup.forecast));
}

TEST_F(VintageWalkTest, FitsOfOneDayDrawOtherRowsAndJobsChangeNothing) {
  lineup_.fits = 2;
  const LearningData truth = data();
  const VintageWalk walked = walk(truth), side_by_side = walk(truth, 3);
  for (std::size_t v = 0; v < kFits; ++v) {
    const RecipeVintage& ridge = walked.vintages[v].recipes[0];
    EXPECT_FALSE(same_bits(ridge.fits[0], ridge.fits[1]));
    EXPECT_TRUE(same_bits(ridge.fits[1], side_by_side.vintages[v].recipes[0].fits[1]));
  }
}

TEST_F(VintageWalkTest, NothingIsServedBeforeThereIsARecordToScaleBy) {
  const LearningData truth = data();
  const VintageWalk walked = walk(truth);
  const auto said = served(truth, walked);
  const std::size_t first = walked.spans.front().first_row;
  for (const ServedWalkForecast& one : said) {
    EXPECT_TRUE(std::isnan(one.forecast.front()));
    EXPECT_FALSE(std::isnan(one.forecast[walked.spans[1].first_row - first])) << one.name;
  }
}

TEST_F(VintageWalkTest, MomentsWithTooLittleHistoryAreLeftOut) {
  moments_.insert(moments_.begin(), close_of(60));
  const LearningData truth = data();
  EXPECT_EQ(walk(truth).vintages.front().fitted_at, close_of(kFirstFit));
  moments_ = {close_of(60)};
  const auto nothing = walk_vintages(truth, options_, moments_, close_of(kEnd), lineup_, run_);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, "split.no_folds");
}

}  // namespace
}  // namespace clm
