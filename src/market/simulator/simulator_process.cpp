#include "market/simulator/simulator_process.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "market/simulator/simulator_signal.hpp"

namespace clm {
namespace {

// GARCH(1,1), unit mean: shocks decay with a half-life of about 35 bars.
constexpr double kGarchReaction = 0.06;
constexpr double kGarchMemory = 0.92;

// Calm, normal and stressed markets; a regime lasts 1 / kRegimeChange bars on average.
constexpr std::array<double, 3> kRegimeVolatility = {0.7, 1.0, 1.8};
constexpr std::array<double, 3> kRegimeShare = {0.35, 0.5, 0.15};
constexpr double kRegimeChange = 0.005;

std::size_t draw_regime(Random& random) {
  double u = random.uniform();
  for (std::size_t i = 0; i + 1 < kRegimeShare.size(); ++i) {
    if (u < kRegimeShare[i]) return i;
    u -= kRegimeShare[i];
  }
  return kRegimeShare.size() - 1;
}

// -1 at 03 UTC, +1 at 15 UTC, when Europe and America both trade.
double daily_cycle(Timestamp open_time, Interval interval) {
  if (interval.ms() >= kDayMs) return 0.0;
  const std::int64_t middle_ms = (open_time.ms() + interval.ms() / 2) % kDayMs;
  const double day_share = static_cast<double>(middle_ms) / static_cast<double>(kDayMs);
  return std::cos(2 * std::numbers::pi * (day_share - 15.0 / 24.0));
}

}  // namespace

double quick_normal(Random& random) {
  const std::uint64_t bits = random.next();
  const auto sum =
      static_cast<double>((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48));
  constexpr double kMean = 4 * 65535.0 / 2;
  constexpr double kDeviation = 37837.227161945;  // sqrt(4 (2^32 - 1) / 12)
  return (sum - kMean) / kDeviation;
}

ClusteredShocks::Draw ClusteredShocks::next(Random& random) {
  // chi-squared with 6 degrees of freedom is -2 ln(U1 U2 U3): one logarithm instead of a rejection loop.
  const double product = (1 - random.uniform()) * (1 - random.uniform()) * (1 - random.uniform());
  const double mixing = 2.0 / std::max(-std::log(product), 1e-6);
  Draw draw;
  draw.mixing = mixing;
  draw.shock = random.normal() * std::sqrt(mixing);
  draw.standard_deviation = std::sqrt(variance_);
  variance_ =
      (1 - kGarchReaction - kGarchMemory) + variance_ * (kGarchReaction * draw.shock * draw.shock + kGarchMemory);
  return draw;
}

std::vector<MarketBar> simulate_market_bars(std::uint64_t seed, std::size_t bars, Timestamp start, Interval interval) {
  Random random = Random::stream(seed, "simulate.market");
  Random regime_random = Random::stream(seed, "simulate.regime");
  std::vector<Random> sector_random;
  for (std::size_t s = 0; s < kSimulatedSectors; ++s)
    sector_random.push_back(Random::stream(seed, "simulate.sector", s));

  ClusteredShocks market;
  std::array<ClusteredShocks, kSimulatedSectors> sectors;
  std::size_t regime = draw_regime(regime_random);
  std::vector<MarketBar> path(bars);
  Timestamp open_time = start;
  for (MarketBar& bar : path) {
    if (regime_random.uniform() < kRegimeChange) regime = draw_regime(regime_random);
    const double cycle = daily_cycle(open_time, interval);
    bar.volatility_factor = kRegimeVolatility[regime] * (1 + 0.2 * cycle);
    const bool weekend = interval.ms() <= 86'400'000 && calendar_time(open_time).weekday >= 5;
    bar.log_volume_season = 0.45 * cycle - (weekend ? 0.3 : 0.0);
    const ClusteredShocks::Draw draw = market.next(random);
    bar.market_shock = draw.standard_deviation * draw.shock;
    bar.market_variance = draw.standard_deviation * draw.standard_deviation * draw.mixing;
    for (std::size_t s = 0; s < kSimulatedSectors; ++s) {
      const ClusteredShocks::Draw sector = sectors[s].next(sector_random[s]);
      bar.sector_shock[s] = sector.standard_deviation * sector.shock;
      bar.sector_variance[s] = sector.standard_deviation * sector.standard_deviation * sector.mixing;
    }
    open_time = open_time + interval.length();
  }
  return path;
}

SymbolProcess::SymbolProcess(std::uint64_t seed, std::size_t index, Interval interval, double decay_per_bar)
    : random_(Random::stream(seed, "simulate.symbol", index)),
      sector_(index % kSimulatedSectors),
      decay_(decay_per_bar),
      innovation_(std::sqrt(1 - decay_per_bar * decay_per_bar)),
      activity_decay_(activity_decay_per_bar()),
      activity_innovation_(std::sqrt(1 - activity_decay_ * activity_decay_)),
      activity_random_(Random::stream(seed, "simulate.activity", index)),
      activity_(activity_random_.normal()) {
  const double per_hour = 0.007 * std::exp(0.35 * random_.normal());
  level_ = per_hour * std::sqrt(static_cast<double>(interval.ms()) / 3'600'000.0);
  // Shares of variance: market 35-60 %, sector 5-15 %, the rest is the symbol's own.
  const double market_share = 0.35 + 0.25 * random_.uniform();
  const double sector_share = 0.05 + 0.10 * random_.uniform();
  market_load_ = std::sqrt(market_share);
  sector_load_ = std::sqrt(sector_share);
  own_load_ = std::sqrt(1 - market_share - sector_share);
  state_ = random_.normal();
}

SymbolProcess::Step SymbolProcess::advance(const MarketBar& market) {
  const ClusteredShocks::Draw own = shocks_.next(random_);
  const double scale = level_ * market.volatility_factor;
  Step step;
  step.state_before = state_;
  step.activity_before = activity_;
  step.own_volatility = scale * own_load_ * own.standard_deviation;
  step.noise_return = scale * (market_load_ * market.market_shock + sector_load_ * market.sector_shock[sector_]) +
                      step.own_volatility * own.shock;
  const double own_variance = own_load_ * own_load_ * own.standard_deviation * own.standard_deviation * own.mixing;
  step.relative_volatility = market.volatility_factor *
                             std::sqrt(market_load_ * market_load_ * market.market_variance +
                                       sector_load_ * sector_load_ * market.sector_variance[sector_] + own_variance);
  step.path_volatility = level_ * step.relative_volatility;
  state_ = decay_ * state_ + innovation_ * quick_normal(random_);
  step.state = state_;
  activity_ = activity_decay_ * activity_ + activity_innovation_ * quick_normal(activity_random_);
  step.activity = activity_;
  return step;
}

}  // namespace clm
