#include "models/flat_forest.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/random.hpp"
#include "models/forecasts_test_support.hpp"

namespace clm {
namespace {

using testing::kInf;
using testing::kNaN;

constexpr std::size_t kForestColumns = 7;
// Few values, so that rows meet thresholds exactly.
constexpr float kThresholds[] = {-kInf, -1.5F, -0.25F, 0.0F, 1e-35F, 0.5F, 2.0F, kInf};

std::vector<TreeNode> random_tree(Random& random, std::size_t leaves) {
  std::vector<TreeNode> tree(1);
  std::vector<std::size_t> open{0};
  while (open.size() < leaves) {
    const auto place = static_cast<std::size_t>(random.below(open.size()));
    const std::size_t split = open[place];
    tree[split].left = static_cast<std::int32_t>(tree.size());
    tree[split].right = tree[split].left + 1;
    tree[split].feature = static_cast<std::uint32_t>(random.below(kForestColumns));
    tree[split].threshold = kThresholds[random.below(std::size(kThresholds))];
    tree[split].unknown_left = random.uniform() < 0.5;
    open[place] = tree.size();
    open.push_back(tree.size() + 1);
    tree.resize(tree.size() + 2);
  }
  for (const std::size_t leaf : open) tree[leaf].value = random.normal();
  return tree;
}

double leaf_of(const std::vector<TreeNode>& tree, std::span<const float> row) {
  const TreeNode* node = tree.data();
  while (!node->is_leaf()) {
    const float value = row[node->feature];
    const bool left = std::isnan(value) ? node->unknown_left : value <= node->threshold;
    node = &tree[static_cast<std::size_t>(left ? node->left : node->right)];
  }
  return node->value;
}

std::vector<float> random_rows(Random& random, std::size_t count) {
  std::vector<float> rows(count * kForestColumns);
  for (float& value : rows) {
    const float odd[] = {kNaN, -0.0F, kInf, -kInf, kThresholds[random.below(std::size(kThresholds))]};
    value = random.uniform() < 0.5 ? odd[random.below(std::size(odd))] : static_cast<float>(random.normal());
  }
  return rows;
}

TEST(FlatForest, SaysWhatAWalkDownEachTreeSays) {
  Random random(3);
  for (const auto sum : {FlatForest::Sum::in_float, FlatForest::Sum::in_double}) {
    FlatForest forest({kForestColumns, 0.3, sum, 0});
    std::vector<std::vector<TreeNode>> trees;
    // A leaf alone, all sizes of small trees, and large ones among them.
    for (std::size_t leaves = 1; leaves <= 40; ++leaves) trees.push_back(random_tree(random, leaves));
    trees.push_back(random_tree(random, 3));
    for (const auto& tree : trees) ASSERT_TRUE(forest.add(tree));
    ASSERT_EQ(forest.trees(), trees.size());
    for (const std::size_t count : {1U, 15U, 16U, 17U, 333U}) {
      const auto rows = random_rows(random, count);
      std::vector<float> out(count), expected;
      forest.predict(rows, out);
      for (std::size_t i = 0; i < count; ++i) {
        const auto row = std::span<const float>(rows).subspan(i * kForestColumns, kForestColumns);
        double in_double = 0.3;
        auto in_float = static_cast<float>(0.3);
        for (const auto& tree : trees) {
          in_double += leaf_of(tree, row);
          in_float += static_cast<float>(leaf_of(tree, row));
        }
        expected.push_back(sum == FlatForest::Sum::in_float ? in_float : static_cast<float>(in_double));
      }
      EXPECT_EQ(out, expected) << count << " rows";
    }
  }
}

TEST(FlatForest, ValuesNextToZeroAreZeroWhereTheLibrarySaysSo) {
  const std::vector<TreeNode> tree{{1, 2, 0, -1e-38F, false, 0}, {-1, -1, 0, 0, false, 1}, {-1, -1, 0, 0, false, 2}};
  const std::vector<float> rows{-1e-36F, -1e-35F, -2e-35F};
  std::vector<float> out(3);
  FlatForest exact({1, 0, FlatForest::Sum::in_double, 0}), near({1, 0, FlatForest::Sum::in_double, 1e-35F});
  ASSERT_TRUE(exact.add(tree) && near.add(tree));
  exact.predict(rows, out);
  EXPECT_EQ(out, (std::vector<float>{1, 1, 1}));
  near.predict(rows, out);
  EXPECT_EQ(out, (std::vector<float>{2, 2, 1}));
}

TEST(FlatForest, RefusesWhatIsNoTree) {
  FlatForest forest({2, 0, FlatForest::Sum::in_double, 0});
  const TreeNode leaf;
  const auto inner = [](std::int32_t left, std::int32_t right) { return TreeNode{left, right, 1, 0.5F, false, 0}; };
  const auto refused = [&](std::vector<TreeNode> tree) {
    const auto added = forest.add(tree);
    return !added && added.error().code == "forest.tree";
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({inner(1, 2), leaf})) << "a child beyond the end";
  EXPECT_TRUE(refused({inner(1, 1), leaf})) << "a child twice";
  EXPECT_TRUE(refused({inner(0, 1), leaf})) << "a loop";
  EXPECT_TRUE(refused({inner(1, -1), leaf})) << "half a node";
  EXPECT_TRUE(refused({inner(1, 2), leaf, leaf, leaf})) << "a node that nobody leads to";
  auto tree = std::vector<TreeNode>{inner(1, 2), leaf, leaf};
  EXPECT_FALSE(refused(tree));
  tree[0].feature = 2;
  EXPECT_TRUE(refused(tree));
  tree[0].feature = 1;
  tree[0].threshold = kNaN;
  EXPECT_TRUE(refused(tree));
  EXPECT_EQ(forest.trees(), 1U);
}

TEST(FlatForest, ThresholdsInDoubleBecomeFloatsThatDecideAlike) {
  Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    const double threshold = std::ldexp(random.normal(), static_cast<int>(random.below(270)) - 150);
    const float at_most = float_at_most(threshold);
    EXPECT_LE(double{at_most}, threshold);
    EXPECT_GT(double{std::nextafter(at_most, kInf)}, threshold);
    const auto strict = static_cast<float>(threshold);
    EXPECT_LT(float_below(strict), strict);
    EXPECT_EQ(std::nextafter(float_below(strict), kInf), strict);
  }
  EXPECT_EQ(float_at_most(0.5), 0.5F);
  // As LightGBM writes what is infinite.
  EXPECT_EQ(float_at_most(1e300), std::numeric_limits<float>::max());
  EXPECT_EQ(float_at_most(-1e300), -kInf);
  EXPECT_EQ(float_at_most(double{kInf}), kInf);
}

}  // namespace
}  // namespace clm
