#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "features/rolling.hpp"

namespace clm {

/// How many values a window of `length` needs before it is known: seven tenths of it, of windows of 1,000 values and
/// more three tenths. Until it is full it holds what there is.
constexpr int enough_of(int length) { return std::max(2, length >= 1000 ? length * 3 / 10 : length * 7 / 10); }

/// Sums of several numbers over many windows at once: one addition a number and value, one subtraction a window.
///
/// Running totals of the last `longest` values are kept, and lowered to start from zero whenever as many again have
/// come, so that no total is older than twice the longest window: the error of a window is that of adding what lies in
/// twice the longest one, some 1e-13 of the largest value there, and windows in which nothing was added sum to exactly
/// zero. Meant for numbers that are of one size; where one value may dwarf the rest by 1e10, use RollingSum.
/// Values must be finite (contract of the caller): a value that is missing is not pushed.
/// Memory: 2 longest rows. Cost: two rows written a value.
template <std::size_t kCount>
class WindowSums {
 public:
  using Row = std::array<double, kCount>;

  explicit WindowSums(int longest)
      : longest_(static_cast<std::size_t>(longest)), totals_(2 * static_cast<std::size_t>(longest) + 1) {}

  void push(const Row& values) {
    if (at_ + 1 == totals_.size()) lower();
    const Row& before = totals_[at_];
    Row& now = totals_[++at_];
    for (std::size_t q = 0; q < kCount; ++q) now[q] = before[q] + values[q];
    seen_ = std::min(seen_ + 1, longest_);
  }

  /// How many values the window of `length` holds.
  int held(int length) const { return std::min(length, static_cast<int>(seen_)); }
  bool known(int length) const { return static_cast<int>(seen_) >= enough_of(length); }
  /// Over the last `length` values, or those that there are.
  double sum(std::size_t q, int length) const {
    return totals_[at_][q] - totals_[at_ - static_cast<std::size_t>(held(length))][q];
  }
  /// NaN until the window is known.
  double mean(std::size_t q, int length) const { return known(length) ? sum(q, length) / held(length) : kMissing; }

 private:
  void lower() {
    const std::size_t first = at_ - longest_;
    const Row base = totals_[first];
    for (std::size_t i = 0; i <= longest_; ++i)
      for (std::size_t q = 0; q < kCount; ++q) totals_[i][q] = totals_[first + i][q] - base[q];
    at_ = longest_;
  }

  std::size_t longest_;
  std::vector<Row> totals_;
  std::size_t at_ = 0, seen_ = 0;
};

/// Largest value of the last `length`, or of those that there are; NaN until enough. Values must be finite.
class PatientMax {
 public:
  explicit PatientMax(int length) : fold_(length) {}
  double update(double x) {
    if (seen_ < enough_of(fold_.length())) ++seen_;
    const double largest = fold_.push(x);
    return value_ = seen_ >= enough_of(fold_.length()) ? largest : kMissing;
  }
  double value() const { return value_; }

 private:
  RollingFold<MaximumOperation> fold_;
  int seen_ = 0;
  double value_ = kMissing;
};

/// Smallest, likewise.
class PatientMin {
 public:
  explicit PatientMin(int length) : largest_(length) {}
  double update(double x) { return -largest_.update(-x); }
  double value() const { return -largest_.value(); }

 private:
  PatientMax largest_;
};

}  // namespace clm
