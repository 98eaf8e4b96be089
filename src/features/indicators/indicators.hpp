#pragma once
#include <cmath>

#include "features/indicators/rolling.hpp"
#include "market/series/candle.hpp"

/// The indicators of technical analysis, each in its one, streaming form: `update` takes the next bar and returns the
/// new value, `value()` repeats it. Batch is the same object fed with history. All are O(1) a bar with bounded
/// state (Cci: O(length)), NaN until warm, and a bar that is not finite yields NaN and starts the indicator over: a
/// gap is never bridged. Prices are in any unit; what is returned is in that unit where the header says "price".
///
/// They agree with TA-Lib to 1e-9 (tools/oracles/talib_values.py). Differences by design: a ratio to nothing (RSI
/// of a price that never moved, MFI without volume, stochastic without range) is NaN, where TA-Lib says 0; TA-Lib's
/// MFI also says 0 while the money flow is below 1 unit of the quote currency; TA-Lib's MACD seeds its fast average
/// later, which a few hundred bars forget.
namespace clm {

/// Exponential moving average, factor 2 / (length + 1), seeded with the mean of the first `length` values.
class Ema {
 public:
  explicit Ema(int length) : Ema(length, 2.0 / (length + 1)) {}
  /// Wilder's average: factor 1 / length, same seed.
  static Ema wilder(int length) { return Ema(length, 1.0 / length); }
  double update(double x) {
    if (!std::isfinite(x)) {
      seen_ = 0;
      sum_ = 0.0;
      return value_ = kMissing;
    }
    if (seen_ == length_) [[likely]]
      return value_ += factor_ * (x - value_);
    sum_ += x;
    if (++seen_ == length_) value_ = sum_ / length_;
    return value_;
  }
  /// The same for a run of values.
  void update(std::size_t count, const double* values, double* results) {
    for (std::size_t i = 0; i < count; ++i) results[i] = update(values[i]);
  }
  double value() const { return value_; }

 private:
  Ema(int length, double factor) : length_(length), factor_(factor) { expects(length >= 1, "an average has a length"); }
  int length_;
  double factor_;
  int seen_ = 0;
  double sum_ = 0.0;
  double value_ = kMissing;
};

/// Wilder's true range: the largest of high - low and the distances of both to the previous close (price).
inline double true_range(double high, double low, double previous_close) {
  return std::max(high, previous_close) - std::min(low, previous_close);
}

/// Relative strength index (Wilder 1978), 0 to 100, of closes. Warm after length + 1 values.
class Rsi {
 public:
  explicit Rsi(int length) : gain_(Ema::wilder(length)), loss_(Ema::wilder(length)) {}
  double update(double close) {
    const double change = close - previous_;
    previous_ = finite_or_missing(close);
    const double gain = gain_.update(change != change ? kMissing : std::max(change, 0.0));
    const double loss = loss_.update(change != change ? kMissing : std::max(-change, 0.0));
    return value_ = 100.0 * ratio(gain, gain + loss);
  }
  double value() const { return value_; }

 private:
  Ema gain_, loss_;
  double previous_ = kMissing;
  double value_ = kMissing;
};

/// Average true range (Wilder 1978; price). Warm after length + 1 bars.
class Atr {
 public:
  explicit Atr(int length) : average_(Ema::wilder(length)) {}
  double update(const Candle& bar) {
    const double range = previous_close_ == previous_close_ ? true_range(bar.high, bar.low, previous_close_) : kMissing;
    previous_close_ = bar.close;
    return average_.update(range);
  }
  double value() const { return average_.value(); }

 private:
  Ema average_;
  double previous_close_ = kMissing;
};

/// Directional movement (Wilder 1978): +DI, -DI and their average divergence ADX, each 0 to 100. The DI are warm
/// after length + 1 bars, ADX after 2 length. As in TA-Lib, the first smoothed sum holds length - 1 movements.
class Adx {
 public:
  explicit Adx(int length) : length_(length), average_(Ema::wilder(length)) {
    expects(length >= 2, "directional movement needs a length of two");
  }
  double update(const Candle& bar) {
    if (!std::isfinite(bar.high + bar.low + bar.close)) {
      *this = Adx(length_);
      return kMissing;
    }
    if (seen_ > 0) smooth(bar);
    previous_ = bar;
    ++seen_;
    if (seen_ > length_ + 1) seen_ = length_ + 1;
    if (seen_ < length_ + 1) return kMissing;
    plus_di_ = 100.0 * ratio(plus_, range_);
    minus_di_ = 100.0 * ratio(minus_, range_);
    const double divergence = 100.0 * ratio(std::abs(plus_di_ - minus_di_), plus_di_ + minus_di_);
    // No movement at all has no direction to diverge in: the average is held, as in TA-Lib.
    return divergence == divergence ? average_.update(divergence) : average_.value();
  }
  double value() const { return average_.value(); }
  double plus_di() const { return plus_di_; }
  double minus_di() const { return minus_di_; }

 private:
  void smooth(const Candle& bar) {
    const double up = bar.high - previous_.high;
    const double down = previous_.low - bar.low;
    const double plus = up > 0.0 && up > down ? up : 0.0;
    const double minus = down > 0.0 && down > up ? down : 0.0;
    const double range = true_range(bar.high, bar.low, previous_.close);
    const double keep = seen_ < length_ ? 1.0 : 1.0 - 1.0 / length_;
    plus_ = plus_ * keep + plus;
    minus_ = minus_ * keep + minus;
    range_ = range_ * keep + range;
  }

  int length_;
  Ema average_;
  Candle previous_{};
  int seen_ = 0;
  double plus_ = 0.0, minus_ = 0.0, range_ = 0.0;
  double plus_di_ = kMissing, minus_di_ = kMissing;
};

/// Moving average convergence / divergence (Appel): fast less slow EMA of closes, and the EMA of that (price).
class Macd {
 public:
  Macd(int fast, int slow, int signal) : fast_(fast), slow_(slow), signal_(signal) {}
  double update(double close) {
    line_ = fast_.update(close) - slow_.update(close);
    if (line_ == line_ || close != close) signal_.update(line_);
    return line_;
  }
  double value() const { return line_; }
  double signal() const { return signal_.value(); }
  double histogram() const { return line_ - signal_.value(); }

 private:
  Ema fast_, slow_, signal_;
  double line_ = kMissing;
};

/// Bollinger bands: mean +- `width` population deviations of the last `length` closes.
class Bollinger {
 public:
  Bollinger(int length, double width) : moments_(length), width_(width) {}
  /// Returns where the close lies between the bands: 0 at the lower, 1 at the upper (%b); NaN without spread.
  double update(double close) {
    moments_.update(close);
    return value_ = 0.5 + moments_.z_score(close) / (2.0 * width_);
  }
  double value() const { return value_; }
  double middle() const { return moments_.mean(); }
  double upper() const { return moments_.mean() + width_ * moments_.deviation(); }
  double lower() const { return moments_.mean() - width_ * moments_.deviation(); }

 private:
  RollingVariance moments_;
  double width_;
  double value_ = kMissing;
};

/// Where the close lies in the range of the last `length` bars, 0 at the low and 1 at the high (raw stochastic %K).
/// Williams %R is 100 times this less 100.
class ChannelPosition {
 public:
  explicit ChannelPosition(int length) : high_(length), low_(length) {}
  double update(const Candle& bar) {
    const bool usable = std::isfinite(bar.high + bar.low + bar.close);
    const double high = high_.update(usable ? bar.high : kMissing);
    const double low = low_.update(usable ? bar.low : kMissing);
    return value_ = ratio(bar.close - low, high - low);
  }
  double value() const { return value_; }
  /// Highest high and lowest low of the window (price).
  double high() const { return high_.value(); }
  double low() const { return low_.value(); }

 private:
  RollingMax high_;
  RollingMin low_;
  double value_ = kMissing;
};

/// Slow stochastic (Lane): %K smoothed over `smooth_k` bars and its mean over `smooth_d`, 0 to 100. A bar without
/// range in its window has no %K; the means start over.
class Stochastic {
 public:
  Stochastic(int length, int smooth_k, int smooth_d) : raw_(length), k_(smooth_k), d_(smooth_d) {}
  double update(const Candle& bar) {
    k_.update(100.0 * raw_.update(bar));
    d_.update(k_.value());
    return k_.value();
  }
  double value() const { return k_.value(); }
  double d() const { return d_.value(); }
  const ChannelPosition& raw() const { return raw_; }

 private:
  ChannelPosition raw_;
  Sma k_, d_;
};

/// Williams %R, -100 to 0.
class WilliamsR {
 public:
  explicit WilliamsR(int length) : position_(length) {}
  double update(const Candle& bar) { return value_ = 100.0 * position_.update(bar) - 100.0; }
  double value() const { return value_; }

 private:
  ChannelPosition position_;
  double value_ = kMissing;
};

/// Commodity channel index (Lambert 1980): distance of the typical price from its mean in units of .015 mean absolute
/// deviations. Cost O(length): the deviation is taken about a mean that moves.
class Cci {
 public:
  explicit Cci(int length)
      : window_(static_cast<std::size_t>(length), 0.0), mean_(length), inverse_length_(1.0 / length) {}
  double update(const Candle& bar) {
    const double typical = (bar.high + bar.low + bar.close) / 3.0;
    const double mean = mean_.update(typical);
    window_[at_] = typical;
    at_ = at_ + 1 == window_.size() ? 0 : at_ + 1;
    if (mean != mean) return value_ = kMissing;
    double even = 0.0, odd = 0.0;
    std::size_t i = 0;
    for (; i + 1 < window_.size(); i += 2) {
      even += std::abs(window_[i] - mean);
      odd += std::abs(window_[i + 1] - mean);
    }
    if (i < window_.size()) even += std::abs(window_[i] - mean);
    return value_ = ratio(typical - mean, 0.015 * (even + odd) * inverse_length_);
  }
  double value() const { return value_; }

 private:
  std::vector<double> window_;
  Sma mean_;
  double inverse_length_;
  std::size_t at_ = 0;
  double value_ = kMissing;
};

/// Aroon (Chande 1995): how recent the highest high and the lowest low of the last length + 1 bars are, 100 = now,
/// 0 = `length` bars ago; of equal ones the latest counts.
class Aroon {
 public:
  explicit Aroon(int length) : high_(length + 1), low_(length + 1), length_(length) {}
  /// Returns up - down (the oscillator).
  double update(const Candle& bar) {
    if (!std::isfinite(bar.high + bar.low)) {
      *this = Aroon(length_);
      return kMissing;
    }
    ++now_;
    const Extreme high = high_.push({bar.high, now_});
    const Extreme low = low_.push({-bar.low, now_});
    if (!high_.ready()) return kMissing;
    up_ = 100.0 * (length_ - static_cast<int>(now_ - high.when)) / length_;
    down_ = 100.0 * (length_ - static_cast<int>(now_ - low.when)) / length_;
    return value();
  }
  double value() const { return up_ - down_; }
  double up() const { return up_; }
  double down() const { return down_; }

 private:
  struct Extreme {
    double height;
    std::int64_t when;
  };
  struct Latest {
    using Value = Extreme;
    static constexpr Extreme identity() { return {-std::numeric_limits<double>::infinity(), 0}; }
    static Extreme join(const Extreme& older, const Extreme& newer) {
      return older.height > newer.height ? older : newer;
    }
  };

  RollingFold<Latest> high_, low_;
  int length_;
  std::int64_t now_ = 0;
  double up_ = kMissing, down_ = kMissing;
};

/// Money flow index (Quong & Soudack 1989), 0 to 100. Warm after length + 1 bars; NaN while no money flowed.
class Mfi {
 public:
  explicit Mfi(int length) : up_(length), all_(length) {}
  double update(const Candle& bar) {
    const double typical = (bar.high + bar.low + bar.close) / 3.0;
    const double change = typical - previous_;
    previous_ = finite_or_missing(typical);
    const double flow = typical * bar.volume;
    if (change != change) {
      up_.update(kMissing);
      all_.update(kMissing);
      return value_ = kMissing;
    }
    const double up = up_.update(change > 0.0 ? flow : 0.0 * flow);
    const double all = all_.update(change != 0.0 ? flow : 0.0 * flow);
    return value_ = 100.0 * ratio(up, all);
  }
  double value() const { return value_; }

 private:
  RollingSum up_, all_;
  double previous_ = kMissing;
  double value_ = kMissing;
};

/// On-balance volume (Granville 1963) made scale-free: the net volume of rising over falling closes within the last
/// `length` bars as a share of all volume, -1 to 1. It is TA-Lib's OBV, `length` bars' change of it, over their volume.
class BalanceShare {
 public:
  explicit BalanceShare(int length) : net_(length), all_(length) {}
  double update(const Candle& bar) {
    const double change = bar.close - previous_;
    previous_ = finite_or_missing(bar.close);
    if (change != change) {
      net_.update(kMissing);
      all_.update(kMissing);
      return value_ = kMissing;
    }
    const double signed_volume = change > 0.0 ? bar.volume : change < 0.0 ? -bar.volume : 0.0 * bar.volume;
    return value_ = ratio(net_.update(signed_volume), all_.update(bar.volume));
  }
  double value() const { return value_; }

 private:
  RollingSum net_, all_;
  double previous_ = kMissing;
  double value_ = kMissing;
};

}  // namespace clm
