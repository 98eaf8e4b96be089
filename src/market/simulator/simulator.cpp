#include "market/simulator/simulator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/contract.hpp"
#include "base/random.hpp"
#include "market/simulator/simulator_process.hpp"
#include "market/simulator/simulator_signal.hpp"

namespace clm {
namespace {

constexpr double kOpenGapShare = 0.02;  // of a bar's volatility, between a close and the next open
constexpr double kShareStep = 0.035;    // what one standard deviation of the state adds to the taker-buy share
constexpr double kLogVolumeStep = 0.7;  // what one standard deviation of the activity adds to the log of the volume

Status range_error(const char* option, const char* range) {
  return fail(ErrorKind::usage, "simulate.options", std::string(option) + " is outside " + range, option,
              "Choose a value in " + std::string(range) + ".");
}

Status check(const SimulationOptions& options) {
  const auto inside = [](double value, double low, double high) { return value >= low && value <= high; };
  if (options.symbols < 1 || options.symbols > 10'000) return range_error("symbols", "1 .. 10000");
  if (options.bars < 1 || options.bars > 10'000'000) return range_error("bars", "1 .. 10000000");
  if (options.symbols * options.bars > 200'000'000) return range_error("symbols x bars", "1 .. 200000000");
  if (!inside(options.signal_ic, 0, 0.4)) return range_error("signal_ic", "0 .. 0.4");
  if (options.horizon_bars < 1 || options.horizon_bars > 200) return range_error("horizon_bars", "1 .. 200");
  if (!inside(options.signal_half_life_bars, 0.5, 500)) return range_error("signal_half_life_bars", "0.5 .. 500");
  if (!inside(options.outage_rate, 0, 0.5)) return range_error("outage_rate", "0 .. 0.5");
  if (!inside(options.gap_rate, 0, 0.5)) return range_error("gap_rate", "0 .. 0.5");
  if (options.start.ms() % options.interval.ms() != 0)
    return fail(ErrorKind::usage, "simulate.options", "start is not a multiple of the interval",
                to_string(options.start), "Start at a time at which a bar of " + options.interval.name() + " opens.");
  for (const SymbolEvent& event : options.events)
    if (event.symbol >= options.symbols) return range_error("events.symbol", "the simulated symbols");
  return {};
}

double decay_per_bar(const SimulationOptions& options) { return std::exp2(-1 / options.signal_half_life_bars); }

PlantedSignal shape_of(const SimulationOptions& options) { return {options.signal_shape, decay_per_bar(options)}; }

/// k in a given bar: 0 or its opposite once the signal has ended.
double signal_in_bar(const SimulationOptions& options, double signal, std::size_t bar) {
  if (!options.signal_ends_at_bar || bar < *options.signal_ends_at_bar) return signal;
  return options.signal_end == SignalEnd::flip ? -signal : 0.0;
}

/// Six significant digits, as an exchange's tick does: the tick follows the price's power of ten, so that no price
/// falls so low that rounding eats its returns.
class PriceRounding {
 public:
  double operator()(double price) {
    if (!(price >= decade_ && price < 10 * decade_)) {
      const int exponent = static_cast<int>(std::floor(std::log10(price)));
      decade_ = std::pow(10.0, exponent);
      // A power of ten with a positive exponent is exact; dividing by it gives the double nearest to the decimal.
      const int digits = 5 - exponent;
      per_unit_ = digits >= 0 ? std::pow(10.0, digits) : 1.0;
      unit_ = digits >= 0 ? 1.0 : std::pow(10.0, -digits);
    }
    return std::round(price / unit_ * per_unit_) / per_unit_ * unit_;
  }

 private:
  double decade_ = 0, per_unit_ = 1, unit_ = 1;
};

/// Which bars the exchange did not deliver, to all or to one symbol.
std::vector<char> outage_bars(const SimulationOptions& options) {
  std::vector<char> down(options.bars, 0);
  if (options.outage_rate == 0) return down;
  Random random = Random::stream(options.seed, "simulate.outage");
  for (std::size_t t = 0; t < options.bars; ++t) {
    const bool starts = random.uniform() < options.outage_rate;
    const std::uint64_t length_bars = 1 + random.below(6);
    if (!starts) continue;
    for (std::size_t j = t; j < std::min<std::size_t>(t + length_bars, options.bars); ++j) down[j] = 1;
  }
  return down;
}

struct SymbolLife {
  std::size_t listed = 0;
  std::size_t delisted;
  std::size_t frozen;
};

SymbolLife life_of(const SimulationOptions& options, std::size_t symbol) {
  SymbolLife life{0, options.bars, options.bars};
  for (const SymbolEvent& event : options.events) {
    if (event.symbol != symbol) continue;
    switch (event.kind) {
      case SymbolEventKind::listed: life.listed = event.bar; break;
      case SymbolEventKind::delisted: life.delisted = std::min(event.bar, options.bars); break;
      case SymbolEventKind::frozen: life.frozen = event.bar; break;
    }
  }
  return life;
}

/// Turns the process of one symbol into candles. The draws do not depend on the signal or on what is delivered.
class CandleMaker {
 public:
  CandleMaker(const SimulationOptions& options, std::size_t index)
      : process_(options.seed, index, options.interval, decay_per_bar(options)), shape_(shape_of(options)) {
    Random traits = Random::stream(options.seed, "simulate.traits", index);
    price_ = std::pow(10.0, -3 + 7 * traits.uniform());
    const double interval_hours = static_cast<double>(options.interval.ms()) / 3'600'000.0;
    log_quote_volume_ = std::log(2e6 * interval_hours) + 1.2 * traits.normal();
    quote_per_trade_ = 400 * std::exp(0.4 * traits.normal());
    share_bias_ = 0.5 + 0.01 * traits.normal();
  }

  /// The next bar. `state` and `activity` receive x and u at its close.
  Candle next(const MarketBar& market, double signal, float& state, float& activity) {
    const SymbolProcess::Step step = process_.advance(market);
    state = static_cast<float>(step.state);
    activity = static_cast<float>(step.activity);
    Random& random = process_.random();

    const double open = price_ * (1 + kOpenGapShare * step.path_volatility * quick_normal(random));
    const double drift =
        signal == 0 ? 0 : signal * step.own_volatility * shape_.at(step.state_before, step.activity_before);
    const double log_return = step.noise_return + drift;
    const double close = open * std::exp(log_return);
    // Extremes of a Brownian bridge from 0 to the bar's return.
    const double spread = -2 * step.path_volatility * step.path_volatility;
    const double square = log_return * log_return;
    const double up = 0.5 * (log_return + std::sqrt(square + spread * std::log(1 - random.uniform())));
    const double down = 0.5 * (log_return - std::sqrt(square + spread * std::log(1 - random.uniform())));
    price_ = close;

    Candle candle;
    candle.open = rounded_(open);
    candle.close = rounded_(close);
    candle.high = std::max({rounded_(open * std::exp(up)), candle.open, candle.close});
    candle.low = std::min({rounded_(open * std::exp(down)), candle.open, candle.close});

    const double shock = std::clamp(step.noise_return / step.path_volatility, -3.0, 3.0);
    volume_noise_ = 0.85 * volume_noise_ + 0.15 * quick_normal(random);
    const double quote_volume =
        std::exp(log_quote_volume_ + market.log_volume_season + volume_noise_ + kLogVolumeStep * step.activity +
                 std::log(step.relative_volatility) + 0.3 * std::abs(shock));
    const double mean_price = 0.25 * (candle.open + candle.high + candle.low + candle.close);
    const double share =
        std::clamp(share_bias_ + kShareStep * (step.state + 0.7 * quick_normal(random) + 0.5 * shock), 0.02, 0.98);
    candle.volume = quote_volume / mean_price;
    candle.quote_volume = quote_volume;
    candle.trades = std::ceil(quote_volume / quote_per_trade_);
    candle.taker_buy_volume = candle.volume * share;
    candle.taker_buy_quote_volume = quote_volume * share;
    return candle;
  }

 private:
  SymbolProcess process_;
  PlantedSignal shape_;
  PriceRounding rounded_;
  double price_, log_quote_volume_, quote_per_trade_, share_bias_;
  double volume_noise_ = 0;
};

/// What an exchange shows for a market that nobody trades any more.
Candle frozen_candle(double price) {
  Candle candle;
  candle.open = candle.high = candle.low = candle.close = price;
  candle.volume = candle.quote_volume = candle.trades = 0;
  candle.taker_buy_volume = candle.taker_buy_quote_volume = 0;
  return candle;
}

void simulate_symbol(const std::vector<MarketBar>& market, const std::vector<char>& down, std::size_t index,
                     Simulation& simulation) {
  const SimulationOptions& options = simulation.options;
  const SymbolLife life = life_of(options, index);
  CandleMaker maker(options, index);
  Random gaps = Random::stream(options.seed, "simulate.gap", index);

  CandleSeries& series = simulation.series[index];
  std::vector<float>& states = simulation.states[index];
  std::vector<float>& activities = simulation.activities[index];
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "SIM%04uUSDT", static_cast<unsigned>(index));
  series.key = {options.venue, Symbol(name.data()), options.interval};
  series.candles.reserve(options.bars);
  states.resize(options.bars);
  activities.resize(options.bars);
  double last_close = kMissing;
  for (std::size_t t = 0; t < options.bars; ++t) {
    const double signal = signal_in_bar(options, simulation.signal_strength, t);
    Candle candle = maker.next(market[t], signal, states[t], activities[t]);
    const bool gap = options.gap_rate > 0 && gaps.uniform() < options.gap_rate;
    if (t >= life.frozen) candle = frozen_candle(std::isnan(last_close) ? candle.open : last_close);
    last_close = candle.close;
    if (gap || down[t] != 0 || t < life.listed || t >= life.delisted) continue;
    candle.open_time = options.start + options.interval.length() * static_cast<std::int64_t>(t);
    series.candles.push_back(candle);
  }
}

}  // namespace

double Simulation::best_forecast(std::size_t symbol, std::size_t bar, int horizon_bars) const {
  expects(symbol < states.size() && bar < options.bars, "best_forecast: a simulated symbol and bar");
  const PlantedSignal shape = shape_of(options);
  const auto state = static_cast<double>(states[symbol][bar]);
  const auto activity = static_cast<double>(activities[symbol][bar]);
  double sum = 0;
  for (int j = 0; j < horizon_bars; ++j)
    sum += signal_in_bar(options, signal_strength, bar + 1 + static_cast<std::size_t>(j)) *
           shape.expected(state, activity, j);
  return sum;
}

double Simulation::best_rank_ic(int horizon_bars) const {
  expects(horizon_bars >= 1, "best_rank_ic: a horizon of at least one bar");
  return rank_ic_of_signal(signal_strength, horizon_bars, options.signal_shape, decay_per_bar(options));
}

Result<Simulation> simulate(const SimulationOptions& options) {
  if (Status valid = check(options); !valid) return forward_error(valid);
  Simulation simulation;
  simulation.options = options;
  simulation.signal_strength =
      signal_for_rank_ic(options.signal_ic, options.horizon_bars, options.signal_shape, decay_per_bar(options));
  simulation.series.resize(options.symbols);
  simulation.states.resize(options.symbols);
  simulation.activities.resize(options.symbols);
  const std::vector<MarketBar> market =
      simulate_market_bars(options.seed, options.bars, options.start, options.interval);
  const std::vector<char> down = outage_bars(options);
  for (std::size_t i = 0; i < options.symbols; ++i) simulate_symbol(market, down, i, simulation);
  return simulation;
}

}  // namespace clm
