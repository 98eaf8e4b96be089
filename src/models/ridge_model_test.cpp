#include "models/ridge_model.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "models/models_test_data.hpp"

namespace clm {
namespace {

using testing::make_model_data;
using testing::rows_between;
using testing::TestRun;

std::vector<float> fit_and_forecast(const RowSet& training, const RowSet& rows, RidgeOptions options = {}) {
  TestRun run;
  const RowSet none{training.data, {}};
  const auto model = make_ridge_trainer(options).value()->train({training, none, 1, 1}, run.context);
  EXPECT_TRUE(model) << to_string(model.error());
  std::vector<float> out(rows.size());
  EXPECT_TRUE((*model)->predict(rows, out));
  return out;
}

/// The textbook way: the whole design matrix, two passes, an explicit intercept column without penalty.
std::vector<double> dense_oracle(const Dataset& data, std::size_t training_rows, double alpha, double clip) {
  const auto n = static_cast<Eigen::Index>(training_rows);
  const auto f = static_cast<Eigen::Index>(data.frame->columns());
  const auto all = static_cast<Eigen::Index>(data.size());
  Eigen::MatrixXd design(all, f + 1);
  for (Eigen::Index column = 0; column < f; ++column) {
    const auto value = [&](Eigen::Index row) {
      return double{data.frame->row(static_cast<std::size_t>(row))[static_cast<std::size_t>(column)]};
    };
    double weights = 0;
    double mean = 0;
    double variance = 0;
    for (Eigen::Index row = 0; row < n; ++row) {
      if (std::isnan(value(row))) continue;
      weights += double{data.weight[static_cast<std::size_t>(row)]};
      mean += double{data.weight[static_cast<std::size_t>(row)]} * value(row);
    }
    mean /= weights;
    for (Eigen::Index row = 0; row < n; ++row)
      if (!std::isnan(value(row)))
        variance += double{data.weight[static_cast<std::size_t>(row)]} * std::pow(value(row) - mean, 2) / weights;
    for (Eigen::Index row = 0; row < all; ++row) {
      const double z = (value(row) - mean) / std::sqrt(variance);
      design(row, column) = std::isnan(z) ? 0 : std::min(clip, std::max(-clip, z));
    }
  }
  design.col(f).setOnes();
  Eigen::VectorXd weight(n);
  Eigen::VectorXd label(n);
  for (Eigen::Index row = 0; row < n; ++row) {
    weight(row) = double{data.weight[static_cast<std::size_t>(row)]};
    label(row) = double{data.label[static_cast<std::size_t>(row)]};
  }
  const Eigen::MatrixXd known = design.topRows(n);
  Eigen::MatrixXd normal = known.transpose() * weight.asDiagonal() * known;
  for (Eigen::Index column = 0; column < f; ++column) normal(column, column) += alpha;
  const Eigen::VectorXd solution = normal.fullPivLu().solve(known.transpose() * (weight.asDiagonal() * label));
  const Eigen::VectorXd out = design * solution;
  return {out.data(), out.data() + out.size()};
}

TEST(Ridge, AgreesWithTheDenseSolution) {
  const Dataset data = make_model_data({.rows = 1003, .columns = 9, .missing_share = 0.1});
  for (const double clip : {5.0, 1.0}) {
    for (const double alpha : {0.5, 100.0}) {
      const auto oracle = dense_oracle(data, 801, alpha, clip);
      const auto out = fit_and_forecast(rows_between(data, 0, 801), all_rows(data), {alpha, clip});
      for (std::size_t row = 0; row < out.size(); ++row) ASSERT_NEAR(double{out[row]}, oracle[row], 1e-6) << row;
    }
  }
}

TEST(Ridge, AWeightOfTwoIsARowTwice) {
  Dataset data = make_model_data({.rows = 400});
  for (float& weight : data.weight) weight = 1;
  RowSet twice = all_rows(data);
  for (std::uint32_t row = 0; row < 200; ++row) twice.rows.insert(twice.rows.begin() + 2 * row, row);
  const auto repeated = fit_and_forecast(twice, all_rows(data));
  const auto plain = fit_and_forecast(all_rows(data), all_rows(data));
  for (std::size_t row = 0; row < 200; ++row) data.weight[row] = 2;
  const auto weighted = fit_and_forecast(all_rows(data), all_rows(data));
  double moved = 0;
  for (std::size_t row = 0; row < weighted.size(); ++row) {
    EXPECT_NEAR(weighted[row], repeated[row], 1e-6F);
    moved = std::max(moved, std::fabs(double{plain[row]} - double{repeated[row]}));
  }
  EXPECT_GT(moved, 1e-3);
}

TEST(Ridge, StandardisesWithTrainingRowsOnly) {
  Dataset data = make_model_data({.rows = 600});
  const auto before = fit_and_forecast(rows_between(data, 0, 300), rows_between(data, 0, 300));
  auto frame = std::make_shared<FeatureFrame>(*data.frame);
  for (std::size_t i = 300 * frame->columns(); i < frame->values.size(); ++i) frame->values[i] *= 100;
  data.frame = frame;
  EXPECT_EQ(fit_and_forecast(rows_between(data, 0, 300), rows_between(data, 0, 300)), before);
}

TEST(Ridge, ColumnsWithoutInformationCountForNothing) {
  Dataset data = make_model_data({.rows = 300, .columns = 5, .missing_share = 0});
  auto frame = std::make_shared<FeatureFrame>(*data.frame);
  for (std::size_t row = 0; row < 300; ++row) {
    frame->values[row * 5 + 3] = 0.1F;
    frame->values[row * 5 + 4] = std::numeric_limits<float>::quiet_NaN();
  }
  data.frame = frame;
  TestRun run;
  const RowSet rows = all_rows(data);
  const RowSet none{&data, {}};
  const auto model = make_ridge_trainer({}).value()->train({rows, none, 1, 1}, run.context);
  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->importance().size(), 3U);
}

TEST(Ridge, OptionsOutOfRangeAreNamed) {
  EXPECT_EQ(make_ridge_trainer({0, 5}).error().where, "alpha");
  EXPECT_EQ(make_ridge_trainer({1, -1}).error().where, "clip_sd");
}

}  // namespace
}  // namespace clm
