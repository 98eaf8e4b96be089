#include "evaluation/regime_detector.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/contract.hpp"
#include "market/candle.hpp"

namespace clm {
namespace {

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
  expects(options.min_probability >= 0 && options.min_probability < 1, "a probability lies in [0, 1)");
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

DetectorState RegimeModel::numbers() const {
  DetectorState out;
  volatility.append_to(out);
  trend.append_to(out);
  return out;
}

Result<RegimeModel> RegimeModel::from_numbers(std::span<const double> numbers, const RegimeOptions& options) {
  expect_valid(options);
  StateReader in(numbers);
  RegimeModel out;
  out.options = options;
  out.options.volatility.states = options.volatility_states;
  out.volatility = GaussianHmm::read_from(in);
  out.trend = GaussianHmm::read_from(in);
  if (out.volatility.states != options.volatility_states || out.trend.states != 3) in.reject();
  if (const Status status = in.finish("a regime model"); !status) return forward_error(status);
  return out;
}

void RegimeDetector::Row::add(const StateProbabilities& now, std::size_t wanted, double min_probability) {
  const auto best = std::max_element(now.begin(), now.end());
  const std::size_t state = *best > min_probability ? static_cast<std::size_t>(best - now.begin()) : kNone;
  observations = state == likeliest ? std::min(observations + 1, wanted) : 1;
  likeliest = state;
  if (state != kNone && observations >= wanted) sustained = state;
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
  const auto step = [&](const GaussianHmm& hmm, double observation, StateProbabilities& now, Row& row) {
    now = started_ ? hmm.filter_next(now, observation) : hmm.filter_first(observation);
    if (!std::isnan(observation)) row.add(now, wanted, model_.options.min_probability);
  };
  step(model_.volatility, seen.log_volatility, regime_.volatility_now, volatility_row_);
  step(model_.trend, seen.drift, regime_.trend_now, trend_row_);
  started_ = true;
  name_states();
}

DetectorState RegimeDetector::state() const {
  DetectorState out{static_cast<double>(bars_), started_ ? 1.0 : 0.0};
  for (const double r : window_) append(out, {std::isnan(r) ? 0 : r, std::isnan(r) ? 0.0 : 1.0});
  for (const Row* row : {&volatility_row_, &trend_row_})
    append(out, {static_cast<double>(row->likeliest), static_cast<double>(row->observations),
                 static_cast<double>(row->sustained)});
  for (const auto* now : {&regime_.volatility_now, &regime_.trend_now})
    for (const double probability : *now) out.push_back(probability);
  return out;
}

Status RegimeDetector::restore(std::span<const double> state) {
  StateReader in(state);
  RegimeDetector read(model_);
  read.bars_ = in.whole(kMostCount);
  read.started_ = in.flag();
  for (double& r : read.window_) {
    r = in.number();
    if (!in.flag()) r = kMissing;
  }
  const auto read_row = [&in](Row& row, std::size_t states) {
    row.likeliest = in.whole(Row::kNone);
    row.observations = in.whole(kMostCount);
    row.sustained = in.whole(Row::kNone);
    for (const std::size_t index : {row.likeliest, row.sustained})
      if (index >= states && index != Row::kNone) in.reject();
  };
  read_row(read.volatility_row_, model_.volatility.states);
  read_row(read.trend_row_, model_.trend.states);
  in.numbers(read.regime_.volatility_now);
  in.numbers(read.regime_.trend_now);
  const Status status = in.finish("a regime detector");
  if (!status) return status;
  read.name_states();
  *this = std::move(read);
  return {};
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
  }
  constexpr std::array kTrends{TrendRegime::down, TrendRegime::flat, TrendRegime::up};
  if (trend_row_.sustained != Row::kNone) regime_.trend = kTrends[trend_row_.sustained];
}

}  // namespace clm
