#include "evaluation/statistics/ranks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/contract.hpp"

namespace clm {
namespace {

/// So few values are ranked faster by comparing all with all, which knows no branches, than by sorting.
constexpr std::size_t kFewValues = 128;

template <typename Value>
void rank_few_into(std::span<const Value> values, std::vector<double>& ranks) {
  ranks.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value value = values[i];
    int below = 0, equal = 0;
    for (const Value other : values) {
      below += other < value ? 1 : 0;
      equal += other == value ? 1 : 0;
    }
    ranks[i] = below + 0.5 * (equal + 1);
  }
}

/// Ranks into `ranks`, with `order` as working space.
template <typename Value>
void rank_into(std::span<const Value> values, std::vector<std::uint32_t>& order, std::vector<double>& ranks) {
  const std::size_t n = values.size();
  if (n <= kFewValues) {
    rank_few_into(values, ranks);
    return;
  }
  order.resize(n);
  ranks.resize(n);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [values](std::uint32_t a, std::uint32_t b) {
    return values[a] < values[b] || (values[a] == values[b] && a < b);
  });
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin + 1;
    while (end < n && values[order[end]] == values[order[begin]]) ++end;
    const double shared = 0.5 * static_cast<double>(begin + 1 + end);
    for (; begin < end; ++begin) ranks[order[begin]] = shared;
  }
}

double correlation_of_ranks(const RankSpace& space) {
  const auto middle = 0.5 * static_cast<double>(space.x.size() + 1);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < space.x.size(); ++i) {
    const double a = space.x[i] - middle;
    const double b = space.y[i] - middle;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

template <typename Value>
std::vector<double> ranks_of(std::span<const Value> values) {
  std::vector<std::uint32_t> order;
  std::vector<double> ranks;
  rank_into(values, order, ranks);
  return ranks;
}

}  // namespace

std::vector<double> average_ranks(std::span<const float> values) { return ranks_of(values); }
std::vector<double> average_ranks(std::span<const double> values) { return ranks_of(values); }

void rank_pairs(std::span<const float> x, std::span<const float> y, RankSpace& space) {
  rank_into(x, space.order, space.x);
  rank_into(y, space.order, space.y);
}

double spearman(std::span<const float> x, std::span<const float> y, RankSpace& space) {
  expects(x.size() == y.size(), "a correlation needs pairs");
  rank_pairs(x, y, space);
  return correlation_of_ranks(space);
}

double spearman(std::span<const float> x, std::span<const float> y) {
  RankSpace space;
  return spearman(x, y, space);
}

}  // namespace clm
