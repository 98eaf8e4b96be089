// Shapley values against their definition: every subset of features, on the trees as the libraries store them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::make_model_data;
using testing::rows_between;
using testing::TempDirectory;
using testing::TestRun;

constexpr std::size_t kGrownColumns = 4;

struct Node {
  int feature = -1;  ///< -1: a leaf
  double threshold = 0;
  bool equal_goes_left = false;
  bool missing_goes_left = false;
  std::size_t left = 0, right = 0;
  double value = 0;
  double cover = 0;  ///< training weight that came by
};
using Tree = std::vector<Node>;

/// What is expected of the row when only the features in `known` are: at an unknown one both ways are gone, each by
/// the share of the training that went there.
double expected(const Tree& tree, std::size_t at, std::span<const float> row, unsigned known) {
  const Node& node = tree[at];
  if (node.feature < 0) return node.value;
  const auto feature = static_cast<std::size_t>(node.feature);
  if ((known >> feature & 1U) != 0) {
    const auto x = double{row[feature]};
    const bool left =
        std::isnan(x) ? node.missing_goes_left : (node.equal_goes_left ? x <= node.threshold : x < node.threshold);
    return expected(tree, left ? node.left : node.right, row, known);
  }
  return (tree[node.left].cover * expected(tree, node.left, row, known) +
          tree[node.right].cover * expected(tree, node.right, row, known)) /
         (tree[node.left].cover + tree[node.right].cover);
}

double expected(const std::vector<Tree>& trees, std::span<const float> row, unsigned known) {
  double sum = 0;
  for (const Tree& tree : trees) sum += expected(tree, 0, row, known);
  return sum;
}

/// Shapley (1953): the mean gain of a feature over all orders in which features become known.
double shapley(const std::vector<Tree>& trees, std::span<const float> row, std::size_t feature) {
  const auto factorial = [](int n) { return std::tgamma(n + 1.0); };
  double sum = 0;
  for (unsigned known = 0; known < 1U << kGrownColumns; ++known) {
    if ((known >> feature & 1U) != 0) continue;
    const int size = __builtin_popcount(known);
    const double weight = factorial(size) * factorial(static_cast<int>(kGrownColumns) - size - 1) /
                          factorial(static_cast<int>(kGrownColumns));
    sum += weight * (expected(trees, row, known | 1U << feature) - expected(trees, row, known));
  }
  return sum;
}

std::vector<Tree> xgboost_trees(const std::string& bytes) {
  const auto document = nlohmann::json::from_ubjson(bytes);
  std::vector<Tree> trees;
  for (const auto& stored : document.at("learner").at("gradient_booster").at("model").at("trees")) {
    Tree tree(stored.at("left_children").size());
    for (std::size_t i = 0; i < tree.size(); ++i) {
      tree[i].cover = stored.at("sum_hessian")[i].get<double>();
      const int left = stored.at("left_children")[i].get<int>();
      const auto condition = stored.at("split_conditions")[i].get<double>();
      if (left < 0) {
        tree[i].value = condition;
        continue;
      }
      tree[i].feature = stored.at("split_indices")[i].get<int>();
      tree[i].threshold = condition;
      tree[i].missing_goes_left = stored.at("default_left")[i].get<int>() != 0;
      tree[i].left = static_cast<std::size_t>(left);
      tree[i].right = stored.at("right_children")[i].get<std::size_t>();
    }
    trees.push_back(std::move(tree));
  }
  return trees;
}

std::vector<double> numbers(const std::string& line) {
  std::istringstream stream(line.substr(line.find('=') + 1));
  std::vector<double> values;
  for (double value = 0; stream >> value;) values.push_back(value);
  return values;
}

std::vector<Tree> lightgbm_trees(const std::string& text) {
  std::vector<Tree> trees;
  std::istringstream lines(text);
  std::map<std::string, std::vector<double>> fields;
  for (std::string line; std::getline(lines, line);) {
    const std::string key = line.substr(0, line.find('='));
    if (key == "Tree") fields.clear();
    fields[key] = numbers(line);
    if (key != "shrinkage") continue;  // the last line of a tree
    const std::size_t splits = fields["split_feature"].size();
    Tree tree(splits + fields["leaf_value"].size());
    const auto place = [&](double child) {
      return child >= 0 ? static_cast<std::size_t>(child) : splits + static_cast<std::size_t>(-child - 1);
    };
    for (std::size_t i = 0; i < splits; ++i) {
      const auto decision = static_cast<unsigned>(fields["decision_type"][i]);
      tree[i] = {static_cast<int>(fields["split_feature"][i]),
                 fields["threshold"][i],
                 true,
                 (decision & 2U) != 0,
                 place(fields["left_child"][i]),
                 place(fields["right_child"][i]),
                 0,
                 fields["internal_count"][i]};
    }
    for (std::size_t i = splits; i < tree.size(); ++i) {
      tree[i].value = fields["leaf_value"][i - splits];
      tree[i].cover = fields["leaf_count"][i - splits];
    }
    trees.push_back(std::move(tree));
  }
  return trees;
}

/// Four features, of which the last never varies: no tree can split on it.
Dataset small_data() {
  Dataset data = make_model_data({.rows = 400, .columns = kGrownColumns, .missing_share = 0.1});
  auto frame = std::make_shared<FeatureFrame>(*data.frame);
  for (std::size_t row = 0; row < frame->rows(); ++row) frame->values[row * kGrownColumns + 3] = 1;
  // One row of which nothing is known: models abstain.
  for (std::size_t column = 0; column < kGrownColumns; ++column)
    frame->values[350 * kGrownColumns + column] = std::numeric_limits<float>::quiet_NaN();
  data.frame = std::move(frame);
  return data;
}

std::unique_ptr<Model> train(std::string_view type, const RowSet& rows) {
  TrainerOptions options;
  options.xgboost.rounds = options.lightgbm.rounds = 12;
  options.xgboost.learning_rate = options.lightgbm.learning_rate = 0.3;
  options.xgboost.max_depth = 3;
  options.xgboost.min_child_weight = options.lightgbm.min_data_in_leaf = 5;
  options.lightgbm.num_leaves = 8;
  options.past_return.column = "x1";
  TestRun run;
  const RowSet none{rows.data, {}};
  auto model = make_trainer(type, options).value()->train({rows, none, 1, 1}, run.context);
  EXPECT_TRUE(model) << to_string(model.error());
  return std::move(*model);
}

class Contributions : public ::testing::TestWithParam<std::string_view> {
 protected:
  std::vector<double> ask(const RowSet& rows) const {
    std::vector<double> out(rows.size() * kWidth);
    const Status done = model_->contributions(rows, out);
    EXPECT_TRUE(done) << to_string(done.error());
    return out;
  }

  static constexpr std::size_t kWidth = kGrownColumns + 1;
  Dataset data_ = small_data();
  std::unique_ptr<Model> model_ = train(GetParam(), rows_between(data_, 0, 300));
  RowSet unseen_ = rows_between(data_, 300, 400);
};

TEST_P(Contributions, SumToTheForecast) {
  const auto parts = ask(unseen_);
  std::vector<float> forecasts(unseen_.size());
  ASSERT_TRUE(model_->predict(unseen_, forecasts));
  for (std::size_t row = 0; row < unseen_.size(); ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < kWidth; ++i) sum += parts[row * kWidth + i];
    if (row == 50) {
      EXPECT_TRUE(std::isnan(forecasts[row]));
      for (std::size_t i = 0; i < kWidth; ++i) EXPECT_TRUE(std::isnan(parts[row * kWidth + i]));
    } else {
      EXPECT_NEAR(sum, double{forecasts[row]}, 5e-6);
    }
  }
}

TEST_P(Contributions, AFeatureThatIsNotUsedHasNone) {
  const auto parts = ask(rows_between(data_, 0, 300));
  double used = 0;
  for (std::size_t row = 0; row < 300; ++row) {
    EXPECT_EQ(parts[row * kWidth + 3], 0);
    used += std::fabs(parts[row * kWidth]);
  }
  EXPECT_GT(used / 300, 0.3) << "x0 carries much of the label";
}

TEST_P(Contributions, ARowAloneIsAsAmongOthers) {
  const auto together = ask(unseen_);
  for (const std::uint32_t row : {0U, 17U, 99U}) {
    const auto alone = ask(RowSet{&data_, {unseen_.rows[row]}});
    for (std::size_t i = 0; i < kWidth; ++i) EXPECT_EQ(alone[i], together[row * kWidth + i]);
  }
}

TEST_P(Contributions, OtherFeaturesAreRefused) {
  Dataset other = data_;
  auto frame = std::make_shared<FeatureFrame>(*data_.frame);
  frame->set_hash = "another";
  other.frame = std::move(frame);
  std::vector<double> out(100 * kWidth);
  const Status refused = model_->contributions(rows_between(other, 0, 100), out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "model.feature_hash");
}

TEST_P(Contributions, AskingDoesNotChangeForecasts) {
  std::vector<float> before(unseen_.size()), after(unseen_.size());
  ASSERT_TRUE(model_->predict(unseen_, before));
  ask(unseen_);
  ASSERT_TRUE(model_->predict(unseen_, after));
  EXPECT_EQ(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)), 0);
}

class ContributionsOfTrees : public Contributions {};

TEST_P(ContributionsOfTrees, AreTheShapleyValuesOfTheDefinition) {
  const TempDirectory directory;
  ASSERT_TRUE(model_->save(directory.path()));
  const bool is_xgboost = GetParam() == "xgboost";
  const std::string file = read_file(directory.path() / (is_xgboost ? "model.ubj" : "model.txt")).value();
  const auto trees = is_xgboost ? xgboost_trees(file) : lightgbm_trees(file);
  ASSERT_EQ(trees.size(), 12u);
  const RowSet asked = rows_between(data_, 300, 340);
  const auto parts = ask(asked);
  for (std::size_t row = 0; row < asked.size(); ++row)
    for (std::size_t feature = 0; feature < kGrownColumns; ++feature)
      EXPECT_NEAR(parts[row * kWidth + feature], shapley(trees, data_.frame->row(asked.rows[row]), feature), 5e-6)
          << "row " << row << ", feature " << feature;
}

INSTANTIATE_TEST_SUITE_P(Types, Contributions, ::testing::Values("xgboost", "lightgbm", "ridge"),
                         [](const auto& one) { return std::string(one.param); });

INSTANTIATE_TEST_SUITE_P(Types, ContributionsOfTrees, ::testing::Values("xgboost", "lightgbm"),
                         [](const auto& one) { return std::string(one.param); });

/// In a linear model a feature's value does not depend on what else is known: what it adds when it becomes known.
TEST(ContributionsOfRidge, AreWhatAForecastLosesWithoutTheFeature) {
  Dataset data = small_data();
  const auto model = train("ridge", rows_between(data, 0, 300));
  std::vector<double> parts(kGrownColumns + 1);
  const RowSet one{&data, {310}};
  ASSERT_TRUE(model->contributions(one, parts));
  float whole = 0;
  ASSERT_TRUE(model->predict(one, {&whole, 1}));
  for (std::size_t column = 0; column < kGrownColumns; ++column) {
    Dataset without = data;
    auto frame = std::make_shared<FeatureFrame>(*data.frame);
    frame->values[310 * kGrownColumns + column] = std::numeric_limits<float>::quiet_NaN();
    without.frame = std::move(frame);
    float rest = 0;
    ASSERT_TRUE(model->predict(RowSet{&without, {310}}, {&rest, 1}));
    EXPECT_NEAR(parts[column], double{whole} - double{rest}, 1e-6);
  }
}

/// More questions than our own way takes: the libraries are asked.
TEST(ContributionsOfLargeTrees, SumToTheForecast) {
  const Dataset data = make_model_data({.rows = 2'000, .columns = kGrownColumns, .missing_share = 0.1});
  const RowSet rows = rows_between(data, 0, 2'000), none{&data, {}};
  TrainerOptions options;
  options.xgboost.rounds = options.lightgbm.rounds = 5;
  options.xgboost.max_depth = 9;
  options.xgboost.min_child_weight = options.lightgbm.min_data_in_leaf = 2;
  options.lightgbm.num_leaves = 150;
  for (const char* type : {"xgboost", "lightgbm"}) {
    TestRun run;
    const auto model = make_trainer(type, options).value()->train({rows, none, 1, 1}, run.context).value();
    std::vector<double> parts(rows.size() * (kGrownColumns + 1));
    std::vector<float> forecasts(rows.size());
    ASSERT_TRUE(model->contributions(rows, parts));
    ASSERT_TRUE(model->predict(rows, forecasts));
    for (std::size_t row = 0; row < rows.size(); row += 37) {
      double sum = 0;
      for (std::size_t i = 0; i <= kGrownColumns; ++i) sum += parts[row * (kGrownColumns + 1) + i];
      EXPECT_NEAR(sum, double{forecasts[row]}, 1e-5) << type;
    }
  }
}

TEST(ContributionsOfOthers, AreNotOffered) {
  const Dataset data = small_data();
  for (const char* type : {"zero", "momentum"}) {
    const auto model = train(type, rows_between(data, 0, 300));
    std::vector<double> out(kGrownColumns + 1);
    const Status refused = model->contributions(rows_between(data, 300, 301), out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "model.contributions");
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace clm
