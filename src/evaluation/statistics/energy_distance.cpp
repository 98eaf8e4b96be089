#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"
#include "evaluation/statistics/bootstrap.hpp"
#include "evaluation/statistics/ranks.hpp"
#include "evaluation/statistics/two_sample_tests.hpp"

namespace clm {
namespace {

constexpr std::size_t kLeastPooledBlocks = 5;
/// Neighbouring blocks are to be all but independent, which is more than the error of a mean asks for.
constexpr double kBlocksApart = 2;

/// Both samples' values in order, each with the block of time that it is of.
struct Pool {
  std::vector<double> sorted;
  std::vector<std::size_t> block;       ///< of each sorted value
  std::vector<std::size_t> block_size;  ///< reference blocks first
  std::size_t reference_blocks = 0;
};

std::vector<double> known_values(std::span<const double> values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out), [](double x) { return !std::isnan(x); });
  return out;
}

/// Long enough for level and spread, as `effective_sample_size` looks at them.
double block_length(std::span<const double> values) {
  std::vector<double> ranks = average_ranks(values);
  const double level = optimal_block_length(ranks).circular;
  const double middle = (static_cast<double>(values.size()) + 1) / 2;
  for (double& rank : ranks) rank = std::abs(rank - middle);
  return std::max(level, optimal_block_length(ranks).circular);
}

Pool pool_of(std::span<const double> reference, std::span<const double> current, std::size_t length) {
  std::vector<double> values;
  std::vector<std::size_t> blocks;
  Pool out;
  for (const auto sample : {reference, current}) {
    for (std::size_t i = 0; i < sample.size(); ++i) {
      if (i % length == 0) out.block_size.push_back(0);
      ++out.block_size.back();
      values.push_back(sample[i]);
      blocks.push_back(out.block_size.size() - 1);
    }
    if (out.reference_blocks == 0) out.reference_blocks = out.block_size.size();
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&values](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] < values[b] : a < b; });
  for (const std::size_t i : order) {
    out.sorted.push_back(values[i]);
    out.block.push_back(blocks[i]);
  }
  return out;
}

/// 2 integral (F - G)^2, which is the squared energy distance (Szekely & Rizzo 2013, section 2); F is of the blocks
/// that are marked.
double squared_distance(const Pool& pool, const std::vector<std::uint8_t>& in_reference) {
  double marked = 0;
  for (std::size_t b = 0; b < in_reference.size(); ++b)
    if (in_reference[b] != 0) marked += static_cast<double>(pool.block_size[b]);
  const double step_up = 1 / marked;
  const double step_down = 1 / (static_cast<double>(pool.sorted.size()) - marked);
  double difference = 0;
  double sum = 0;
  for (std::size_t i = 0; i + 1 < pool.sorted.size(); ++i) {
    difference += in_reference[pool.block[i]] != 0 ? step_up : -step_down;
    sum += difference * difference * (pool.sorted[i + 1] - pool.sorted[i]);
  }
  return 2 * sum;
}

std::vector<std::uint8_t> first_blocks(const Pool& pool) {
  std::vector<std::uint8_t> out(pool.block_size.size(), 0);
  std::fill_n(out.begin(), pool.reference_blocks, std::uint8_t{1});
  return out;
}

}  // namespace

double energy_distance(std::span<const double> a, std::span<const double> b) {
  const Pool pool = pool_of(a, b, 1);
  return std::sqrt(squared_distance(pool, first_blocks(pool)));
}

TestResult energy_test(std::span<const double> reference, std::span<const double> current,
                       const EnergyTestOptions& options) {
  const auto before = known_values(reference);
  const auto now = known_values(current);
  TestResult out;
  if (before.empty() || now.empty()) return out;
  const double length =
      std::ceil(std::max({kBlocksApart * block_length(before), kBlocksApart * block_length(now), options.min_block}));
  const Pool pool = pool_of(before, now, static_cast<std::size_t>(length));
  std::vector<std::uint8_t> in_reference = first_blocks(pool);
  const double squared = squared_distance(pool, in_reference);
  out.statistic = std::sqrt(squared);
  if (std::min(pool.reference_blocks, pool.block_size.size() - pool.reference_blocks) < kLeastPooledBlocks) return out;
  Random random = Random::stream(options.seed, "energy test");
  std::size_t as_large = 0;
  for (std::size_t round = 0; round < options.permutations; ++round) {
    for (std::size_t i = in_reference.size() - 1; i > 0; --i)
      std::swap(in_reference[i], in_reference[random.below(i + 1)]);
    as_large += squared_distance(pool, in_reference) >= squared ? 1U : 0U;
  }
  out.p_value = static_cast<double>(as_large + 1) / static_cast<double>(options.permutations + 1);
  return out;
}

}  // namespace clm
