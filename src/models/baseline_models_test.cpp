#include "models/baseline_models.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/models_test_data.hpp"

namespace clm {
namespace {

using testing::make_model_data;
using testing::TestRun;

std::vector<float> fit_and_forecast(const Trainer& trainer, const Dataset& data) {
  TestRun run;
  const RowSet rows = all_rows(data);
  const RowSet none{&data, {}};
  const auto model = trainer.train({rows, none, 1, 1}, run.context);
  EXPECT_TRUE(model) << to_string(model.error());
  std::vector<float> out(rows.size());
  EXPECT_TRUE((*model)->predict(rows, out));
  return out;
}

TEST(Baselines, ZeroForecastsZero) {
  for (const float forecast : fit_and_forecast(*make_zero_trainer().value(), make_model_data({.rows = 20})))
    EXPECT_EQ(forecast, 0);
}

TEST(Baselines, MajoritySignFollowsTheWeight) {
  Dataset data = make_model_data({.rows = 4});
  data.label = {1, 1, -2, 0};
  data.weight = {1, 1, 3, 3};
  EXPECT_EQ(fit_and_forecast(*make_majority_sign_trainer().value(), data)[0], -1.0F);  // (1 + 1 + 6) / 8
  data.weight = {2, 2, 3, 1};
  EXPECT_EQ(fit_and_forecast(*make_majority_sign_trainer().value(), data)[0], 1.25F);  // (2 + 2 + 6) / 8
  data.weight = {1, 1, 2, 1};
  EXPECT_EQ(fit_and_forecast(*make_majority_sign_trainer().value(), data)[0], 0.0F);
}

TEST(Baselines, MomentumAndReversalReadTheirColumn) {
  const Dataset data = make_model_data({.rows = 200, .missing_share = 0.2});
  const auto momentum = fit_and_forecast(*make_momentum_trainer({"x3"}).value(), data);
  const auto reversal = fit_and_forecast(*make_reversal_trainer({"x3"}).value(), data);
  int abstained = 0;
  for (std::size_t row = 0; row < data.size(); ++row) {
    const float value = data.frame->row(row)[3];
    if (std::isnan(value)) {
      ++abstained;
      EXPECT_TRUE(std::isnan(momentum[row]) && std::isnan(reversal[row]));
    } else {
      EXPECT_EQ(momentum[row], value);
      EXPECT_EQ(reversal[row], -value);
    }
  }
  EXPECT_GT(abstained, 10);
}

TEST(Baselines, AColumnThatIsNotThereIsAUsageError) {
  EXPECT_EQ(make_momentum_trainer({""}).error().where, "column");
  const Dataset data = make_model_data({.rows = 20});
  TestRun run;
  const RowSet rows = all_rows(data);
  const RowSet none{&data, {}};
  const auto refused = make_reversal_trainer({"no_such"}).value()->train({rows, none, 1, 1}, run.context);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "train.column");
}

}  // namespace
}  // namespace clm
