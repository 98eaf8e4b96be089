#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/boosted_trees.hpp"

namespace clm {

/// Shapley values of boosted trees: how far each feature moved a forecast, where a feature that is not known is
/// replaced by what the training did at its splits (Lundberg et al. 2020, Nature Machine Intelligence 2:56,
/// algorithm 2). The values of that definition, in double; the libraries, which follow the algorithm row by row, differ
/// from it by their rounding (boosted_trees_test.cpp).
///
/// What a leaf gives to the features on its way depends on one thing about a row: which of these features would lead
/// there. Few such patterns occur, so each is worked out when it is first met and then looked up (the idea of Yang's
/// "Fast TreeSHAP", 2021, with patterns kept by leaf instead of all of them made beforehand). Cost a row: one addition
/// per leaf and feature on its way, beside O(depth^3) for each new pattern; the algorithm above takes O(depth^2) per
/// leaf and row. Immutable once made, thread-safe.
class ShapleyForest {
 public:
  static constexpr std::size_t kMostQuestions = 64;

  /// None where a tree asks more questions than that, or says of a node that no training came by: such are left to the
  /// libraries. The trees are those of a forest that was made of them (`forest_of`), i.e. sound.
  static std::optional<ShapleyForest> make(const StoredTrees& stored);

  /// `rows`: row-major, columns wide; NaN = not known. `out`: as many rows, columns + 1 wide; the last is what is
  /// expected of nothing in particular. A row's values sum to its forecast, to rounding, and do not depend on the rows
  /// beside it.
  void contribute(std::span<const float> rows, std::span<double> out) const;

 private:
  struct Question {
    float threshold;
    std::uint32_t column;
    bool unknown_left;
  };
  /// A feature on the way to a leaf.
  struct Step {
    std::uint64_t questions;  ///< that are asked of it there
    std::uint32_t column;
    double share;  ///< of the training, of what went that way at these questions
  };
  struct Leaf {
    std::uint64_t answers;  ///< that lead there: a bit set for left
    std::size_t first_step, steps;
    double value;
  };
  struct Tree {
    std::size_t first_question, questions;
    std::size_t first_leaf, leaves;
  };
  class Patterns;

  void lay_out(std::span<const TreeNode> tree, std::span<const double> covers);
  std::uint64_t answers_of(const Tree& tree, const float* row) const;
  void add_parts(const Leaf& leaf, std::uint64_t answers, Patterns& known, double* out) const;

  FlatForest::Options options_;
  double expected_ = 0;
  std::vector<Tree> trees_;
  std::vector<Question> questions_;
  std::vector<Leaf> leaves_;
  std::vector<Step> steps_;
};

}  // namespace clm
