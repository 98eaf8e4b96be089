#include "evaluation/drift/trend_detector.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"

namespace clm {
namespace {

/// Beyond, a trend has long begun; what follows stays finite.
constexpr double kMostProduct = 1e100;

}  // namespace

std::string_view to_string(TrendRegime regime) {
  switch (regime) {
    case TrendRegime::down: return "down";
    case TrendRegime::flat: return "flat";
    case TrendRegime::up: return "up";
    case TrendRegime::unknown: return "unknown";
  }
  return "unknown";
}

TrendDetector::TrendDetector(const TrendDetectorOptions& options) : options_(options) {
  expects(options.day_bars >= 1 && options.scale_days >= 1 && options.known_days >= 7,
          "a day has bars, and volatility is known from a week");
  expects(options.run_days > 0 && options.largest_bar > 0 && options.given_back > 0 && options.strengths[0] > 0,
          "what a trend is begun and ended by is positive");
  const auto day_bars = static_cast<double>(options.day_bars);
  for (std::size_t i = 0; i < kStrengths; ++i) {
    lambda_[i] = options.strengths[i] / std::sqrt(day_bars);
    both_[i] = std::exp(-lambda_[i] * lambda_[i]);
  }
  needed_ = options.run_days * day_bars;
  scale_weight_ = 1 - std::exp2(-1 / (options.scale_days * day_bars));
  stop_ = options.given_back * std::sqrt(day_bars);
}

double TrendDetector::mean_sum(const Side& side) {
  double sum = 0;
  for (const Bet& bet : side) sum += bet.sum;
  return sum / static_cast<double>(kStrengths);
}

/// In units of the volatility up to the bar before, cut; what is learned of the volatility is learned after that.
double TrendDetector::scaled(double bar_return) {
  const double most = options_.largest_bar;
  double square = bar_return * bar_return, z = 0;
  if (variance_ > 0) {
    z = std::clamp(bar_return / std::sqrt(variance_), -most, most);
    if (known_ > 7 * options_.day_bars) square = std::min(square, most * most * variance_);
  }
  variance_ += std::max(scale_weight_, 1 / static_cast<double>(known_)) * (square - variance_);
  return z;
}

TrendRegime TrendDetector::update(double bar_return) {
  if (!std::isfinite(bar_return)) return state_;
  unmoved_ = bar_return == 0 ? unmoved_ + 1 : 0;
  if (unmoved_ > options_.day_bars) return state_;
  ++known_;
  const double z = scaled(bar_return);
  if (known_ <= 7 * options_.day_bars) return state_;
  const auto bet = [](Side& side, std::size_t i, double factor) {
    Bet& one = side[i];
    one.sum = std::min((one.sum + 1) * factor, kMostProduct);
    one.since = one.product > 1 ? one.since + 1 : 1;
    one.product = std::min(std::max(one.product, 1.0) * factor, kMostProduct);
  };
  for (std::size_t i = 0; i < kStrengths; ++i) {
    const double factor = std::exp(lambda_[i] * z - lambda_[i] * lambda_[i] / 2);
    if (state_ != TrendRegime::up) bet(up_, i, factor);
    if (state_ != TrendRegime::down) bet(down_, i, both_[i] / factor);
  }
  if (known_ < options_.known_days * options_.day_bars) return state_;
  if (state_ == TrendRegime::unknown) state_ = TrendRegime::flat;
  if (state_ != TrendRegime::flat) {
    gained_ += state_ == TrendRegime::up ? z : -z;
    best_ = std::max(best_, gained_);
    if (best_ - gained_ > stop_) state_ = TrendRegime::flat;
  }
  if (state_ != TrendRegime::up && mean_sum(up_) >= needed_)
    begin(TrendRegime::up, up_);
  else if (state_ != TrendRegime::down && mean_sum(down_) >= needed_)
    begin(TrendRegime::down, down_);
  return state_;
}

void TrendDetector::begin(TrendRegime direction, Side& side) {
  const auto most =
      std::max_element(side.begin(), side.end(), [](const Bet& a, const Bet& b) { return a.product < b.product; });
  began_known_ = known_ - most->since;
  side = {};
  gained_ = best_ = 0;
  state_ = direction;
}

std::uint64_t TrendDetector::bars_since_began() const {
  return state_ == TrendRegime::up || state_ == TrendRegime::down ? known_ - began_known_ : 0;
}

double TrendDetector::evidence() const { return std::max(mean_sum(up_), mean_sum(down_)) / needed_; }

}  // namespace clm
