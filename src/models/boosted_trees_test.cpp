// The libraries are the oracle: what they say of their own trees, our forest says to the bit.
#include "models/boosted_trees.hpp"

#include <LightGBM/c_api.h>
#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/file_io.hpp"
#include "models/forecasts_test_support.hpp"
#include "models/lightgbm_handles.hpp"
#include "models/models_test_data.hpp"
#include "models/shapley_forest.hpp"
#include "models/trainers.hpp"
#include "models/xgboost_handles.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::kInf;
using testing::kNaN;
using testing::make_model_data;
using testing::ModelDataSpec;
using testing::same_bits;
using testing::TempDirectory;
using testing::TestRun;

constexpr std::size_t kTreeColumns = 6;

std::string stored(std::string_view type, const TrainerOptions& options, const ModelDataSpec& spec,
                   const std::string& file) {
  const Dataset data = make_model_data(spec);
  TestRun run;
  auto model = make_trainer(type, options).value()->train({all_rows(data), RowSet{&data, {}}, 1, 1}, run.context);
  EXPECT_TRUE(model) << to_string(model.error());
  const TempDirectory directory;
  EXPECT_TRUE((*model)->save(directory.path()));
  return read_file(directory.path() / file).value();
}

/// Rows with everything that a comparison may stumble over.
std::vector<float> odd_rows(std::size_t count, std::span<const float> odd) {
  Random random(11);
  std::vector<float> rows(count * kTreeColumns);
  for (float& value : rows)
    value = random.uniform() < 0.25 ? odd[random.below(odd.size())] : static_cast<float>(random.normal());
  return rows;
}

constexpr std::size_t kRows = 2'000;

std::vector<float> forest_says(const Result<FlatForest>& forest, std::span<const float> rows) {
  EXPECT_TRUE(forest) << to_string(forest.error());
  std::vector<float> out(kRows);
  forest->predict(rows, out);
  return out;
}

std::vector<float> lightgbm_says(const std::string& text, std::span<const float> rows) {
  LgbBooster booster;
  int rounds = 0;
  EXPECT_EQ(LGBM_BoosterLoadModelFromString(text.c_str(), &rounds, booster.receive()), 0);
  const LgbThreadSeat seat = LgbThreadSeat::join();
  std::vector<double> out(kRows);
  std::int64_t length = 0;
  EXPECT_EQ(LGBM_BoosterPredictForMat(booster.get(), rows.data(), C_API_DTYPE_FLOAT32, kRows, kTreeColumns, 1,
                                      C_API_PREDICT_NORMAL, 0, -1, "verbosity=-1 num_threads=1", &length, out.data()),
            0);
  return {out.begin(), out.end()};
}

std::vector<float> xgboost_says(const std::string& bytes, std::span<const float> rows) {
  XgbBooster booster;
  EXPECT_EQ(XGBoosterCreate(nullptr, 0, booster.receive()), 0);
  EXPECT_EQ(XGBoosterSetParam(booster.get(), "nthread", "1"), 0);
  EXPECT_EQ(XGBoosterLoadModelFromBuffer(booster.get(), bytes.data(), bytes.size()), 0);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* out = nullptr;
  EXPECT_EQ(XGBoosterPredictFromDense(booster.get(), xgb_array_interface(rows, kRows).c_str(),
                                      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
                                      R"("strict_shape":false,"missing":NaN,"cache_id":0})",
                                      nullptr, &shape, &dimensions, &out),
            0);
  return {out, out + kRows};
}

TEST(BoostedTrees, ForecastAsLightGbmDoesToTheBit) {
  const float odd[] = {0.0F, -0.0F, 1e-35F, -1e-36F, 1e-40F, kNaN, kNaN, kInf, -kInf, 3e38F};
  const auto rows = odd_rows(kRows, odd);
  for (const int leaves : {2, 31, 32, 33, 100}) {
    for (const double missing : {0.0, 0.3}) {
      TrainerOptions options;
      options.lightgbm.rounds = 40;
      options.lightgbm.num_leaves = leaves;
      options.lightgbm.min_data_in_leaf = 3;
      const std::string text =
          stored("lightgbm", options, {.rows = 1'500, .columns = kTreeColumns, .missing_share = missing}, "model.txt");
      EXPECT_TRUE(same_bits(forest_says(read_lightgbm_trees(text, kTreeColumns), rows), lightgbm_says(text, rows)))
          << leaves << " leaves, missing " << missing;
    }
  }
}

TEST(BoostedTrees, ForecastAsXgboostDoesToTheBit) {
  // The library refuses infinite values.
  const float odd[] = {0.0F, -0.0F, 1e-35F, -1e-36F, 1e-40F, kNaN, kNaN, 3e38F};
  const auto rows = odd_rows(kRows, odd);
  for (const int depth : {1, 5, 6, 9}) {
    for (const double missing : {0.0, 0.3}) {
      TrainerOptions options;
      options.xgboost.rounds = 40;
      options.xgboost.max_depth = depth;
      options.xgboost.min_child_weight = 1;
      const std::string bytes =
          stored("xgboost", options, {.rows = 1'500, .columns = kTreeColumns, .missing_share = missing}, "model.ubj");
      EXPECT_TRUE(same_bits(forest_says(read_xgboost_trees(bytes, kTreeColumns), rows), xgboost_says(bytes, rows)))
          << depth << " levels, missing " << missing;
    }
  }
}

TEST(BoostedTrees, AForestOfLeavesIsAForest) {
  TrainerOptions options;
  options.lightgbm.rounds = options.xgboost.rounds = 3;
  options.lightgbm.min_data_in_leaf = 1'000'000;
  options.xgboost.min_child_weight = 1e9;
  const std::vector<float> rows(kRows * kTreeColumns, 0.5F);
  const std::string text = stored("lightgbm", options, {.columns = kTreeColumns}, "model.txt");
  EXPECT_TRUE(same_bits(forest_says(read_lightgbm_trees(text, kTreeColumns), rows), lightgbm_says(text, rows)));
  const std::string bytes = stored("xgboost", options, {.columns = kTreeColumns}, "model.ubj");
  EXPECT_TRUE(same_bits(forest_says(read_xgboost_trees(bytes, kTreeColumns), rows), xgboost_says(bytes, rows)));
}

std::vector<double> lightgbm_contributions(const std::string& text, std::span<const float> rows) {
  LgbBooster booster;
  int rounds = 0;
  EXPECT_EQ(LGBM_BoosterLoadModelFromString(text.c_str(), &rounds, booster.receive()), 0);
  const LgbThreadSeat seat = LgbThreadSeat::join();
  std::vector<double> out(kRows * (kTreeColumns + 1));
  std::int64_t length = 0;
  EXPECT_EQ(LGBM_BoosterPredictForMat(booster.get(), rows.data(), C_API_DTYPE_FLOAT32, kRows, kTreeColumns, 1,
                                      C_API_PREDICT_CONTRIB, 0, -1, "verbosity=-1 num_threads=1", &length, out.data()),
            0);
  return out;
}

std::vector<double> xgboost_contributions(const std::string& bytes, std::span<const float> rows) {
  XgbBooster booster;
  XgbMatrix matrix;
  EXPECT_EQ(XGBoosterCreate(nullptr, 0, booster.receive()), 0);
  EXPECT_EQ(XGBoosterLoadModelFromBuffer(booster.get(), bytes.data(), bytes.size()), 0);
  EXPECT_EQ(XGDMatrixCreateFromDense(xgb_array_interface(rows, kRows).c_str(), R"({"missing":NaN,"nthread":1})",
                                     matrix.receive()),
            0);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* out = nullptr;
  EXPECT_EQ(XGBoosterPredictFromDMatrix(booster.get(), matrix.get(),
                                        R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,)"
                                        R"("strict_shape":false})",
                                        &shape, &dimensions, &out),
            0);
  return {out, out + kRows * (kTreeColumns + 1)};
}

std::vector<double> our_contributions(const Result<StoredTrees>& stored, std::span<const float> rows) {
  EXPECT_TRUE(stored) << to_string(stored.error());
  const auto forest = ShapleyForest::make(*stored);
  EXPECT_TRUE(forest);
  std::vector<double> out(kRows * (kTreeColumns + 1));
  forest->contribute(rows, out);
  return out;
}

double farthest_apart(std::span<const double> a, std::span<const double> b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}

// The libraries' own rounding is in it: LightGBM follows the paths in double, XGBoost in float. Forecasts here are of
// the size of 1.
TEST(BoostedTrees, ContributeAsTheLibrariesDo) {
  const float odd[] = {0.0F, -0.0F, 1e-35F, -1e-36F, 1e-40F, kNaN, kNaN, 3e38F};
  const auto rows = odd_rows(kRows, odd);
  for (const double missing : {0.0, 0.3}) {
    TrainerOptions options;
    options.lightgbm.rounds = options.xgboost.rounds = 40;
    options.lightgbm.num_leaves = 31;
    options.lightgbm.min_data_in_leaf = 3;
    options.xgboost.min_child_weight = 1;
    const ModelDataSpec spec{.rows = 1'500, .columns = kTreeColumns, .missing_share = missing};
    const std::string text = stored("lightgbm", options, spec, "model.txt");
    EXPECT_LT(farthest_apart(our_contributions(parse_lightgbm_trees(text, kTreeColumns), rows),
                             lightgbm_contributions(text, rows)),
              1e-9);
    const std::string bytes = stored("xgboost", options, spec, "model.ubj");
    EXPECT_LT(farthest_apart(our_contributions(parse_xgboost_trees(bytes, kTreeColumns), rows),
                             xgboost_contributions(bytes, rows)),
              2e-5);
  }
}

void replace_once(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST(BoostedTrees, RefuseWhatTheyDoNotKnow) {
  TrainerOptions options;
  options.lightgbm.rounds = options.xgboost.rounds = 2;
  options.lightgbm.num_leaves = 4;
  options.lightgbm.min_data_in_leaf = 3;
  options.xgboost.min_child_weight = 1;
  const std::string text = stored("lightgbm", options, {.rows = 300, .columns = kTreeColumns}, "model.txt");
  const auto refused = [](const Result<FlatForest>& read) {
    return !read && (read.error().code == "forest.format" || read.error().code == "forest.tree");
  };
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"objective=regression", "objective=binary sigmoid:1"},
                                                        {"num_tree_per_iteration=1", "num_tree_per_iteration=2"},
                                                        {"num_cat=0", "num_cat=1"},
                                                        {"is_linear=0", "is_linear=1"},
                                                        {"num_leaves=4", "num_leaves=5"},
                                                        {"end of trees", "end"},
                                                        {"left_child=", "left_child=9"}}) {
    std::string changed = text;
    replace_once(changed, from, to);
    EXPECT_TRUE(refused(read_lightgbm_trees(changed, kTreeColumns))) << to;
  }
  EXPECT_TRUE(refused(read_lightgbm_trees(text, 1))) << "features that the rows do not have";
  const std::size_t trees_end = text.find("end of trees");
  for (std::size_t cut = 0; cut < trees_end; cut += 7)
    EXPECT_TRUE(refused(read_lightgbm_trees(text.substr(0, cut), kTreeColumns))) << cut;

  const std::string bytes = stored("xgboost", options, {.rows = 300, .columns = kTreeColumns}, "model.ubj");
  EXPECT_TRUE(refused(read_xgboost_trees(bytes, 1)));
  for (std::size_t cut = 0; cut < bytes.size(); cut += 7)
    EXPECT_TRUE(refused(read_xgboost_trees(bytes.substr(0, cut), kTreeColumns))) << cut;
  std::string linear = bytes;
  linear.replace(linear.rfind("gbtree"), 6, "linear");  // the booster's name comes after its trees
  EXPECT_TRUE(refused(read_xgboost_trees(linear, kTreeColumns)));
}

}  // namespace
}  // namespace clm
