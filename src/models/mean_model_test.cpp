#include "models/mean_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::make_model_data;
using testing::rows_between;
using testing::TestRun;

constexpr std::size_t kMeanRows = 1'000;

class MeanOfFits : public ::testing::Test {
 protected:
  /// Fits of small trees, each on a part of the rows of its own.
  std::unique_ptr<Model> fitted(std::size_t part) {
    TrainerOptions options;
    options.lightgbm.rounds = 20;
    options.lightgbm.min_data_in_leaf = 20;
    const RowSet rows = rows_between(data_, part * 200, part * 200 + 400), none{&data_, {}};
    auto model = make_trainer("lightgbm", options).value()->train({rows, none, part + 1, 1}, run_.context);
    EXPECT_TRUE(model) << to_string(model.error());
    return model ? std::move(*model) : nullptr;
  }
  std::unique_ptr<Model> mean_of_three() {
    std::vector<std::unique_ptr<Model>> fits;
    for (std::size_t part = 0; part < 3; ++part) fits.push_back(fitted(part));
    return mean_of_fits(std::move(fits));
  }
  std::vector<float> said_by(const Model& model) const {
    const RowSet rows = rows_between(data_, 0, kMeanRows);
    std::vector<float> out(kMeanRows);
    EXPECT_TRUE(model.predict(rows, out));
    return out;
  }

  Dataset data_ = make_model_data({kMeanRows, 6, 1, 1, 0.02, 1});
  TestRun run_;
};

TEST_F(MeanOfFits, SaysTheMeanAndReadsBackToTheBit) {
  const auto mean = mean_of_three();
  EXPECT_EQ(mean->type(), "lightgbm");
  ASSERT_EQ(fits_of(*mean).size(), 3U);
  const auto said = said_by(*mean);
  std::vector<std::vector<float>> each;
  for (const Model* fit : fits_of(*mean)) each.push_back(said_by(*fit));
  EXPECT_NE(each[0], each[1]);
  for (std::size_t row = 0; row < kMeanRows; ++row)
    EXPECT_NEAR(said[row], (each[0][row] + each[1][row] + each[2][row]) / 3, 1e-6);

  const testing::TempDirectory directory;
  ASSERT_TRUE(mean->save(directory.path()));
  const auto again = load_model("lightgbm", directory.path());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(fits_of(**again).size(), 3U);
  EXPECT_EQ(said_by(**again), said);
  double shares = 0;
  for (const FeatureImportance& one : (*again)->importance()) shares += one.share;
  EXPECT_NEAR(shares, 1, 1e-9);
}

TEST_F(MeanOfFits, WhatMovedAForecastIsTheMeanOfWhatMovedEach) {
  const auto mean = mean_of_three();
  const RowSet rows = rows_between(data_, 0, 50);
  std::vector<double> moved(50 * 7);
  ASSERT_TRUE(mean->contributions(rows, moved));
  const auto said = said_by(*mean);
  for (std::size_t row = 0; row < 50; ++row) {
    double sum = 0;
    for (std::size_t column = 0; column < 7; ++column) sum += moved[row * 7 + column];
    EXPECT_NEAR(sum, static_cast<double>(said[row]), 1e-5);
  }
}

TEST_F(MeanOfFits, ABrokenFitIsRefused) {
  const testing::TempDirectory directory;
  ASSERT_TRUE(mean_of_three()->save(directory.path()));
  std::filesystem::resize_file(folder_of_fit(directory.path(), 3) / "model.json", 10);
  const auto loaded = load_model("lightgbm", directory.path());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, "model.load");
}

TEST_F(MeanOfFits, OneByItselfIsItsOwnOnlyFit) {
  const auto alone = fitted(0);
  ASSERT_EQ(fits_of(*alone).size(), 1U);
  EXPECT_EQ(fits_of(*alone).front(), alone.get());
}

TEST(MeanForecast, IsOfThoseWhoSaySomething) {
  constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a{1, kNothing, kNothing}, b{3, 5, kNothing};
  const std::vector<std::span<const float>> all{a, b};
  std::vector<float> out(3);
  mean_forecast(all, out);
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(out[1], 5);
  EXPECT_TRUE(std::isnan(out[2]));
}

}  // namespace
}  // namespace clm
