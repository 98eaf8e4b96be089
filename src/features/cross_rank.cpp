#include "features/cross_rank.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace clm {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
/// Beyond this size sorting is faster than comparing all with all.
constexpr std::size_t kMostCounted = 128;
/// For how many calls a column that changed too much is counted before insertion is tried again.
constexpr int kCountedCalls = 63;

// `twice_place` is the first and one past the last place of the equal values, added: the average rank less a half is
// half of it.
float rank_of(std::size_t twice_place, double scale) {
  return static_cast<float>(0.5 * static_cast<double>(twice_place) * scale - 0.5);
}

}  // namespace

void CrossRank::compute(const float* values, float* results, std::size_t size) {
  if (order_.size() != size) {
    order_.resize(size);
    std::iota(order_.begin(), order_.end(), 0U);
    counted_calls_left_ = 0;
  }
  if (counted_calls_left_ > 0) {
    --counted_calls_left_;
    count(values, results, size);
    return;
  }
  const std::size_t known = insert(values, results, size);
  if (known < 2) {
    for (std::size_t i = 0; i < known; ++i) results[entries_[i].symbol] = kNoValue;
    return;
  }
  const double scale = 1.0 / static_cast<double>(known);
  for (std::size_t first = 0; first < known;) {
    std::size_t last = first + 1;
    while (last < known && entries_[last].value == entries_[first].value) ++last;
    const float rank = rank_of(first + last, scale);
    for (std::size_t i = first; i < last; ++i) results[entries_[i].symbol] = rank;
    first = last;
  }
}

// Sorts the values into entries_ and returns how many there are. The last order is nearly sorted if ranks change
// little: insertion puts it right in about linear time. Where it does not, it gives up for the general sort.
std::size_t CrossRank::insert(const float* values, float* results, std::size_t size) {
  entries_.resize(size);
  std::size_t known = 0;
  std::size_t moves_left = 4 * size;
  std::size_t absent = size;
  for (const std::uint32_t symbol : order_) {
    const float value = values[symbol];
    if (value != value) {
      results[symbol] = kNoValue;
      entries_[--absent] = {value, symbol};
      continue;
    }
    std::size_t place = known++;
    for (; place > 0 && moves_left > 0 && value < entries_[place - 1].value; --place, --moves_left)
      entries_[place] = entries_[place - 1];
    entries_[place] = {value, symbol};
  }
  if (moves_left == 0) {
    std::sort(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(known),
              [](const Entry& a, const Entry& b) { return a.value < b.value; });
    if (size <= kMostCounted) counted_calls_left_ = kCountedCalls;
  }
  for (std::size_t i = 0; i < size; ++i) order_[i] = entries_[i].symbol;
  return known;
}

// The place of a value follows from how many are below it less how many are above; NaN is neither. Sixteen values at a
// time, so that their counts stay in registers.
void CrossRank::count(const float* values, float* results, std::size_t size) {
  constexpr std::size_t kLanes = 16;
  padded_.assign((size + kLanes - 1) / kLanes * kLanes, kNoValue);
  std::copy_n(values, size, padded_.begin());
  std::size_t known = 0;
  for (std::size_t i = 0; i < size; ++i) known += std::size_t{values[i] == values[i]};
  const double scale = 1.0 / static_cast<double>(known);
  for (std::size_t begin = 0; begin < size; begin += kLanes) {
    std::array<float, kLanes> lane{};
    std::array<std::int32_t, kLanes> balance{};
    std::copy_n(padded_.begin() + static_cast<std::ptrdiff_t>(begin), kLanes, lane.begin());
    for (std::size_t j = 0; j < size; ++j) {
      const float other = values[j];
      for (std::size_t k = 0; k < kLanes; ++k)
        balance[k] += static_cast<std::int32_t>(other < lane[k]) - static_cast<std::int32_t>(other > lane[k]);
    }
    for (std::size_t k = 0; k < kLanes && begin + k < size; ++k) {
      const auto twice_place = static_cast<std::size_t>(static_cast<std::int64_t>(known) + balance[k]);
      results[begin + k] = known >= 2 && lane[k] == lane[k] ? rank_of(twice_place, scale) : kNoValue;
    }
  }
}

}  // namespace clm
