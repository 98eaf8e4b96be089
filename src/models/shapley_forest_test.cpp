// Shapley values against their definition, every subset of features, on trees drawn at random.
#include "models/shapley_forest.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "models/forecasts_test_support.hpp"

namespace clm {
namespace {

using testing::kNaN;

struct Grown {
  std::vector<TreeNode> nodes;
  std::vector<double> covers;
};

/// A tree that splits a random leaf until it has so many; `chain`: always the last one, which makes it deep.
enum class Shape { bushy, chain };
Grown grow(Random& random, std::size_t leaves, std::size_t columns, Shape shape) {
  Grown tree{{TreeNode{}}, {1'000}};
  std::vector<std::size_t> open{0};
  while (open.size() < leaves) {
    const std::size_t pick = shape == Shape::chain ? open.size() - 1 : random.below(open.size());
    const std::size_t at = open[pick];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
    TreeNode& node = tree.nodes[at];
    node.feature = static_cast<std::uint32_t>(shape == Shape::chain ? open.size() % columns : random.below(columns));
    node.threshold = static_cast<float>(random.normal());
    node.unknown_left = random.uniform() < 0.5;
    node.left = static_cast<std::int32_t>(tree.nodes.size());
    node.right = node.left + 1;
    const double share = 0.05 + 0.9 * random.uniform(), cover = tree.covers[at];
    for (const double part : {share, 1 - share}) {
      open.push_back(tree.nodes.size());
      tree.nodes.emplace_back();
      tree.covers.push_back(cover * part);
    }
  }
  for (const std::size_t leaf : open) tree.nodes[leaf].value = random.normal();
  return tree;
}

double expected(const Grown& tree, std::size_t at, std::span<const float> row, std::uint32_t known) {
  const TreeNode& node = tree.nodes[at];
  if (node.is_leaf()) return node.value;
  const auto left = static_cast<std::size_t>(node.left), right = static_cast<std::size_t>(node.right);
  if ((known >> node.feature & 1U) != 0) {
    const float x = row[node.feature];
    return expected(tree, (std::isnan(x) ? node.unknown_left : x <= node.threshold) ? left : right, row, known);
  }
  return (tree.covers[left] * expected(tree, left, row, known) +
          tree.covers[right] * expected(tree, right, row, known)) /
         tree.covers[at];
}

/// Shapley (1953), and what is expected of nothing in particular as the last.
std::vector<double> by_definition(const std::vector<Grown>& trees, std::span<const float> row) {
  const std::size_t columns = row.size();
  std::vector<double> worth(std::size_t{1} << columns, 0.0), out(columns + 1, 0.0);
  for (std::uint32_t known = 0; known < worth.size(); ++known)
    for (const Grown& tree : trees) worth[known] += expected(tree, 0, row, known);
  for (std::size_t feature = 0; feature < columns; ++feature)
    for (std::uint32_t known = 0; known < worth.size(); ++known) {
      if ((known >> feature & 1U) != 0) continue;
      const int size = __builtin_popcount(known);
      const double weight = std::exp(std::lgamma(size + 1.0) + std::lgamma(static_cast<double>(columns) - size) -
                                     std::lgamma(static_cast<double>(columns) + 1));
      out[feature] += weight * (worth[known | 1U << feature] - worth[known]);
    }
  out[columns] = worth[0];
  return out;
}

std::vector<float> random_rows(Random& random, std::size_t count, std::size_t columns) {
  std::vector<float> rows(count * columns);
  for (float& value : rows) value = random.uniform() < 0.1 ? kNaN : static_cast<float>(random.normal());
  return rows;
}

StoredTrees stored(const std::vector<Grown>& trees, std::size_t columns) {
  StoredTrees out{{columns, 0, FlatForest::Sum::in_double, 0}, {}, {}};
  for (const Grown& tree : trees) {
    out.trees.push_back(tree.nodes);
    out.covers.push_back(tree.covers);
  }
  return out;
}

void expect_by_definition(const std::vector<Grown>& trees, std::span<const float> rows, std::size_t columns) {
  const auto forest = ShapleyForest::make(stored(trees, columns));
  ASSERT_TRUE(forest);
  const std::size_t count = rows.size() / columns, width = columns + 1;
  std::vector<double> out(count * width);
  forest->contribute(rows, out);
  for (std::size_t row = 0; row < count; ++row) {
    const auto exact = by_definition(trees, rows.subspan(row * columns, columns));
    for (std::size_t i = 0; i < width; ++i) EXPECT_NEAR(out[row * width + i], exact[i], 1e-11) << row << ", " << i;
  }
}

TEST(ShapleyForest, IsTheDefinition) {
  Random random(5);
  constexpr std::size_t kColumns = 9;
  std::vector<Grown> trees;
  for (const std::size_t leaves : {1U, 2U, 3U, 8U, 22U, 40U, 65U})
    trees.push_back(grow(random, leaves, kColumns, Shape::bushy));
  expect_by_definition(trees, random_rows(random, 25, kColumns), kColumns);
}

TEST(ShapleyForest, IsTheDefinitionOfDeepTreesToo) {
  Random random(6);
  // 14 features on the way to the deepest leaf, and each of three a second time.
  const std::vector<Grown> trees{grow(random, 18, 14, Shape::chain)};
  expect_by_definition(trees, random_rows(random, 3, 14), 14);
}

TEST(ShapleyForest, ARowIsToTheBitWhatItIsAlone) {
  Random random(7);
  constexpr std::size_t kColumns = 6, kCount = 500;
  std::vector<Grown> trees;
  for (int i = 0; i < 20; ++i) trees.push_back(grow(random, 30, kColumns, Shape::bushy));
  const auto forest = ShapleyForest::make(stored(trees, kColumns));
  ASSERT_TRUE(forest);
  const auto rows = random_rows(random, kCount, kColumns);
  std::vector<double> all(kCount * (kColumns + 1)), one(kColumns + 1);
  forest->contribute(rows, all);
  for (const std::size_t row : {0U, 123U, 499U}) {
    forest->contribute(std::span(rows).subspan(row * kColumns, kColumns), one);
    for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i], all[row * one.size() + i]);
  }
}

TEST(ShapleyForest, LeavesToOthersWhatItDoesNotTake) {
  Random random(8);
  EXPECT_FALSE(ShapleyForest::make(stored({grow(random, 66, 5, Shape::bushy)}, 5))) << "too many questions";
  Grown unseen = grow(random, 4, 5, Shape::bushy);
  unseen.covers.back() = 0;
  EXPECT_FALSE(ShapleyForest::make(stored({unseen}, 5))) << "no training came by";
}

}  // namespace
}  // namespace clm
