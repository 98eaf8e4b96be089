#include "evaluation/ensemble/permutation_importance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/metrics/rank_ic.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "models/window_channels.hpp"

namespace clm {
namespace {

using testing::rows_between;
using testing::TestRun;

constexpr std::size_t kShuffledSymbols = 12;
constexpr std::size_t kShuffledTimes = 400;
constexpr std::size_t kTrainingRows = 200 * kShuffledSymbols;

/// label = x0 / 2 + noise; x1 is noise, x2 never varies, x3 is nearly x0. `columns` of them.
Dataset planted(std::size_t columns) {
  auto frame = std::make_shared<FeatureFrame>();
  frame->set_name = "made_up";
  frame->set_hash = "hash-of-made-up";
  for (std::size_t column = 0; column < columns; ++column) frame->names.push_back("x" + std::to_string(column));
  for (std::size_t s = 0; s < kShuffledSymbols; ++s) frame->symbols.emplace_back("S" + std::to_string(100 + s));
  frame->interval = Interval::one_hour();
  Random random(5);
  Dataset data;
  data.definition.horizon_bars = 1;
  std::vector<float> features;
  for (std::size_t row = 0; row < kShuffledTimes * kShuffledSymbols; ++row) {
    const double x0 = random.normal();
    const double x1 = random.normal();
    const double noise = random.normal();
    const double values[] = {x0, x1, 1, x0 + 0.1 * random.normal()};
    for (std::size_t column = 0; column < columns; ++column) features.push_back(static_cast<float>(values[column]));
    frame->open_time_ms.push_back(static_cast<std::int64_t>(row / kShuffledSymbols) * 3'600'000);
    data.frame_row.push_back(static_cast<std::uint32_t>(row));
    data.symbol.push_back(static_cast<std::uint16_t>(row % kShuffledSymbols));
    data.decided_at_ms.push_back(frame->open_time_ms.back() + 3'600'000);
    data.known_at_ms.push_back(frame->open_time_ms.back() + 7'200'000);
    data.label.push_back(static_cast<float>(x0 / 2 + noise));
    data.forward_return.push_back(data.label.back() * 0.01F);
    data.volatility.push_back(0.01F);
    data.weight.push_back(1);
  }
  frame->values = std::move(features);
  data.frame = std::move(frame);
  return data;
}

std::unique_ptr<Model> train(const Dataset& data, std::string_view type = "lightgbm") {
  TrainerOptions options;
  options.lightgbm.rounds = 40;
  options.lightgbm.learning_rate = 0.1;
  options.lightgbm.min_data_in_leaf = 20;
  options.nlinear_ols.windows.input_bars = 12;
  const RowSet training = rows_between(data, 0, kTrainingRows);
  TestRun run;
  return make_trainer(type, options).value()->train({training, RowSet{&data, {}}, 1, 1}, run.context).value();
}

PermutationImportance ask(const Model& model, const Dataset& data, int jobs = 1, PermutationOptions options = {}) {
  TestRun run;
  const RunContext context{run.clock, run.cancel, run.progress, jobs};
  return permutation_importance(model, rows_between(data, kTrainingRows, data.size()), 1, options, context).value();
}

const MeanEstimate& drop_of(const PermutationImportance& importance, const std::string& feature) {
  return std::find_if(importance.features.begin(), importance.features.end(),
                      [&](const auto& one) { return one.feature == feature; })
      ->drop;
}

TEST(PermutationImportance, FindsThePlantedFeatureAndNotTheNoise) {
  const Dataset data = planted(3);
  const auto importance = ask(*train(data), data);
  EXPECT_EQ(importance.features.front().feature, "x0");
  const MeanEstimate& planted_one = drop_of(importance, "x0");
  EXPECT_GT(planted_one.lo, 0.2);
  EXPECT_NEAR(planted_one.mean, importance.rank_ic.mean, 0.06) << "it carries all the skill there is";
  const MeanEstimate& noise = drop_of(importance, "x1");
  EXPECT_LE(noise.lo, 0);
  EXPECT_GE(noise.hi, 0);
  EXPECT_NEAR(noise.mean, 0, 0.03);
  EXPECT_EQ(drop_of(importance, "x2").mean, 0) << "what never varies cannot be dealt out anew";
}

TEST(PermutationImportance, TheSkillIsThatOfTheModelOnTheseRows) {
  const Dataset data = planted(3);
  const auto model = train(data, "ridge");
  const RowSet rows = rows_between(data, kTrainingRows, data.size());
  std::vector<float> forecasts(rows.size());
  ASSERT_TRUE(model->predict(rows, forecasts));
  const auto truth = judged_rows(rows, 1);
  const auto series = rank_ic_series(*truth, forecasts, truth->label, {}).ic;
  const auto importance = ask(*model, data);
  EXPECT_EQ(importance.rank_ic.mean, estimate_mean(series.value, {}).mean);
  EXPECT_EQ(importance.rank_ic.count, kShuffledTimes - 200);
}

TEST(PermutationImportance, FeaturesThatSayTheSameCoverForEachOther) {
  const Dataset alone = planted(3);
  const Dataset twice = planted(4);
  EXPECT_LT(drop_of(ask(*train(twice), twice), "x0").mean, 0.9 * drop_of(ask(*train(alone), alone), "x0").mean);
}

TEST(PermutationImportance, JobsDoNotChangeItAndTheSeedDoes) {
  const Dataset data = planted(3);
  const auto model = train(data);
  const auto one = ask(*model, data, 1);
  const auto many = ask(*model, data, 3);
  PermutationOptions other;
  other.seed = 2;
  const auto drawn_otherwise = ask(*model, data, 1, other);
  ASSERT_EQ(one.features.size(), many.features.size());
  for (std::size_t i = 0; i < one.features.size(); ++i) {
    EXPECT_EQ(one.features[i].feature, many.features[i].feature);
    EXPECT_EQ(one.features[i].drop.mean, many.features[i].drop.mean);
    EXPECT_EQ(one.features[i].drop.hi, many.features[i].drop.hi);
  }
  EXPECT_NE(drop_of(one, "x0").mean, drop_of(drawn_otherwise, "x0").mean);
}

TEST(PermutationImportance, OverlappingLabelsWidenTheInterval) {
  const Dataset data = planted(3);
  const auto model = train(data);
  TestRun run;
  const RowSet rows = rows_between(data, kTrainingRows, data.size());
  const auto apart = permutation_importance(*model, rows, 1, {}, run.context).value();
  const auto overlapping = permutation_importance(*model, rows, 24, {}, run.context).value();
  EXPECT_GE(drop_of(overlapping, "x0").block_length, 48);
  EXPECT_LT(drop_of(apart, "x0").block_length, 10);
}

/// label = x0 / 2 + the last one-bar return, in percent, / 2 + noise; x1 and the volume are noise. Bars stand behind
/// the rows.
Dataset planted_in_bars() {
  auto frame = std::make_shared<FeatureFrame>();
  frame->set_name = "made_up";
  frame->set_hash = "hash-of-made-up";
  frame->names = {"x0", "x1"};
  frame->interval = Interval::one_hour();
  frame->values = std::vector<float>(kShuffledTimes * kShuffledSymbols * 2);
  frame->open_time_ms.resize(kShuffledTimes * kShuffledSymbols);
  auto bars = std::make_shared<BarHistory>();
  std::vector<float> label(kShuffledTimes * kShuffledSymbols);
  frame->symbol_begin = {0};
  for (std::size_t s = 0; s < kShuffledSymbols; ++s) {
    frame->symbols.emplace_back("S" + std::to_string(100 + s));
    Random random = Random::stream(5, "symbol", s);
    double log_close = 5;
    for (std::size_t t = 0; t < kShuffledTimes; ++t) {
      const std::size_t row = s * kShuffledTimes + t;
      const double x0 = random.normal(), move = random.normal();
      frame->values[row * 2] = static_cast<float>(x0);
      frame->values[row * 2 + 1] = static_cast<float>(random.normal());
      frame->open_time_ms[row] = static_cast<std::int64_t>(t) * 3'600'000;
      log_close += 0.01 * move;
      bars->open_time_ms.push_back(frame->open_time_ms[row]);
      bars->log_close.push_back(log_close);
      bars->log_volume.push_back(static_cast<float>(10 + random.normal()));
      label[row] = static_cast<float>(x0 / 2 + move / 2 + random.normal());
    }
    frame->symbol_begin.push_back((s + 1) * kShuffledTimes);
    bars->symbol_begin.push_back((s + 1) * kShuffledTimes);
  }
  frame->bars = std::move(bars);
  Dataset data;
  data.definition.horizon_bars = 1;
  data.definition.target = LabelTarget::plain;
  data.definition.entry_delay_bars = 0;
  for (std::size_t t = 0; t < kShuffledTimes; ++t)
    for (std::size_t s = 0; s < kShuffledSymbols; ++s) {
      const std::size_t row = s * kShuffledTimes + t;
      data.frame_row.push_back(static_cast<std::uint32_t>(row));
      data.symbol.push_back(static_cast<std::uint16_t>(s));
      data.decided_at_ms.push_back(frame->open_time_ms[row] + 3'600'000);
      data.known_at_ms.push_back(frame->open_time_ms[row] + 7'200'000);
      data.label.push_back(label[row]);
      data.forward_return.push_back(label[row] * 0.01F);
      data.volatility.push_back(0.01F);
      data.weight.push_back(1);
    }
  data.frame = std::move(frame);
  return data;
}

TEST(PermutationImportance, FindsThePlantedChannelOfANetworkAndNotTheOther) {
  const Dataset data = planted_in_bars();
  const auto model = train(data, "nlinear_ols");
  const auto importance = ask(*model, data);
  ASSERT_EQ(importance.features.size(), 2U) << "its channels, no features";
  EXPECT_EQ(importance.features.front().feature, "window.price");
  EXPECT_GT(drop_of(importance, "window.price").lo, 0.1);
  EXPECT_NEAR(drop_of(importance, "window.price").mean, importance.rank_ic.mean, 0.06);
  EXPECT_LE(drop_of(importance, "window.volume").lo, 0);
  EXPECT_NEAR(drop_of(importance, "window.volume").mean, 0, 0.03);
  const auto many = ask(*model, data, 3);
  EXPECT_EQ(drop_of(many, "window.price").mean, drop_of(importance, "window.price").mean);
  PermutationOptions other;
  other.seed = 2;
  EXPECT_NE(drop_of(ask(*model, data, 1, other), "window.price").mean, drop_of(importance, "window.price").mean);
}

TEST(PermutationImportance, WindowsOfAChannelChangePlacesWithinTheirTimeAlone) {
  const Dataset data = planted_in_bars();
  TestRun run;
  const auto trainer = make_sequence_trainer({.input_bars = 12, .covariates = false}, NLinearOlsOptions{});
  const RowSet fitted = rows_between(data, 0, kTrainingRows), rows = rows_between(data, kTrainingRows, data.size());
  const auto model = (*trainer)->train({fitted, RowSet{&data, {}}, 1, 1}, run.context).value();
  std::vector<float> whole(rows.size()), dealt(rows.size());
  ASSERT_TRUE(model->predict(rows, whole));
  ASSERT_EQ(window_channels(*model), std::vector<std::string>{"price"});
  // Its only channel: forecasts change places with the windows.
  ASSERT_TRUE(predict_dealt_out(*model, rows, 0, Random(1), dealt));
  EXPECT_NE(dealt, whole);
  for (std::size_t first = 0; first < rows.size(); first += kShuffledSymbols) {
    const auto of_time = [&](const std::vector<float>& all) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
      std::vector<float> own(begin, begin + static_cast<std::ptrdiff_t>(kShuffledSymbols));
      std::sort(own.begin(), own.end());
      return own;
    };
    EXPECT_EQ(of_time(dealt), of_time(whole)) << first;
  }
}

TEST(PermutationImportance, OfAnEnsembleGoesThroughAllMembers) {
  const Dataset data = planted_in_bars();
  const RowSet rows = rows_between(data, kTrainingRows, data.size());
  std::vector<CalibratedModel> models;
  EnsembleRule rule;
  rule.bounds = {0, 1};
  for (const char* type : {"lightgbm", "nlinear_ols", "ridge"}) {
    auto model = train(data, type);
    const RowSet fitted = rows_between(data, 20 * kShuffledSymbols, kTrainingRows);
    std::vector<float> raw(fitted.size());
    ASSERT_TRUE(model->predict(fitted, raw));
    models.push_back(
        {std::move(model), ForecastCalibration::fit(*judged_rows(fitted, 1), raw, ReturnBasis::own).value()});
    rule.members.push_back({type, "version"});
  }
  rule.weights.all = {0.3, 0.4, 0.3};
  const std::vector<const CalibratedModel*> members{&models[0], &models[1], &models[2]};
  TestRun run;
  const auto importance = permutation_importance(rule, members, rows, 1, {}, run.context).value();
  ASSERT_EQ(importance.features.size(), 4U);
  EXPECT_GT(drop_of(importance, "x0").lo, 0.05);
  EXPECT_GT(drop_of(importance, "window.price").lo, 0.01);
  EXPECT_NEAR(drop_of(importance, "x1").mean, 0, 0.02);
  EXPECT_NEAR(drop_of(importance, "window.volume").mean, 0, 0.02);

  std::vector<ForecastTable> tables;
  const std::shared_ptr<const JudgedRows> truth = judged_rows(rows, 1);
  for (const auto& model : models) tables.push_back({"member", truth, model.forecast(rows).value()});
  const auto whole = rank_ic_series(*truth, rule.combine(tables), truth->label, {}).ic;
  EXPECT_EQ(importance.rank_ic.mean, estimate_mean(whole.value, {}).mean);
}

TEST(PermutationImportance, CanBeStopped) {
  const Dataset data = planted(3);
  const auto model = train(data, "ridge");
  TestRun run;
  run.cancel.request();
  EXPECT_EQ(permutation_importance(*model, all_rows(data), 1, {}, run.context).error().code, "cancelled");
}

}  // namespace
}  // namespace clm
