#include "evaluation/calibration/forecast_calibration.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/file_io.hpp"
#include "base/random.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/calibration/time_folds.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

struct Sample {
  JudgedRows rows;
  std::vector<float> forecast;
};

/// Returns in units of volatility = slope * forecast + noise, plus a market move that all symbols of a time share.
Sample sample(double slope, double market) {
  Sample out;
  Random random(5);
  for (int t = 0; t < 400; ++t) {
    const double move = market * random.normal();
    for (int s = 0; s < 10; ++s) {
      const double forecast = random.normal();
      out.forecast.push_back(static_cast<float>(forecast));
      out.rows.decided_at_ms.push_back(t);
      out.rows.known_at_ms.push_back(t + 1);
      out.rows.symbol.push_back(static_cast<std::uint16_t>(s));
      out.rows.volatility.push_back(0.02F);
      out.rows.forward_return.push_back(static_cast<float>(0.02 * (slope * forecast + 0.5 * random.normal()) + move));
      out.rows.label.push_back(0);
    }
  }
  return out;
}

TEST(ForecastCalibration, FindsTheSlopeThatTurnsForecastsIntoReturns) {
  const auto own = sample(0.3, 0.0);
  const auto fitted = ForecastCalibration::fit(own.rows, own.forecast, ReturnBasis::own);
  ASSERT_TRUE(fitted);
  EXPECT_NEAR(fitted->slope(), 0.3, 0.03);
  EXPECT_GT(fitted->up_probability(1.5), 0.6);
  EXPECT_LT(fitted->up_probability(-1.5), 0.4);
}

TEST(ForecastCalibration, ARelativeForecastIsNotBlamedForTheMarket) {
  const auto moved = sample(0.3, 0.2);
  const auto fitted = ForecastCalibration::fit(moved.rows, moved.forecast, ReturnBasis::relative);
  ASSERT_TRUE(fitted);
  EXPECT_NEAR(fitted->slope(), 0.27, 0.04) << "0.3 less what the mean of ten symbols carries of each";
}

TEST(CrossFittedForecasts, NoForecastIsCalibratedByItsOwnOutcomeOrOneThatSharesTimeWithIt) {
  auto own = sample(0.3, 0.0);
  for (auto& known : own.rows.known_at_ms) known += 4;  // labels overlap
  const auto before = cross_fitted_forecasts(own.rows, own.forecast);
  ASSERT_TRUE(before) << to_string(before.error());
  const auto folds = time_folds(own.rows, 4);
  ASSERT_EQ(folds.size(), 4U);
  std::set<double> slopes;
  for (const TimeFold& fold : folds) {
    slopes.insert(static_cast<double>(before->forecast[fold.begin]) / static_cast<double>(own.forecast[fold.begin]));
    // Every outcome that touches the stretch is turned around, and one row beyond is not.
    auto altered = own.rows;
    for (std::size_t i = 0; i < altered.size(); ++i)
      if (fold.touches(altered, i)) altered.forward_return[i] = -1;
    const auto after = cross_fitted_forecasts(altered, own.forecast);
    for (std::size_t i = fold.begin; i < fold.end; ++i) {
      ASSERT_EQ(after->forecast[i], before->forecast[i]);
      ASSERT_EQ(after->up_probability[i], before->up_probability[i]);
    }
    EXPECT_NE(after->forecast, before->forecast) << "the other stretches are calibrated by these";
  }
  EXPECT_EQ(slopes.size(), 4U) << "each stretch by its own rows";
  for (const double slope : slopes) EXPECT_NEAR(slope, 0.3, 0.03);
}

TEST(CrossFittedForecasts, TooFewRowsAreToldAndNotGuessed) {
  auto own = sample(0.3, 0.0);
  std::vector<float> few(own.forecast.size(), std::nanf(""));
  std::copy_n(own.forecast.begin(), 120, few.begin());
  EXPECT_EQ(cross_fitted_forecasts(own.rows, few).error().code, "calibration.no_rows");
}

TEST(ForecastCalibration, AWrongWayModelIsNotTurnedAround) {
  const auto wrong = sample(-0.5, 0.0);
  const auto fitted = ForecastCalibration::fit(wrong.rows, wrong.forecast, ReturnBasis::own);
  ASSERT_TRUE(fitted);
  EXPECT_GT(fitted->slope(), 0);
  EXPECT_LT(fitted->slope(), 0.01) << "it stays hardly worth anything";
}

TEST(ForecastCalibration, TheScaleOfForecastsSaysNothing) {
  for (const double slope : {0.3, 0.002, -0.5})
    for (const float factor : {0.01F, 0.8F, 1.25F, 400.0F}) {
      const auto own = sample(slope, 0.0);
      auto scaled = own.forecast;
      for (float& forecast : scaled) forecast *= factor;
      const auto one = ForecastCalibration::fit(own.rows, own.forecast, ReturnBasis::own);
      const auto other = ForecastCalibration::fit(own.rows, scaled, ReturnBasis::own);
      ASSERT_TRUE(one && other);
      for (std::size_t i = 0; i < 50; ++i) {
        const double f = static_cast<double>(own.forecast[i]), g = static_cast<double>(scaled[i]);
        EXPECT_NEAR(other->scaled(g), one->scaled(f), 1e-6 * std::abs(one->scaled(f)) + 1e-12) << slope << factor;
        EXPECT_NEAR(other->up_probability(g), one->up_probability(f), 1e-6);
      }
    }
}

TEST(ForecastCalibration, ReadsWhatItWroteToTheBitAndRefusesTheRest) {
  const auto own = sample(0.3, 0.0);
  const auto fitted = ForecastCalibration::fit(own.rows, own.forecast, ReturnBasis::own);
  ASSERT_TRUE(fitted);
  const testing::TempDirectory directory;
  const auto file = directory.path() / ForecastCalibration::kFileName;
  ASSERT_TRUE(write_file_atomic(file, fitted->to_json_text()));
  const auto loaded = ForecastCalibration::load(file);
  ASSERT_TRUE(loaded);
  for (double f = -3; f < 3; f += 0.1) {
    EXPECT_EQ(loaded->scaled(f), fitted->scaled(f));
    EXPECT_EQ(loaded->up_probability(f), fitted->up_probability(f));
  }
  for (const auto* text : {"", "{}", "{\"slope\": 0, \"up_scores\": [0], \"up_probabilities\": [0.5]}",
                           "{\"slope\": 1, \"up_scores\": [0, 1], \"up_probabilities\": [0.9, 0.1]}",
                           "{\"slope\": 1, \"up_scores\": [], \"up_probabilities\": []}"}) {
    ASSERT_TRUE(write_file_atomic(file, text));
    const auto refused = ForecastCalibration::load(file);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, "calibration.load");
  }
}

TEST(ForecastCalibration, TooFewRowsIsAnError) {
  JudgedRows rows;
  EXPECT_EQ(ForecastCalibration::fit(rows, {}, ReturnBasis::own).error().code, "calibration.no_rows");
}

}  // namespace
}  // namespace clm
