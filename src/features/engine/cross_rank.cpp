#include "features/engine/cross_rank.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "base/wide_code.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

namespace {

/// Beyond this size sorting is faster than comparing all with all.
constexpr std::size_t kMostCounted = 128;

// `twice_place` is the first and one past the last place of the equal values, added: the average rank less a half is
// half of it.
template <typename Integer>
float rank_of(Integer twice_place, double scale) {
  return static_cast<float>(0.5 * static_cast<double>(twice_place) * scale - 0.5);
}

// The place of a value follows from how many are below it; of values that are not all different, from how many are
// below less how many are above. NaN is neither. Many values at a time, so that their counts stay in registers.
void count(const float* values, float* results, std::size_t size) {
  constexpr std::size_t kLanes = 32;
  std::array<float, kMostCounted> padded;
  const std::size_t padded_size = (size + kLanes - 1) / kLanes * kLanes;
  int known = 0;
  for (std::size_t i = 0; i < size; ++i) {
    padded[i] = values[i];
    known += values[i] == values[i] ? 1 : 0;
  }
  for (std::size_t i = size; i < padded_size; ++i) padded[i] = kNoValue;
  std::array<std::int32_t, kMostCounted> place;
  std::int32_t pairs = 0;
  for (std::size_t begin = 0; begin < padded_size; begin += kLanes) {
    std::array<std::int32_t, kLanes> below{};
    for (std::size_t j = 0; j < size; ++j)
      for (std::size_t k = 0; k < kLanes; ++k) below[k] += padded[j] < padded[begin + k] ? 1 : 0;
    for (std::size_t k = 0; k < kLanes; ++k) {
      place[begin + k] = 2 * below[k] + 1;
      pairs += below[k];
    }
  }
  if (2 * pairs != known * (known - 1)) {
    for (std::size_t begin = 0; begin < padded_size; begin += kLanes) {
      std::array<std::int32_t, kLanes> above{};
      for (std::size_t j = 0; j < size; ++j)
        for (std::size_t k = 0; k < kLanes; ++k) above[k] += padded[j] > padded[begin + k] ? 1 : 0;
      for (std::size_t k = 0; k < kLanes; ++k) place[begin + k] = known + (place[begin + k] - 1) / 2 - above[k];
    }
  }
  const double scale = 1.0 / known;
  for (std::size_t i = 0; i < size; ++i) {
    const float rank = rank_of(place[i], scale);
    results[i] = (known >= 2) & (values[i] == values[i]) ? rank : kNoValue;
  }
}

}  // namespace

void CrossRank::compute(const float* values, float* results, std::size_t size) {
  if (size <= kMostCounted)
    run_wide([=] { count(values, results, size); });
  else
    sort(values, results, size);
}

void CrossRank::sort(const float* values, float* results, std::size_t size) {
  if (order_.size() != size) {
    order_.resize(size);
    std::iota(order_.begin(), order_.end(), 0U);
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
  if (moves_left == 0)
    std::sort(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(known),
              [](const Entry& a, const Entry& b) { return a.value < b.value; });
  for (std::size_t i = 0; i < size; ++i) order_[i] = entries_[i].symbol;
  return known;
}

}  // namespace clm
