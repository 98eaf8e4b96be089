#include "features/cross_rank.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace clm {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

}  // namespace

// Ranks change little from one time to the next, so the last order is nearly sorted: insertion puts it right in about
// linear time. Where it does not, it gives up for the general sort. The result is the same either way.
void CrossRank::compute(const float* values, float* results, std::size_t size) {
  if (order_.size() != size) {
    order_.resize(size);
    std::iota(order_.begin(), order_.end(), 0U);
  }
  entries_.resize(size);
  std::size_t count = 0;
  std::size_t moves_left = 8 * size;
  std::size_t absent = size;
  for (const std::uint32_t symbol : order_) {
    const float value = values[symbol];
    if (value != value) {
      results[symbol] = kNoValue;
      entries_[--absent] = {value, symbol};
      continue;
    }
    std::size_t place = count++;
    for (; place > 0 && moves_left > 0 && value < entries_[place - 1].value; --place, --moves_left)
      entries_[place] = entries_[place - 1];
    entries_[place] = {value, symbol};
  }
  const auto known = entries_.begin() + static_cast<std::ptrdiff_t>(count);
  if (moves_left == 0)
    std::sort(entries_.begin(), known, [](const Entry& a, const Entry& b) { return a.value < b.value; });
  for (std::size_t i = 0; i < size; ++i) order_[i] = entries_[i].symbol;
  if (count < 2) {
    for (std::size_t i = 0; i < count; ++i) results[entries_[i].symbol] = kNoValue;
    return;
  }
  const double scale = 1.0 / static_cast<double>(count);
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first + 1;
    while (last < count && entries_[last].value == entries_[first].value) ++last;
    // Ranks first + 1 .. last: their mean less a half is the middle of [first, last).
    const auto middle = static_cast<float>(0.5 * static_cast<double>(first + last) * scale - 0.5);
    for (std::size_t i = first; i < last; ++i) results[entries_[i].symbol] = middle;
    first = last;
  }
}

}  // namespace clm
