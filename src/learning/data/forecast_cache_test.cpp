#include "learning/data/forecast_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::kBars;

class ForecastCacheTest : public testing::LearningTest {
 protected:
  ForecastCacheTest()
      : tape_(MarketTape::record(*feature_set("classic22"), testing::easy_candles(kBars + 200), nullptr,
                                 testing::small_trees().label, close_of(kBars + 200), undisturbed())
                  .value()) {}
  std::vector<float> forecast(ForecastCache& cache, const std::string& version, std::size_t bars) {
    const auto said = cache.forecast(VersionId(version), tape_.bar_at_or_after(close_of(bars)));
    EXPECT_TRUE(said) << to_string(said.error());
    return said.value_or(std::vector<float>());
  }
  static bool says_nothing(const std::vector<float>& forecasts) {
    return std::all_of(forecasts.begin(), forecasts.end(), [](float value) { return std::isnan(value); });
  }
  MarketTape tape_;
};

// As the program that serves does it: a replay must not listen to a vote that nobody would have heard.
TEST_F(ForecastCacheTest, AnExpiredMemberSaysNothingInItsEnsemble) {
  LearningOptions options = testing::judged_small_trees();
  options.deployment.gate = PolicyGate::none;
  options.ensemble.models = {"lightgbm", "xgboost"};
  options.training.models = {"lightgbm"};
  cycle(options);
  options.training.models = {"xgboost"};
  cycle(options, Force::yes, kBars + 20);
  const std::string ensemble = active_version("ensemble"), newer = active_version("xgboost");
  ASSERT_FALSE(ensemble.empty());

  options.serving.max_data_age_days = silent_after_days("lightgbm", 4);
  const Duration younger = manifest_of(newer).learned_until - manifest_of(active_version("lightgbm")).learned_until;
  const auto later = static_cast<std::size_t>(younger / std::chrono::hours(1));
  ASSERT_GT(later, 1U);
  // One block for all bars, and one for each.
  for (const std::size_t block_rows : {1U, 100'000U}) {
    ForecastCache cache(tape_, *registry_, options.serving, block_rows);
    EXPECT_NE(forecast(cache, ensemble, kBars + 96), forecast(cache, newer, kBars + 96)) << "both have a vote";
    EXPECT_EQ(forecast(cache, ensemble, kBars + 97), forecast(cache, newer, kBars + 97)) << "one has expired";
    EXPECT_FALSE(says_nothing(forecast(cache, ensemble, kBars + 96 + later)));
    EXPECT_TRUE(says_nothing(forecast(cache, ensemble, kBars + 97 + later))) << "so has the other";
  }
}

}  // namespace
}  // namespace clm
