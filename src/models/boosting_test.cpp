#include <LightGBM/c_api.h>
#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "models/forecasts_test_support.hpp"
#include "models/lightgbm_handles.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::forecasts;
using testing::make_model_data;
using testing::rows_between;
using testing::TempDirectory;
using testing::TestRun;

nlohmann::json description(const Model& model) {
  const TempDirectory directory;
  EXPECT_TRUE(model.save(directory.path()));
  return nlohmann::json::parse(read_file(directory.path() / "model.json").value()).at("body");
}

std::unique_ptr<Model> train(std::string_view type, const TrainerOptions& options, const RowSet& training,
                             const RowSet& validation, int threads = 1) {
  TestRun run;
  auto model = make_trainer(type, options).value()->train({training, validation, 1, threads}, run.context);
  EXPECT_TRUE(model) << to_string(model.error());
  return std::move(*model);
}

class Boosting : public ::testing::TestWithParam<std::string_view> {
 protected:
  static TrainerOptions options() {
    TrainerOptions made;
    made.xgboost.rounds = made.lightgbm.rounds = 200;
    made.xgboost.learning_rate = made.lightgbm.learning_rate = 0.1;
    made.xgboost.min_child_weight = 10;
    made.lightgbm.min_data_in_leaf = 10;
    made.xgboost.early_stopping_rounds = made.lightgbm.early_stopping_rounds = 10;
    return made;
  }
};

TEST_P(Boosting, StopsEarlyOnNoise) {
  const Dataset noise = make_model_data({.rows = 2000, .signal = 0});
  const RowSet training = rows_between(noise, 0, 1200);
  const RowSet validation = rows_between(noise, 1200, 2000);
  const auto told = description(*train(GetParam(), options(), training, validation));
  EXPECT_LT(told.at("rounds_run").get<int>(), 60);
  EXPECT_LE(told.at("rounds").get<int>(), told.at("rounds_run").get<int>() - 10);
  const auto all = description(*train(GetParam(), options(), training, RowSet{&noise, {}}));
  EXPECT_EQ(all.at("rounds").get<int>(), 200);
}

TEST_P(Boosting, ValidationRowsOnlyChooseTheNumberOfRounds) {
  const Dataset data = make_model_data({.rows = 2000, .noise = 3});
  const RowSet training = rows_between(data, 0, 1200);
  const auto stopped = train(GetParam(), options(), training, rows_between(data, 1200, 2000));
  const int best = description(*stopped).at("rounds").get<int>();
  ASSERT_GT(best, 1);
  ASSERT_LT(best, 200);
  // A training that never saw the validation rows and runs that many rounds is the same model.
  TrainerOptions fixed = options();
  fixed.xgboost.rounds = fixed.lightgbm.rounds = best;
  const auto blind = train(GetParam(), fixed, training, RowSet{&data, {}});
  EXPECT_EQ(forecasts(*blind, all_rows(data)), forecasts(*stopped, all_rows(data)));
}

TEST_P(Boosting, BestRoundHasTheLowestValidationLoss) {
  const Dataset data = make_model_data({.rows = 1500, .noise = 3});
  const RowSet training = rows_between(data, 0, 1000);
  const RowSet validation = rows_between(data, 1000, 1500);
  for (const StoppingMetric metric : {StoppingMetric::rmse, StoppingMetric::mae}) {
    TrainerOptions chosen = options();
    chosen.xgboost.stopping_metric = chosen.lightgbm.stopping_metric = metric;
    const int best = description(*train(GetParam(), chosen, training, validation)).at("rounds").get<int>();
    const auto loss_after = [&](int rounds) {
      TrainerOptions fixed = chosen;
      fixed.xgboost.rounds = fixed.lightgbm.rounds = rounds;
      const auto out = forecasts(*train(GetParam(), fixed, training, RowSet{&data, {}}), validation);
      double loss = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint32_t row = validation.rows[i];
        const double error = double{out[i]} - double{data.label[row]};
        loss += double{data.weight[row]} * (metric == StoppingMetric::mae ? std::fabs(error) : error * error);
      }
      return loss;
    };
    const double lowest = loss_after(best);
    for (const int other : {1, best - 1, best + 1, best + 5, best + 9})
      EXPECT_GE(loss_after(std::max(1, other)), lowest * (1 - 1e-6)) << "after " << other << ", best " << best;
  }
}

TEST_P(Boosting, AWeightOfTwoIsNearlyARowTwice) {
  Dataset data = make_model_data({.rows = 1000, .signal = 0.2, .noise = 0.2});
  for (float& weight : data.weight) weight = 1;
  // Half of the rows lie elsewhere, so that their weight decides where forecasts lie.
  for (std::size_t row = 0; row < 500; ++row) data.label[row] += 2;
  TrainerOptions whole = options();
  whole.xgboost.rounds = whole.lightgbm.rounds = 10;
  whole.xgboost.max_depth = whole.lightgbm.max_depth = 3;
  whole.xgboost.subsample = whole.lightgbm.subsample = 1;
  whole.xgboost.colsample = whole.lightgbm.colsample = 1;
  RowSet twice = all_rows(data);
  for (std::uint32_t row = 0; row < 500; ++row) twice.rows.push_back(row);
  std::sort(twice.rows.begin(), twice.rows.end());
  const RowSet none{&data, {}};
  const auto repeated = forecasts(*train(GetParam(), whole, twice, none), all_rows(data));
  const auto plain = forecasts(*train(GetParam(), whole, all_rows(data), none), all_rows(data));
  for (std::size_t row = 0; row < 500; ++row) data.weight[row] = 2;
  const auto weighted = forecasts(*train(GetParam(), whole, all_rows(data), none), all_rows(data));
  const auto distance = [](const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b[i]}, 2);
    return std::sqrt(sum / static_cast<double>(a.size()));
  };
  EXPECT_LT(distance(weighted, repeated), 0.3 * distance(plain, repeated));
}

TEST_P(Boosting, StartsFromTheWeightedMeanLabel) {
  Dataset data = make_model_data({.rows = 1000, .signal = 0.001, .noise = 0.001});
  TrainerOptions slow = options();
  slow.xgboost.rounds = slow.lightgbm.rounds = 1;
  slow.xgboost.learning_rate = slow.lightgbm.learning_rate = 0.001;
  double mean = 0;
  double weights = 0;
  for (std::size_t row = 0; row < data.size(); ++row) {
    data.label[row] -= 0.2F;
    mean += double{data.weight[row]} * double{data.label[row]};
    weights += double{data.weight[row]};
  }
  for (const float forecast : forecasts(*train(GetParam(), slow, all_rows(data), RowSet{&data, {}}), all_rows(data)))
    EXPECT_NEAR(double{forecast}, mean / weights, 1e-4);
}

TEST_P(Boosting, TheLibrarysFileIsReadableByTheLibraryAndNamesTheFeatures) {
  const Dataset data = make_model_data({});
  const TempDirectory directory;
  ASSERT_TRUE(train(GetParam(), options(), all_rows(data), RowSet{&data, {}})->save(directory.path()));
  const bool is_xgboost = GetParam() == "xgboost";
  const std::string bytes = read_file(directory.path() / (is_xgboost ? "model.ubj" : "model.txt")).value();
  for (const std::string& name : data.frame->names) EXPECT_NE(bytes.find(name), std::string::npos) << name;
}

TEST_P(Boosting, OptionsOutOfRangeAreNamed) {
  TrainerOptions bad = options();
  bad.xgboost.subsample = bad.lightgbm.subsample = 0;
  const auto refused = make_trainer(GetParam(), bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "train.options");
  EXPECT_EQ(refused.error().where, "subsample");
  bad.xgboost.subsample = bad.lightgbm.subsample = std::nan("");
  EXPECT_FALSE(make_trainer(GetParam(), bad));
}

TEST_P(Boosting, InfinityIsAnErrorOrAValueButNoCrash) {
  Dataset data = make_model_data({.rows = 200});
  auto frame = std::make_shared<FeatureFrame>(*data.frame);
  frame->values[3] = std::numeric_limits<float>::infinity();
  data.frame = frame;
  TestRun run;
  const RowSet rows = all_rows(data);
  const RowSet none{&data, {}};
  const auto model = make_trainer(GetParam(), options()).value()->train({rows, none, 1, 1}, run.context);
  EXPECT_TRUE(model || model.error().code == "train.failed");
}

INSTANTIATE_TEST_SUITE_P(BothLibraries, Boosting, ::testing::Values("xgboost", "lightgbm"),
                         [](const auto& each) { return std::string(each.param); });

// The oracle of our streaming: the library's own call on the whole matrix must give the same trees.
TEST(LightGbm, StreamedBlocksGiveTheTreesOfTheWholeMatrix) {
  const Dataset data = make_model_data({.rows = 10000, .columns = 5});
  const RowSet rows = all_rows(data);
  const std::string parameters =
      "objective=regression deterministic=true force_row_wise=true verbosity=-1 num_leaves=15 num_threads=1 seed=3 "
      "bagging_fraction=0.8 bagging_freq=1 bin_construct_sample_cnt=3000";
  const auto trees_of = [&](DatasetHandle dataset) {
    LgbBooster booster;
    EXPECT_EQ(LGBM_BoosterCreate(dataset, parameters.c_str(), booster.receive()), 0);
    int finished = 0;
    for (int round = 0; round < 10; ++round) EXPECT_EQ(LGBM_BoosterUpdateOneIter(booster.get(), &finished), 0);
    std::string text(1 << 20, '\0');
    std::int64_t length = 0;
    EXPECT_EQ(LGBM_BoosterSaveModelToString(booster.get(), 0, -1, 0, 1 << 20, &length, text.data()), 0);
    return text.substr(0, static_cast<std::size_t>(length));
  };
  const LgbThreadSeat seat = LgbThreadSeat::join();
  const auto streamed = make_lgb_dataset(rows, parameters, nullptr);
  ASSERT_TRUE(streamed);
  LgbDataset whole;
  const auto& values = data.frame->values;
  ASSERT_EQ(LGBM_DatasetCreateFromMat(values.data(), C_API_DTYPE_FLOAT32, 10000, 5, 1, parameters.c_str(), nullptr,
                                      whole.receive()),
            0);
  ASSERT_EQ(LGBM_DatasetSetField(whole.get(), "label", data.label.data(), 10000, C_API_DTYPE_FLOAT32), 0);
  ASSERT_EQ(LGBM_DatasetSetField(whole.get(), "weight", data.weight.data(), 10000, C_API_DTYPE_FLOAT32), 0);
  EXPECT_EQ(trees_of(streamed->get()), trees_of(whole.get()));
}

TEST(LightGbm, TrainingsWithOtherThreadCountsWaitForEachOther) {
  const CancelToken go_on;
  CancelToken stopped;
  stopped.request();
  {
    const auto two = LgbThreadSeat::acquire(2, go_on);
    ASSERT_TRUE(two);
    EXPECT_TRUE(LgbThreadSeat::acquire(2, go_on));
    EXPECT_EQ(LgbThreadSeat::join().threads(), 2);
    EXPECT_EQ(LgbThreadSeat::acquire(1, stopped).error().code, "cancelled");
  }
  EXPECT_EQ(LgbThreadSeat::join().threads(), 1);
  EXPECT_TRUE(LgbThreadSeat::acquire(3, go_on));
}

TEST(Trainers, UnknownTypesAndWrongParametersAreUsageErrors) {
  EXPECT_EQ(make_trainer("oracle", TrainerOptions{}).error().code, "model.type");
  EXPECT_EQ(load_model("oracle", "/nowhere").error().code, "model.type");
  const auto refused = [](const char* parameters) {
    return make_trainer("xgboost", nlohmann::json::parse(parameters)).error().where;
  };
  EXPECT_EQ(refused(R"({"rounds": 1.5})"), "rounds");
  EXPECT_EQ(refused(R"({"rounds": 99999999999})"), "rounds");
  EXPECT_EQ(refused(R"({"rounds": 0})"), "rounds");
  EXPECT_EQ(refused(R"({"stopping_metric": "auc"})"), "stopping_metric");
  EXPECT_EQ(refused(R"([])"), "parameters");
  EXPECT_TRUE(make_trainer("xgboost", nlohmann::json::parse("{}")));
}

TEST(Trainers, LibraryVersionsAreKnown) {
  for (const auto& [name, version] : library_versions()) EXPECT_FALSE(version.empty()) << name;
  EXPECT_EQ(library_versions().size(), 3U);
}

}  // namespace
}  // namespace clm
