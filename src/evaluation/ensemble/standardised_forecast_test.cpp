#include "evaluation/ensemble/standardised_forecast.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace clm {
namespace {

const float kNone = std::numeric_limits<float>::quiet_NaN();

TEST(StandardisedForecast, ACrossSectionHasMeanZeroAndDeviationOne) {
  std::vector<float> f{1, 2, kNone, 3, 6};
  standardise(f, 1, {ReturnBasis::relative, 4});
  EXPECT_TRUE(std::isnan(f[2]));
  const double sd = std::sqrt(3.5);  // of 1, 2, 3, 6 around 3
  EXPECT_FLOAT_EQ(f[0], static_cast<float>(-2 / sd));
  EXPECT_FLOAT_EQ(f[3], 0);
  EXPECT_FLOAT_EQ(f[4], static_cast<float>(3 / sd));
}

TEST(StandardisedForecast, ScaleAndCommonLevelOfACrossSectionSayNothing) {
  std::vector<float> a{.1F, -.2F, .4F, .05F}, b;
  for (const float x : a) b.push_back(.8F * x + .03F);
  standardise(a, 5, {ReturnBasis::relative, 3});
  standardise(b, 1, {ReturnBasis::relative, 3});
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST(StandardisedForecast, FewSymbolsAndPlainReturnsKeepTheirLevel) {
  std::vector<float> few{.2F, .4F}, plain(9, .3F);
  standardise(few, .1, {ReturnBasis::relative, 8});
  EXPECT_FLOAT_EQ(few[0], 2);
  EXPECT_FLOAT_EQ(few[1], 4);
  standardise(plain, .1, {ReturnBasis::own, 8});
  EXPECT_FLOAT_EQ(plain[0], 3) << "that all rise is what a plain forecast may say";
}

TEST(StandardisedForecast, EqualForecastsOfRelativeReturnsAreNoOpinion) {
  std::vector<float> alike(9, .3F);
  standardise(alike, 1, {ReturnBasis::relative, 8});
  for (const float z : alike) EXPECT_EQ(z, 0);
}

TEST(StandardisedForecast, ARootMeanSquareIsOfWhatIsThere) {
  EXPECT_DOUBLE_EQ(root_mean_square(std::vector<float>{3, kNone, -4}), std::sqrt(12.5));
}

}  // namespace
}  // namespace clm
