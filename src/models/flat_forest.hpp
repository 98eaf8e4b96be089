#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// A node of a decision tree on numbers, as its library wrote it. A row goes left where its value is at most
/// `threshold`.
struct TreeNode {
  std::int32_t left = -1;  ///< index in the tree; below zero: a leaf
  std::int32_t right = -1;
  std::uint32_t feature = 0;
  float threshold = 0;        ///< may be infinite
  bool unknown_left = false;  ///< where NaN goes
  double value = 0;           ///< of a leaf

  bool is_leaf() const { return left < 0; }
};

/// The largest float that is not above `value`: a float is at most the one where it is at most the other.
float float_at_most(double value);
/// The largest float below `value`.
float float_below(float value);

/// Boosted regression trees, laid out to be asked for many rows at once: forecast = base + the leaves' values, added
/// tree by tree in the order of `add`. Immutable once made, thread-safe.
///
/// The libraries that grow the trees follow one row through one tree at a time, and wait at every node for what the
/// last one says. Here a tree of up to 32 leaves asks all its questions at once, of `kGroup` rows side by side, without
/// a branch: a row that goes right at a node cannot reach the leaves on its left, and the first leaf that is left over
/// is its own (QuickScorer of Lucchese et al., SIGIR 2015; side by side in their "Exploiting CPU SIMD Extensions to
/// Speed-up Document Scoring with Tree Ensembles", SIGIR 2016). A larger tree is walked down row by row. Cost a row:
/// some ns a small tree (models_bench). Memory: 12 bytes a node and 8 a leaf of a small tree, 32 a node of a large one.
class FlatForest {
 public:
  /// In which type values are added up: the library's own, so that the bits are.
  enum class Sum { in_float, in_double };
  struct Options {
    std::size_t columns = 0;
    double base = 0;
    Sum sum = Sum::in_double;
    /// Values that are no farther from zero count as zero; LightGBM's 1e-35.
    float zero_within = 0;
  };
  static constexpr std::size_t kGroup = 16;
  static constexpr std::size_t kSmallLeaves = 32;

  /// At least one column (contract).
  explicit FlatForest(const Options& options);

  /// One more tree; its root is node 0. Error `forest.tree` (data): a child or a feature that is none, a threshold that
  /// is NaN, a node with two parents or none.
  Status add(std::span<const TreeNode> tree);

  std::size_t trees() const { return trees_.size(); }
  /// `rows`: out.size() x columns, row-major; NaN = not known. To the bit what the library's own prediction of the same
  /// trees is (flat_forest_test.cpp).
  void predict(std::span<const float> rows, std::span<float> out) const;

 private:
  /// A node of a small tree.
  struct Question {
    float threshold;
    std::uint32_t column;
    std::uint32_t left_leaves;  ///< a bit each, the leftmost leaf the lowest
  };
  struct Tree {
    bool small;
    std::size_t begin;         ///< of its questions; in a large tree, of its nodes
    std::size_t unknown_left;  ///< questions that unknown values answer with "left"; they come first
    std::size_t questions;
    std::size_t first_leaf;
  };
  /// A small tree on its way into the forest.
  struct Draft {
    std::vector<Question> unknown_left, unknown_right;
    std::vector<double> leaves;
  };
  static void lay_out(std::span<const TreeNode> tree, std::size_t node, Draft& draft);
  /// `turned`: the values of a group of rows, column by column; `totals`: one per row.
  template <typename Total>
  void add_small(const Tree& tree, std::span<const float> turned, std::span<Total> totals) const;
  template <typename Total>
  void add_large(const Tree& tree, std::span<const float> turned, std::span<Total> totals) const;
  template <typename Total>
  void predict_as(std::span<const float> rows, std::span<float> out) const;

  Options options_;
  std::vector<Tree> trees_;
  std::vector<Question> questions_;
  std::vector<double> leaves_;   ///< of small trees, from left to right
  std::vector<TreeNode> nodes_;  ///< of large trees
};

}  // namespace clm
