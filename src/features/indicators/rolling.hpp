#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/contract.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// `numerator / denominator` where the denominator is positive, NaN otherwise: a ratio to nothing is not known.
inline double ratio(double numerator, double denominator) {
  return denominator > 0.0 ? numerator / denominator : kMissing;
}

/// `x`, or NaN where it is infinite.
inline double finite_or_missing(double x) { return std::isfinite(x) ? x : kMissing; }

/// An associative combination of the last `length` values, one value at a time.
///
/// The window is cut at fixed blocks of `length` values. For the finished block the combination of every suffix is
/// kept, for the running block that of the prefix; the window is one suffix joined with one prefix (van Herk 1992;
/// Gil & Werman 1993). Nothing is ever taken out again, so a sum cannot drift and a huge value leaves no trace once
/// it has left the window, and maxima need no data-dependent queue.
///
/// `Operation` has `Value`, `static Value identity()` and `static Value join(const Value& older, const Value& newer)`.
/// Cost: two joins a value, amortised; a burst of `length` joins once every `length` values. Memory: length + 1 values.
template <typename Operation>
class RollingFold {
 public:
  using Value = typename Operation::Value;

  explicit RollingFold(int length) : partial_(static_cast<std::size_t>(length) + 1, Operation::identity()) {
    expects(length >= 1, "a rolling window holds at least one value");
  }

  /// Adds a value and returns the combination over the window; before `ready()`, of what has been seen so far.
  Value push(const Value& value) {
    partial_[at_] = value;
    head_ = Operation::join(head_, value);
    ++at_;
    if (at_ + 1 < partial_.size()) return whole_ ? Operation::join(partial_[at_], head_) : head_;
    const Value result = head_;
    finish_block();
    return result;
  }

  /// The same for a run of values; `results` may be `values`.
  void push(std::size_t count, const Value* values, Value* results) {
    const std::size_t length = partial_.size() - 1;
    while (count > 0) {
      const std::size_t part = std::min(count, length - at_);
      Value* const partial = partial_.data() + at_;
      Value head = head_;
      for (std::size_t i = 0; i < part; ++i) {
        const Value value = values[i];
        partial[i] = value;
        head = Operation::join(head, value);
        results[i] = whole_ ? Operation::join(partial[i + 1], head) : head;
      }
      head_ = head;
      at_ += part;
      if (at_ == length) {
        results[part - 1] = head;
        finish_block();
      }
      values += part;
      results += part;
      count -= part;
    }
  }

  /// Whether `length` values have been seen since the start.
  bool ready() const { return whole_; }
  int length() const { return static_cast<int>(partial_.size()) - 1; }
  void reset() {
    head_ = Operation::identity();
    at_ = 0;
    whole_ = false;
  }

 private:
  void finish_block() {
    Value suffix = partial_[at_ - 1];
    for (std::size_t i = at_ - 1; i-- > 0;) partial_[i] = suffix = Operation::join(partial_[i], suffix);
    head_ = Operation::identity();
    at_ = 0;
    whole_ = true;
  }

  std::vector<Value> partial_;
  Value head_ = Operation::identity();
  std::size_t at_ = 0;
  bool whole_ = false;
};

struct SumOperation {
  using Value = double;
  static constexpr double identity() { return 0.0; }
  static double join(double older, double newer) { return older + newer; }
};
struct MaximumOperation {
  using Value = double;
  static constexpr double identity() { return -std::numeric_limits<double>::infinity(); }
  static double join(double older, double newer) { return older > newer ? older : newer; }
};
struct MinimumOperation {
  using Value = double;
  static constexpr double identity() { return std::numeric_limits<double>::infinity(); }
  static double join(double older, double newer) { return older < newer ? older : newer; }
};

/// A rolling statistic of one number. A value that is not finite is a gap: it yields NaN and the window starts over,
/// so no window ever spans what is missing.
template <typename Operation>
class RollingNumber {
 public:
  explicit RollingNumber(int length) : fold_(length) {}
  double update(double x) {
    if (!std::isfinite(x)) {
      fold_.reset();
      return value_ = kMissing;
    }
    const double combined = fold_.push(x);
    return value_ = fold_.ready() ? combined : kMissing;
  }
  double value() const { return value_; }
  int length() const { return fold_.length(); }

 private:
  RollingFold<Operation> fold_;
  double value_ = kMissing;
};

using RollingSum = RollingNumber<SumOperation>;
using RollingMax = RollingNumber<MaximumOperation>;
using RollingMin = RollingNumber<MinimumOperation>;

/// Simple moving average of the last `length` values; NaN until there are as many. TA-Lib: SMA.
class Sma {
 public:
  explicit Sma(int length) : sum_(length) {}
  double update(double x) { return value_ = sum_.update(x) / sum_.length(); }
  double value() const { return value_; }

 private:
  RollingSum sum_;
  double value_ = kMissing;
};

/// Mean and variance of the last `length` values.
///
/// Power sums are taken about a pivot, the last value of the finished block, so that a level far from zero does not
/// cancel the spread and a constant series has a spread of exactly zero. Divisors are `length` (population moments,
/// as TA-Lib's STDDEV). Not finite = gap, as above. Cost: O(1) amortised, a burst of `length` once per `length`.
class RollingVariance {
 public:
  explicit RollingVariance(int length)
      : raw_(static_cast<std::size_t>(length)),
        partial_(static_cast<std::size_t>(length) + 1),
        inverse_length_(1.0 / length) {
    expects(length >= 2, "a variance needs at least two values");
  }

  void update(double x) {
    if (!std::isfinite(x)) {
      reset();
      return;
    }
    if (at_ == 0 && !whole_) pivot_ = x;
    raw_[at_] = x;
    add_powers(head_, x - pivot_);
    ++at_;
    sums_pivot_ = pivot_;
    sums_ = head_;
    if (whole_ || at_ == raw_.size()) ready_ = true;
    if (at_ < raw_.size()) {
      if (whole_)
        for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] += partial_[at_][k];
    } else {
      start_block(x);
    }
  }

  bool ready() const { return ready_; }
  double mean() const { return ready_ ? sums_pivot_ + sums_[0] * inverse_length_ : kMissing; }
  /// Population variance, >= 0.
  double variance() const {
    if (!ready_) return kMissing;
    const double a = sums_[0] * inverse_length_;
    return std::max(0.0, sums_[1] * inverse_length_ - a * a);
  }
  double deviation() const { return std::sqrt(variance()); }
  /// How many standard deviations `x` lies above the window's mean; NaN where there is no spread.
  double z_score(double x) const { return ratio(x - mean(), deviation()); }
  void reset() {
    head_ = {};
    at_ = 0;
    whole_ = false;
    ready_ = false;
  }

 private:
  using Powers = std::array<double, 2>;

  static void add_powers(Powers& sums, double d) {
    double power = d;
    for (double& sum : sums) {
      sum += power;
      power *= d;
    }
  }
  void start_block(double pivot) {
    pivot_ = pivot;
    Powers suffix{};
    for (std::size_t i = raw_.size(); i-- > 1;) {
      add_powers(suffix, raw_[i] - pivot_);
      partial_[i] = suffix;
    }
    head_ = {};
    at_ = 0;
    whole_ = true;
  }

  std::vector<double> raw_;
  std::vector<Powers> partial_;
  Powers head_{}, sums_{};
  double pivot_ = 0.0, sums_pivot_ = 0.0;
  double inverse_length_;
  std::size_t at_ = 0;
  bool whole_ = false, ready_ = false;
};

/// Least-squares slope and correlation of y on x over the last `length` pairs. A pair with a value that is not
/// finite is a gap. Sums are taken about zero: meant for returns, whose mean is small beside their spread.
class RollingRegression {
 public:
  explicit RollingRegression(int length) : fold_(length), inverse_length_(1.0 / length) {}

  void update(double x, double y) {
    if (!std::isfinite(x) || !std::isfinite(y)) {
      fold_.reset();
      return;
    }
    sums_ = fold_.push({x, y, x * x, x * y, y * y});
  }
  bool ready() const { return fold_.ready(); }
  /// Cov(x, y) / Var(x); NaN where x does not vary.
  double slope() const { return ready() ? ratio(covariance(), variance_x()) : kMissing; }
  /// Cov(x, y) / sqrt(Var(x) Var(y)); NaN where either does not vary.
  double correlation() const {
    return ready() ? ratio(covariance(), std::sqrt(variance_x() * variance_y())) : kMissing;
  }

 private:
  struct Sums {
    double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
  };
  struct Operation {
    using Value = Sums;
    static constexpr Sums identity() { return {}; }
    static Sums join(const Sums& a, const Sums& b) {
      return {a.x + b.x, a.y + b.y, a.xx + b.xx, a.xy + b.xy, a.yy + b.yy};
    }
  };
  double covariance() const { return (sums_.xy - sums_.x * sums_.y * inverse_length_) * inverse_length_; }
  double variance_x() const {
    return std::max(0.0, (sums_.xx - sums_.x * sums_.x * inverse_length_) * inverse_length_);
  }
  double variance_y() const {
    return std::max(0.0, (sums_.yy - sums_.y * sums_.y * inverse_length_) * inverse_length_);
  }

  RollingFold<Operation> fold_;
  Sums sums_;
  double inverse_length_;
};

/// The last values, addressed by age: `[0]` is the newest. NaN where nothing was pushed yet.
class History {
 public:
  /// Keeps at least `max_age + 1` values.
  explicit History(int max_age) {
    std::size_t capacity = 1;
    while (capacity < static_cast<std::size_t>(max_age) + 1) capacity *= 2;
    values_.assign(capacity, kMissing);
  }
  void push(double x) {
    at_ = (at_ + 1) & (values_.size() - 1);
    values_[at_] = x;
  }
  double operator[](int age) const { return values_[(at_ - static_cast<std::size_t>(age)) & (values_.size() - 1)]; }

 private:
  std::vector<double> values_;
  std::size_t at_ = 0;
};

/// The last values in one piece, taken in runs.
class RunHistory {
 public:
  /// Keeps `max_age` values beside those of the last run.
  explicit RunHistory(int max_age)
      : max_age_(static_cast<std::size_t>(max_age)), values_(4 * max_age_, kMissing), end_(max_age_) {}
  /// Contract: `count` is at most `max_age`.
  void push(std::size_t count, const double* values) {
    if (end_ + count > values_.size()) {
      std::copy_n(values_.data() + end_ - max_age_, max_age_, values_.data());
      end_ = max_age_;
    }
    std::copy_n(values, count, values_.data() + end_);
    end_ += count;
  }
  /// The last `count` values pushed; before each lie at least `max_age` earlier ones, NaN where nothing came.
  const double* newest(std::size_t count) const { return values_.data() + end_ - count; }

 private:
  std::size_t max_age_;
  std::vector<double> values_;
  std::size_t end_;
};

}  // namespace clm
