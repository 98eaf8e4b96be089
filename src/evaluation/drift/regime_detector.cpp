#include "evaluation/drift/regime_detector.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/contract.hpp"
#include "market/series/candle.hpp"

namespace clm {
namespace {

/// The states of the trend, in ascending order of their means.
constexpr std::size_t kDown = 0, kFlat = 1, kUp = 2;

struct Observation {
  double log_volatility = kMissing;
  double drift = kMissing;
};

/// Of a window in two pieces, in order of time: a ring that begins somewhere has the same bits as a plain stretch.
Observation observation_of(std::span<const double> older, std::span<const double> newer) {
  std::size_t known = 0;
  double sum = 0;
  double squares = 0;
  for (const auto piece : {older, newer})
    for (const double r : piece) {
      if (!std::isfinite(r)) continue;
      ++known;
      sum += r;
      squares += r * r;
    }
  if (2 * known < older.size() + newer.size() || !(squares > 0)) return {};
  return {std::log(squares / static_cast<double>(known)) / 2, sum / std::sqrt(squares)};
}

void expect_valid(const RegimeOptions& options) {
  expects(options.window_bars >= 4 && options.observe_every_bars >= 1 && options.sustain_bars >= 1,
          "a regime is seen through a window of at least four bars, at least now and then");
  expects(options.min_probability >= 0 && options.min_probability <= options.trend_probability &&
              options.trend_probability < 1,
          "what a state must be likelier than to last, and a trend to begin, lies in [0, 1)");
  expects(options.volatility_states == 2 || options.volatility_states == 3, "volatility has two or three states");
}

/// Whether an observation is due after so many bars: a full window, then every so often.
bool observation_due(std::uint64_t bars, const RegimeOptions& options) {
  return bars >= options.window_bars && (bars - options.window_bars) % options.observe_every_bars == 0;
}

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

Result<RegimeModel> RegimeModel::fit(std::span<const std::vector<double>> training_returns,
                                     const RegimeOptions& options) {
  expect_valid(options);
  std::vector<std::vector<double>> volatility;
  std::vector<std::vector<double>> drift;
  for (const auto& returns : training_returns) {
    volatility.emplace_back();
    drift.emplace_back();
    for (std::size_t bars = 1; bars <= returns.size(); ++bars) {
      if (!observation_due(bars, options)) continue;
      const auto window = std::span(returns).subspan(bars - options.window_bars, options.window_bars);
      const Observation seen = observation_of(window, {});
      volatility.back().push_back(seen.log_volatility);
      drift.back().push_back(seen.drift);
    }
  }
  RegimeModel out;
  out.options = options;
  out.options.volatility.states = options.volatility_states;
  const auto fitted_volatility = GaussianHmm::fit(volatility, out.options.volatility);
  if (!fitted_volatility) return forward_error(fitted_volatility);
  const auto fitted_trend = GaussianHmm::fit(drift, options.trend);
  if (!fitted_trend) return forward_error(fitted_trend);
  out.volatility = *fitted_volatility;
  out.trend = *fitted_trend;
  return out;
}

void RegimeDetector::Row::add(std::size_t state, std::uint64_t bars, std::size_t wanted) {
  if (state != likely) {
    likely = state;
    since = bars;
    observations = 0;
  }
  ++observations;
  if (state == kNone || observations < wanted || state == sustained) return;
  sustained = state;
  sustained_since = since;
}

RegimeDetector::RegimeDetector(const RegimeModel& model) : model_(model) {
  expect_valid(model.options);
  window_.assign(model.options.window_bars, kMissing);
}

const Regime& RegimeDetector::update(double bar_return) {
  window_[bars_ % window_.size()] = std::isfinite(bar_return) ? bar_return : kMissing;
  ++bars_;
  if (observation_due(bars_, model_.options)) observe();
  return regime_;
}

void RegimeDetector::observe() {
  const std::span<const double> window(window_);
  const std::size_t oldest = bars_ % window.size();
  const Observation seen = observation_of(window.subspan(oldest), window.first(oldest));
  const std::size_t every = model_.options.observe_every_bars;
  const std::size_t wanted = (model_.options.sustain_bars + every - 1) / every;
  const auto filter = [&](const GaussianHmm& hmm, double observation, StateProbabilities& now) {
    now = started_ ? hmm.filter_next(now, observation) : hmm.filter_first(observation);
    return !std::isnan(observation);
  };
  if (filter(model_.volatility, seen.log_volatility, regime_.volatility_now))
    volatility_row_.add(likely_volatility(), bars_, wanted);
  if (filter(model_.trend, seen.drift, regime_.trend_now)) trend_row_.add(likely_trend(), bars_, wanted);
  started_ = true;
  name_states();
}

std::size_t RegimeDetector::likely_volatility() const {
  const auto& now = regime_.volatility_now;
  const auto best = std::max_element(now.begin(), now.end());
  return *best > model_.options.min_probability ? static_cast<std::size_t>(best - now.begin()) : Row::kNone;
}

std::size_t RegimeDetector::likely_trend() const {
  for (const std::size_t outer : {kDown, kUp}) {
    const bool lasts = trend_row_.sustained == outer;
    if (regime_.trend_now[outer] > (lasts ? model_.options.min_probability : model_.options.trend_probability))
      return outer;
  }
  return kFlat;
}

double market_return(std::span<const double> symbol_returns) {
  double sum = 0;
  std::size_t known = 0;
  for (const double r : symbol_returns) {
    if (!std::isfinite(r)) continue;
    sum += r;
    ++known;
  }
  return known == 0 ? kMissing : sum / static_cast<double>(known);
}

void RegimeDetector::name_states() {
  const bool three = model_.volatility.states == 3;
  const std::size_t volatility = volatility_row_.sustained;
  if (volatility != Row::kNone) {
    constexpr std::array kOfThree{VolatilityRegime::calm, VolatilityRegime::normal, VolatilityRegime::turbulent};
    constexpr std::array kOfTwo{VolatilityRegime::calm, VolatilityRegime::turbulent};
    regime_.volatility = three ? kOfThree[volatility] : kOfTwo[volatility];
    regime_.volatility_since = volatility_row_.sustained_since;
  }
  constexpr std::array kTrends{TrendRegime::down, TrendRegime::flat, TrendRegime::up};
  if (trend_row_.sustained != Row::kNone) {
    regime_.trend = kTrends[trend_row_.sustained];
    regime_.trend_since = trend_row_.sustained_since;
  }
}

}  // namespace clm
