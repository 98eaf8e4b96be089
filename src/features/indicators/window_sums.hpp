#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "features/indicators/rolling.hpp"

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
///
/// Values come in runs: push `count` of them, then ask for what every window held after each. The bits do not depend
/// on how values are cut into runs. The totals of a number lie side by side, so that a window over a run is a
/// difference of two arrays. Memory: 2 longest totals a number.
template <std::size_t kCount>
class WindowSums {
 public:
  explicit WindowSums(int longest)
      : longest_(static_cast<std::size_t>(longest)),
        stride_(2 * static_cast<std::size_t>(longest) + 1),
        totals_(kCount * stride_) {}

  /// How many values the next run may hold, at least one.
  std::size_t room() {
    if (at_ + 1 == stride_) lower();
    return stride_ - 1 - at_;
  }
  /// Adds a run of `count` values of each number. Contract: at most `room()`, which was called just before.
  void push(std::size_t count, const std::array<const double*, kCount>& values) {
    std::array<double, kCount> total;
    for (std::size_t q = 0; q < kCount; ++q) total[q] = totals_[q * stride_ + at_];
    double* const next = totals_.data() + at_ + 1;
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t q = 0; q < kCount; ++q) next[q * stride_ + i] = total[q] += values[q][i];
    at_ += count;
    seen_ += count;
  }

  // What follows is for the last `count` values pushed, or 1 where nothing came. `length` is at most the longest.

  /// Sums over the last `length` values or those that there are.
  void sums(std::size_t q, int length, std::size_t count, double* results) const {
    const double* const now = newest(q, count);
    const auto whole = static_cast<std::size_t>(length);
    if (is_full(length, count)) {
      for (std::size_t i = 0; i < count; ++i) results[i] = now[i] - (now - whole)[i];
      return;
    }
    for (std::size_t i = 0; i < count; ++i) results[i] = now[i] - *(now + i - std::min(whole, seen_after(i, count)));
  }
  /// The same, NaN until the window is known.
  void known_sums(std::size_t q, int length, std::size_t count, double* results) const {
    sums(q, length, count, results);
    forget_unknown(length, count, results);
  }
  /// Means, NaN until the window is known.
  void means(std::size_t q, int length, std::size_t count, double* results) const {
    if (is_full(length, count)) {
      const double* const now = newest(q, count);
      const double* const before = now - length;
      const double held = length;
      for (std::size_t i = 0; i < count; ++i) results[i] = (now[i] - before[i]) / held;
      return;
    }
    sums(q, length, count, results);
    forget_unknown(length, count, results);
    for (std::size_t i = 0; i < count; ++i)
      results[i] /= static_cast<double>(std::min(static_cast<std::size_t>(length), seen_after(i, count)));
  }
  /// Roots of how many values the window holds.
  void held_roots(int length, std::size_t count, double* results) const {
    const auto whole = static_cast<std::size_t>(length);
    for (std::size_t i = 0; i < count; ++i)
      results[i] =
          std::sqrt(static_cast<double>(is_full(length, count) ? whole : std::min(whole, seen_after(i, count))));
  }

 private:
  const double* newest(std::size_t q, std::size_t count) const {
    return totals_.data() + q * stride_ + at_ + 1 - count;
  }
  // How many values had been seen after number i of the last `count`.
  std::size_t seen_after(std::size_t i, std::size_t count) const { return seen_ + 1 + i - count; }
  bool is_full(int length, std::size_t count) const { return seen_after(0, count) >= static_cast<std::size_t>(length); }
  void forget_unknown(int length, std::size_t count, double* results) const {
    const auto enough = static_cast<std::size_t>(enough_of(length));
    for (std::size_t i = 0; i < count && seen_after(i, count) < enough; ++i) results[i] = kMissing;
  }
  void lower() {
    const std::size_t first = at_ - longest_;
    for (std::size_t q = 0; q < kCount; ++q) {
      double* const totals = totals_.data() + q * stride_;
      const double base = totals[first];
      for (std::size_t i = 0; i <= longest_; ++i) totals[i] = totals[first + i] - base;
    }
    at_ = longest_;
  }

  std::size_t longest_, stride_;
  std::vector<double> totals_;  // [number][value]
  std::size_t at_ = 0, seen_ = 0;
};

/// Largest value of the last `length`, or of those that there are; NaN until enough. Values must be finite. Taken in
/// runs, as above; `value()` is that after the last.
class PatientMax {
 public:
  explicit PatientMax(int length) : fold_(length), enough_(enough_of(length)) {}
  void update(std::size_t count, const double* values, double* results) {
    fold_.push(count, values, results);
    for (std::size_t i = 0; i < count && seen_ + 1 < enough_; ++i, ++seen_) results[i] = kMissing;
    if (count > 0) value_ = results[count - 1];
  }
  double value() const { return value_; }

 private:
  RollingFold<MaximumOperation> fold_;
  int enough_;
  int seen_ = 0;
  double value_ = kMissing;
};

/// Smallest, likewise.
class PatientMin {
 public:
  explicit PatientMin(int length) : largest_(length) {}
  void update(std::size_t count, const double* values, double* results) {
    for (std::size_t i = 0; i < count; ++i) results[i] = -values[i];
    largest_.update(count, results, results);
    for (std::size_t i = 0; i < count; ++i) results[i] = -results[i];
  }
  double value() const { return -largest_.value(); }

 private:
  PatientMax largest_;
};

}  // namespace clm
