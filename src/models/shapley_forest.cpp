#include "models/shapley_forest.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr std::size_t kMost = ShapleyForest::kMostQuestions;

/// The sums of all products of so many of the values, by how many: 1, a + b + ..., ab + ac + ..., and so on.
std::size_t elementary_sums(std::span<const double> values, std::size_t left_out, double* sums) {
  std::size_t degree = 0;
  sums[0] = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == left_out) continue;
    sums[++degree] = 0;
    for (std::size_t d = degree; d > 0; --d) sums[d] += sums[d - 1] * values[i];
  }
  return degree;
}

/// What the orders in which features become known make of `sums`, among `features` of them: the share of the orders in
/// which exactly s given ones come before a certain one is s! (n - 1 - s)! / n! = 1 / (n C(n - 1, s)).
double over_all_orders(const double* sums, std::size_t degree, std::size_t features) {
  const auto n = static_cast<double>(features);
  double total = 0, choose = 1;
  for (std::size_t s = 0; s <= degree; ++s) {
    total += sums[degree - s] / (n * choose);
    choose = choose * (n - 1 - static_cast<double>(s)) / static_cast<double>(s + 1);
  }
  return total;
}

}  // namespace

/// What one leaf gives to each feature on its way, by which of these would lead there.
class ShapleyForest::Patterns {
 public:
  void begin(std::size_t steps) {
    steps_ = steps;
    parts_.clear();
    far_.clear();
    if (steps <= kNear) near_.assign(std::size_t{1} << steps, kNotMet);
  }

  const double* parts(std::uint64_t pattern, const Leaf& leaf, std::span<const Step> way) {
    if (steps_ <= kNear) {
      std::int32_t& place = near_[pattern];
      if (place == kNotMet) place = work_out(pattern, leaf, way);
      return parts_.data() + place;
    }
    const auto [known, is_new] = far_.try_emplace(pattern, 0);
    if (is_new) known->second = work_out(pattern, leaf, way);
    return parts_.data() + known->second;
  }

 private:
  static constexpr std::size_t kNear = 12;  ///< features whose patterns are looked up in a table
  static constexpr std::int32_t kNotMet = -1;

  std::int32_t work_out(std::uint64_t pattern, const Leaf& leaf, std::span<const Step> way) {
    double others = leaf.value;  // times the shares of those that would not lead there
    double leading[kMost], sums[kMost + 1];
    std::size_t count = 0;
    for (std::size_t i = 0; i < way.size(); ++i) {
      if ((pattern >> i & 1U) != 0)
        leading[count++] = way[i].share;
      else
        others *= way[i].share;
    }
    const std::span<const double> shares(leading, count);
    const auto place = static_cast<std::int32_t>(parts_.size());
    const double against =
        count == way.size() ? 0 : -others * over_all_orders(sums, elementary_sums(shares, count, sums), way.size());
    for (std::size_t i = 0, at = 0; i < way.size(); ++i) {
      if ((pattern >> i & 1U) == 0) {
        parts_.push_back(against);
        continue;
      }
      const std::size_t degree = elementary_sums(shares, at++, sums);
      parts_.push_back((1 - way[i].share) * others * over_all_orders(sums, degree, way.size()));
    }
    return place;
  }

  std::size_t steps_ = 0;
  std::vector<std::int32_t> near_;
  std::unordered_map<std::uint64_t, std::int32_t> far_;
  std::vector<double> parts_;
};

std::optional<ShapleyForest> ShapleyForest::make(const StoredTrees& stored) {
  ShapleyForest forest;
  forest.options_ = stored.options;
  forest.expected_ = stored.options.base;
  for (std::size_t t = 0; t < stored.trees.size(); ++t) {
    const auto& covers = stored.covers[t];
    const std::size_t questions = stored.trees[t].size() / 2;
    const bool is_known =
        questions == 0 || std::all_of(covers.begin(), covers.end(), [](double cover) { return cover > 0; });
    if (questions > kMostQuestions || !is_known) return std::nullopt;
    forest.lay_out(stored.trees[t], covers);
  }
  return forest;
}

void ShapleyForest::lay_out(std::span<const TreeNode> tree, std::span<const double> covers) {
  Tree out{questions_.size(), 0, leaves_.size(), 0};
  struct Open {
    std::size_t node;
    std::uint64_t answers;
    double reach;  ///< share of the training
    std::vector<Step> way;
  };
  std::vector<Open> open;
  open.push_back({0, 0, 1, {}});
  while (!open.empty()) {
    Open at = std::move(open.back());
    open.pop_back();
    const TreeNode& node = tree[at.node];
    if (node.is_leaf()) {
      leaves_.push_back({at.answers, steps_.size(), at.way.size(), node.value});
      steps_.insert(steps_.end(), at.way.begin(), at.way.end());
      expected_ += node.value * at.reach;
      ++out.leaves;
      continue;
    }
    const std::uint64_t question = std::uint64_t{1} << out.questions++;
    questions_.push_back({node.threshold, node.feature, node.unknown_left});
    for (const bool to_left : {false, true}) {
      const auto child = static_cast<std::size_t>(to_left ? node.left : node.right);
      const double share = covers[child] / covers[at.node];
      Open next{child, at.answers | (to_left ? question : 0), at.reach * share, at.way};
      const auto same =
          std::find_if(next.way.begin(), next.way.end(), [&](const Step& step) { return step.column == node.feature; });
      if (same == next.way.end()) {
        next.way.push_back({question, node.feature, share});
      } else {
        same->questions |= question;
        same->share *= share;
      }
      open.push_back(std::move(next));
    }
  }
  trees_.push_back(out);
}

std::uint64_t ShapleyForest::answers_of(const Tree& tree, const float* row) const {
  std::uint64_t answers = 0;
  for (std::size_t q = 0; q < tree.questions; ++q) {
    const Question& question = questions_[tree.first_question + q];
    float value = row[question.column];
    if (std::fabs(value) <= options_.zero_within) value = 0;
    const bool left = std::isnan(value) ? question.unknown_left : value <= question.threshold;
    answers |= std::uint64_t{left} << q;
  }
  return answers;
}

void ShapleyForest::add_parts(const Leaf& leaf, std::uint64_t answers, Patterns& known, double* out) const {
  const std::span<const Step> way(steps_.data() + leaf.first_step, leaf.steps);
  const std::uint64_t astray = answers ^ leaf.answers;
  std::uint64_t pattern = 0;
  for (std::size_t i = 0; i < way.size(); ++i) pattern |= std::uint64_t{(astray & way[i].questions) == 0} << i;
  const double* parts = known.parts(pattern, leaf, way);
  for (std::size_t i = 0; i < way.size(); ++i) out[way[i].column] += parts[i];
}

void ShapleyForest::contribute(std::span<const float> rows, std::span<double> out) const {
  const std::size_t columns = options_.columns, width = columns + 1;
  const std::size_t count = rows.size() / columns;
  expects(rows.size() == count * columns && out.size() == count * width, "one value per row and feature, and the base");
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t row = 0; row < count; ++row) out[row * width + columns] = expected_;
  std::vector<Patterns> known;  // of the leaves of one tree: together they lie in a cache
  for (const Tree& tree : trees_) {
    if (known.size() < tree.leaves) known.resize(tree.leaves);
    for (std::size_t l = 0; l < tree.leaves; ++l) known[l].begin(leaves_[tree.first_leaf + l].steps);
    for (std::size_t row = 0; row < count; ++row) {
      const std::uint64_t answers = answers_of(tree, rows.data() + row * columns);
      for (std::size_t l = 0; l < tree.leaves; ++l)
        add_parts(leaves_[tree.first_leaf + l], answers, known[l], out.data() + row * width);
    }
  }
}

}  // namespace clm
