#include "models/flat_forest.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr std::size_t kGroup = FlatForest::kGroup;
// Four rows of a group: what every x86-64 processor has registers for.
constexpr std::size_t kLanes = 4;
using Floats = float __attribute__((vector_size(16)));
using Bits = std::int32_t __attribute__((vector_size(16)));

tl::unexpected<Error> no_tree(std::size_t tree, std::size_t node, const std::string& why) {
  return fail(ErrorKind::data, "forest.tree", why, "tree " + std::to_string(tree) + ", node " + std::to_string(node));
}

/// Whether every node is reached from the root once, and asks what can be asked.
Status check_tree(std::span<const TreeNode> tree, std::size_t columns, std::size_t number) {
  if (tree.empty()) return no_tree(number, 0, "there is no root");
  std::vector<bool> met(tree.size(), false);
  std::vector<std::size_t> open{0};
  met[0] = true;
  std::size_t count = 1;
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    const TreeNode& node = tree[at];
    if (node.is_leaf()) continue;
    if (node.feature >= columns) return no_tree(number, at, "there is no such feature");
    if (std::isnan(node.threshold)) return no_tree(number, at, "its threshold is no number");
    for (const std::int32_t child : {node.left, node.right}) {
      const auto place = static_cast<std::size_t>(child);
      if (child < 0 || place >= tree.size() || met[place])
        return no_tree(number, at, "its child is none, or another's");
      met[place] = true;
      ++count;
      open.push_back(place);
    }
  }
  if (count != tree.size()) return no_tree(number, 0, "some nodes have no parent");
  return {};
}

/// The rows of a group, column by column; where there are too few, the last one stands for those that are missing.
void turn(std::span<const float> rows, std::size_t columns, float zero_within, std::span<float> turned) {
  const std::size_t count = rows.size() / columns;
  for (std::size_t i = 0; i < kGroup; ++i) {
    const float* row = rows.data() + std::min(i, count - 1) * columns;
    for (std::size_t c = 0; c < columns; ++c) turned[c * kGroup + i] = std::fabs(row[c]) <= zero_within ? 0.0F : row[c];
  }
}

Floats load(const float* from) {
  Floats out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

Floats everywhere(float value) { return Floats{value, value, value, value}; }
Bits everywhere(std::uint32_t bits) {
  const auto value = static_cast<std::int32_t>(bits);
  return Bits{value, value, value, value};
}

}  // namespace

float float_at_most(double value) {
  constexpr float kMax = std::numeric_limits<float>::max();
  if (value > double{kMax}) return std::isinf(value) ? std::numeric_limits<float>::infinity() : kMax;
  if (value < -double{kMax}) return -std::numeric_limits<float>::infinity();
  const auto nearest = static_cast<float>(value);
  return static_cast<double>(nearest) > value ? float_below(nearest) : nearest;
}

float float_below(float value) { return std::nextafter(value, -std::numeric_limits<float>::infinity()); }

FlatForest::FlatForest(const Options& options) : options_(options) {
  expects(options.columns > 0, "trees ask for features");
}

void FlatForest::lay_out(std::span<const TreeNode> tree, std::size_t node, Draft& draft) {
  const TreeNode& at = tree[node];
  if (at.is_leaf()) {
    draft.leaves.push_back(at.value);
    return;
  }
  const std::size_t first = draft.leaves.size();
  lay_out(tree, static_cast<std::size_t>(at.left), draft);
  const std::size_t on_the_left = draft.leaves.size() - first;  // fewer than all
  const std::uint32_t bits = ((std::uint32_t{1} << on_the_left) - 1U) << first;
  (at.unknown_left ? draft.unknown_left : draft.unknown_right).push_back({at.threshold, at.feature, bits});
  lay_out(tree, static_cast<std::size_t>(at.right), draft);
}

Status FlatForest::add(std::span<const TreeNode> tree) {
  if (auto sound = check_tree(tree, options_.columns, trees()); !sound) return sound;
  const std::size_t inner = tree.size() / 2;  // each has two children
  if (inner + 1 > kSmallLeaves) {
    trees_.push_back({false, nodes_.size(), 0, 0, 0});
    nodes_.insert(nodes_.end(), tree.begin(), tree.end());
    return {};
  }
  Draft draft;
  lay_out(tree, 0, draft);
  trees_.push_back({true, questions_.size(), draft.unknown_left.size(), inner, leaves_.size()});
  questions_.insert(questions_.end(), draft.unknown_left.begin(), draft.unknown_left.end());
  questions_.insert(questions_.end(), draft.unknown_right.begin(), draft.unknown_right.end());
  leaves_.insert(leaves_.end(), draft.leaves.begin(), draft.leaves.end());
  return {};
}

template <typename Total>
void FlatForest::add_small(const Tree& tree, std::span<const float> turned, std::span<Total> totals) const {
  const Question* question = questions_.data() + tree.begin;
  // By name, so that they stay in registers.
  Bits a = everywhere(~std::uint32_t{0}), b = a, c = a, d = a;
  // A comparison with what is not known is false, so that each half needs one only.
  for (const Question* end = question + tree.unknown_left; question != end; ++question) {
    const float* values = &turned[question->column * kGroup];
    const Floats threshold = everywhere(question->threshold);
    const Bits leaves = everywhere(question->left_leaves);
    a &= ~((load(values) > threshold) & leaves);
    b &= ~((load(values + kLanes) > threshold) & leaves);
    c &= ~((load(values + 2 * kLanes) > threshold) & leaves);
    d &= ~((load(values + 3 * kLanes) > threshold) & leaves);
  }
  for (const Question* end = questions_.data() + tree.begin + tree.questions; question != end; ++question) {
    const float* values = &turned[question->column * kGroup];
    const Floats threshold = everywhere(question->threshold);
    const Bits others = everywhere(~question->left_leaves);
    a &= (load(values) <= threshold) | others;
    b &= (load(values + kLanes) <= threshold) | others;
    c &= (load(values + 2 * kLanes) <= threshold) | others;
    d &= (load(values + 3 * kLanes) <= threshold) | others;
  }
  const Bits left_over[] = {a, b, c, d};
  std::uint32_t bits[kGroup];
  static_assert(sizeof left_over == sizeof bits);
  std::memcpy(bits, left_over, sizeof bits);
  const double* leaves = leaves_.data() + tree.first_leaf;
  for (std::size_t i = 0; i < kGroup; ++i) totals[i] += static_cast<Total>(leaves[std::countr_zero(bits[i])]);
}

template <typename Total>
void FlatForest::add_large(const Tree& tree, std::span<const float> turned, std::span<Total> totals) const {
  const TreeNode* root = nodes_.data() + tree.begin;
  for (std::size_t i = 0; i < kGroup; ++i) {
    const TreeNode* node = root;
    while (!node->is_leaf()) {
      const float value = turned[node->feature * kGroup + i];
      const bool left = std::isnan(value) ? node->unknown_left : value <= node->threshold;
      node = root + (left ? node->left : node->right);
    }
    totals[i] += static_cast<Total>(node->value);
  }
}

template <typename Total>
void FlatForest::predict_as(std::span<const float> rows, std::span<float> out) const {
  const std::size_t columns = options_.columns;
  std::vector<float> turned(columns * kGroup);
  std::array<Total, kGroup> totals;
  for (std::size_t first = 0; first < out.size(); first += kGroup) {
    const std::size_t count = std::min(kGroup, out.size() - first);
    turn(rows.subspan(first * columns, count * columns), columns, options_.zero_within, turned);
    totals.fill(static_cast<Total>(options_.base));
    for (const Tree& tree : trees_) {
      if (tree.small)
        add_small<Total>(tree, turned, totals);
      else
        add_large<Total>(tree, turned, totals);
    }
    for (std::size_t i = 0; i < count; ++i) out[first + i] = static_cast<float>(totals[i]);
  }
}

void FlatForest::predict(std::span<const float> rows, std::span<float> out) const {
  expects(rows.size() == out.size() * options_.columns, "one forecast per row");
  if (options_.sum == Sum::in_float)
    predict_as<float>(rows, out);
  else
    predict_as<double>(rows, out);
}

}  // namespace clm
