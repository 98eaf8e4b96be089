#include "evaluation/calibration/isotonic.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/contract.hpp"

namespace clm {
namespace {

struct Block {
  double value;
  double weight;
  std::size_t count;
};

std::vector<Block> pool(std::span<const double> values, std::span<const double> weights) {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Block block{values[i], weights[i], 1};
    while (!blocks.empty() && blocks.back().value >= block.value) {
      const Block& before = blocks.back();
      const double weight = before.weight + block.weight;
      block.value = (before.value * before.weight + block.value * block.weight) / weight;
      block.weight = weight;
      block.count += before.count;
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  return blocks;
}

/// Places of the scores in ascending order, equal ones in the order they came. Sorted as integers: half the time of
/// comparing through the places.
std::vector<std::uint32_t> ascending(std::span<const float> scores) {
  expects(scores.size() <= std::numeric_limits<std::uint32_t>::max(), "a map is fitted on fewer than 2^32 pairs");
  std::vector<std::uint64_t> keys(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(scores[i] + 0.0F);  // there is one zero
    const std::uint32_t rising = (bits >> 31U) != 0 ? ~bits : bits | 0x8000'0000U;
    keys[i] = std::uint64_t{rising} << 32U | i;
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::uint32_t> order(keys.size());
  std::transform(keys.begin(), keys.end(), order.begin(),
                 [](std::uint64_t key) { return static_cast<std::uint32_t>(key); });
  return order;
}

}  // namespace

std::vector<double> isotonic_regression(std::span<const double> values, std::span<const double> weights) {
  expects(values.size() == weights.size(), "one weight per value");
  std::vector<double> out;
  out.reserve(values.size());
  for (const auto& block : pool(values, weights)) out.insert(out.end(), block.count, block.value);
  return out;
}

IsotonicMap IsotonicMap::fit(std::span<const float> scores, std::span<const float> outcomes) {
  expects(!scores.empty() && scores.size() == outcomes.size(), "an isotonic map is fitted on pairs");
  const std::vector<std::uint32_t> order = ascending(scores);

  // Equal scores must get one probability: they enter as one value of their summed weight.
  std::vector<double> score, mean, weight;
  double total = 0;
  for (std::size_t i = 0; i < order.size();) {
    const float own = scores[order[i]];
    double sum = 0, count = 0;
    for (; i < order.size() && scores[order[i]] == own; ++i) {
      sum += static_cast<double>(outcomes[order[i]]);
      count += 1;
    }
    score.push_back(static_cast<double>(own));
    mean.push_back(sum / count);
    weight.push_back(count);
    total += sum;
  }
  const double base_rate = total / static_cast<double>(scores.size());

  IsotonicMap map;
  std::size_t at = 0;
  for (const auto& block : pool(mean, weight)) {
    double centre = 0;
    for (std::size_t i = at; i < at + block.count; ++i) centre += score[i] * weight[i];
    at += block.count;
    const double drawn = (block.value * block.weight + base_rate) / (block.weight + 1);
    map.scores_.push_back(centre / block.weight);
    map.probabilities_.push_back(std::clamp(drawn, kFloor, 1 - kFloor));
  }
  // Small blocks are drawn further than large ones, which can turn neighbours round.
  const std::vector<double> equal(map.probabilities_.size(), 1.0);
  map.probabilities_ = isotonic_regression(map.probabilities_, equal);
  return map;
}

Result<IsotonicMap> IsotonicMap::from_knots(std::vector<double> scores, std::vector<double> probabilities) {
  const auto finite = [](double x) { return std::isfinite(x); };
  const bool sound =
      !scores.empty() && scores.size() == probabilities.size() && std::all_of(scores.begin(), scores.end(), finite) &&
      std::is_sorted(scores.begin(), scores.end()) && std::is_sorted(probabilities.begin(), probabilities.end()) &&
      probabilities.front() >= kFloor && probabilities.back() <= 1 - kFloor;
  if (!sound) return fail(ErrorKind::integrity, "isotonic.knots", "the knots do not describe a rising probability");
  IsotonicMap map;
  map.scores_ = std::move(scores);
  map.probabilities_ = std::move(probabilities);
  return map;
}

double IsotonicMap::operator()(double score) const {
  if (std::isnan(score)) return score;
  const auto above = std::upper_bound(scores_.begin(), scores_.end(), score);
  if (above == scores_.begin()) return probabilities_.front();
  if (above == scores_.end()) return probabilities_.back();
  const auto i = static_cast<std::size_t>(above - scores_.begin());
  const double share = (score - scores_[i - 1]) / (scores_[i] - scores_[i - 1]);
  return probabilities_[i - 1] + share * (probabilities_[i] - probabilities_[i - 1]);
}

}  // namespace clm
