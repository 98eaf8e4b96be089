#include "learning/options/configured_weights.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(ConfiguredWeights, AreReadAndCheckedOneByOne) {
  EnsembleOptions options;
  const auto defaults = configured_weights(options);
  ASSERT_TRUE(defaults);
  EXPECT_EQ(defaults->of("nhits"), 0.30);
  EXPECT_EQ(defaults->of("patchtst"), 0.20);
  EXPECT_EQ(defaults->of("xgboost"), 0.25);
  EXPECT_EQ(defaults->of("ridge"), 0.20);
  for (const char* wrong : {"xgboost", "=0.2", "xgboost=", "xgboost=much", "xgboost=0", "xgboost=1.5", "xgboost=nan"}) {
    options.weights = {wrong};
    const auto refused = configured_weights(options);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, "ensemble.weights");
  }
  options.weights = {"xgboost=0.2", "xgboost=0.3"};
  EXPECT_FALSE(configured_weights(options));
  options = {};
  options.min_weight = 0.5;
  EXPECT_FALSE(configured_weights(options));
}

}  // namespace
}  // namespace clm
