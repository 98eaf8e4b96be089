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

/// scipy 1.17 by tools/oracles/drift_oracles.py.
TEST(ProbabilityDistribution, SurvivalOfTestStatistics) {
  EXPECT_NEAR(kolmogorov_survival(0.3), 0.9999906941986655, 1e-14);
  EXPECT_NEAR(kolmogorov_survival(0.8), 0.5441424115741981, 1e-14);
  EXPECT_NEAR(kolmogorov_survival(1.0), 0.26999967167735456, 1e-14);
  EXPECT_NEAR(kolmogorov_survival(1.36), 0.049485876755377876, 1e-14);
  EXPECT_NEAR(kolmogorov_survival(2.5), 7.453306344157342e-06, 1e-18);
  EXPECT_NEAR(kolmogorov_survival(1 - 1e-12), kolmogorov_survival(1 + 1e-12), 1e-11);
  EXPECT_EQ(kolmogorov_survival(0), 1);
  EXPECT_NEAR(chi_squared_survival(3.2, 4), 0.5249309467861041, 1e-14);
  EXPECT_NEAR(chi_squared_survival(16.92, 9), 0.04998360638750561, 1e-14);
  EXPECT_NEAR(chi_squared_survival(80, 9), 1.61613141565346e-13, 1e-25);
  EXPECT_EQ(chi_squared_survival(0, 3), 1);
  EXPECT_NEAR(f_survival(2.5, 4, 30), 0.0634764397982508, 1e-14);
  EXPECT_NEAR(f_survival(12, 4, 12), 0.00037120000000000013, 1e-16);
  EXPECT_NEAR(f_survival(0.7, 9, 200), 0.7084754771789408, 1e-13);
  EXPECT_EQ(f_survival(0, 4, 12), 1);
}

}  // namespace
}  // namespace clm
