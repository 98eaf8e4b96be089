#include "base/probability_distribution.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

// Values: Abramowitz & Stegun, table 26.1 and 26.5, to the digits printed there and beyond by GNU R's qnorm.
TEST(ProbabilityDistribution, AgreesWithTables) {
  EXPECT_NEAR(normal_cdf(1.96), 0.9750021048517795, 1e-15);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-13);
  EXPECT_NEAR(normal_quantile(0.5), 0.0, 1e-15);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-12);
}

TEST(ProbabilityDistribution, QuantileInvertsTheDistribution) {
  for (double p = 0.0005; p < 1; p += 0.0005) EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-14);
}

}  // namespace
}  // namespace clm
