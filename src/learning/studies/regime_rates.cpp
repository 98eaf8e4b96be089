#include "learning/studies/regime_rates.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "base/number_text.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/drift/regime_detector.hpp"

namespace clm {
namespace {

constexpr std::size_t kWalkDayBars = 24, kYearBars = 365 * kWalkDayBars, kTrendBars = 180 * kWalkDayBars;
constexpr std::size_t kQuietBars = 90 * kWalkDayBars;  ///< of before, in which nothing changes
constexpr double kWalkVolatility = 0.005;              ///< what it is does not matter

using WalkReturns = std::vector<double>;
using DrawWalk = std::function<WalkReturns(Random&, std::size_t bars)>;

WalkReturns normal_returns(Random& random, std::size_t bars) {
  WalkReturns out(bars);
  for (double& r : out) r = kWalkVolatility * random.normal();
  return out;
}

WalkReturns heavy_returns(Random& random, std::size_t bars) {
  WalkReturns out(bars);
  for (double& r : out) r = kWalkVolatility * random.student_t(4);
  return out;
}

/// GARCH(1, 1) of unit variance in the mean.
WalkReturns clustered_returns(Random& random, std::size_t bars) {
  WalkReturns out(bars);
  double variance = 1;
  for (double& r : out) {
    const double shock = std::sqrt(variance) * random.student_t(5);
    variance = 0.01 + 0.06 * shock * shock + 0.93 * variance;
    r = kWalkVolatility * shock;
  }
  return out;
}

/// A stretch of one of the symbols, from anywhere.
WalkReturns real_stretch(const std::vector<WalkReturns>& real, Random& random, std::size_t bars) {
  const WalkReturns& one = real[random.below(real.size())];
  const auto first = one.begin() + static_cast<std::ptrdiff_t>(random.below(one.size() - bars + 1));
  return {first, first + static_cast<std::ptrdiff_t>(bars)};
}

void flip_signs(WalkReturns& returns, Random& random) {
  for (double& r : returns)
    if (random.uniform() < 0.5) r = -r;
}

/// Days in another order, and no drift over all of them.
void permute_days(WalkReturns& returns, Random& random) {
  double sum = 0;
  std::size_t known = 0;
  for (const double r : returns) {
    if (!std::isfinite(r)) continue;
    sum += r;
    ++known;
  }
  const double mean = known == 0 ? 0 : sum / static_cast<double>(known);
  for (double& r : returns) r -= mean;
  for (std::size_t day = returns.size() / kWalkDayBars; day > 1; --day) {
    const auto last = returns.begin() + static_cast<std::ptrdiff_t>((day - 1) * kWalkDayBars);
    const auto other = returns.begin() + static_cast<std::ptrdiff_t>(random.below(day) * kWalkDayBars);
    if (other != last) std::swap_ranges(last, last + kWalkDayBars, other);
  }
}

struct RegimeScenario {
  std::string name, what;
  DrawWalk draw;
  std::size_t bars = 0;                             ///< in which it may be said, after the quiet ones
  std::function<void(double& later_return)> plant;  ///< may be empty
  std::function<bool(const Regime& before, const Regime& now)> said;
  std::string demanded;
};

bool trend_begins(const Regime& before, const Regime& now) {
  return now.trend != before.trend && (now.trend == TrendRegime::up || now.trend == TrendRegime::down);
}
bool is_up(const Regime&, const Regime& now) { return now.trend == TrendRegime::up; }
bool is_storm(const Regime&, const Regime& now) { return now.volatility == VolatilityRegime::turbulent; }

/// One a year, as the share of years that have at least one.
const char* const kOneAYear = "at most 63.2 % (one a year)";

RegimeScenario no_trend(const char* name, const char* of, DrawWalk draw) {
  return {"trend_none_" + std::string(name),
          "a trend begins to be said within a year of " + std::string(of),
          std::move(draw),
          kYearBars,
          {},
          trend_begins,
          kOneAYear};
}

std::vector<RegimeScenario> scenarios_of(const std::vector<WalkReturns>& real) {
  std::vector<RegimeScenario> out{
      no_trend("normal", "normal returns", normal_returns),
      no_trend("clustered", "returns whose volatility comes in clusters", clustered_returns)};
  if (!real.empty()) {
    out.push_back(no_trend("flipped", "real returns with flipped signs", [&real](Random& random, std::size_t bars) {
      WalkReturns returns = real_stretch(real, random, bars);
      flip_signs(returns, random);
      return returns;
    }));
    out.push_back(
        no_trend("permuted", "real returns whose days are permuted", [&real](Random& random, std::size_t bars) {
          WalkReturns returns = real_stretch(real, random, bars);
          permute_days(returns, random);
          return returns;
        }));
  }
  for (const double drift : {0.25, 0.5, 1.0, 1.5, 2.0}) {
    const double a_bar = drift * kWalkVolatility / std::sqrt(static_cast<double>(kWalkDayBars));
    out.push_back(
        {"trend_" + fixed(drift, 2),
         "a drift of " + fixed(drift, 2) + " volatilities of a day a day is said to be a trend within 180 days",
         clustered_returns,
         kTrendBars,
         [a_bar](double& r) { r += a_bar; },
         is_up,
         {}});
  }
  out.push_back({"storm_none_normal",
                 "a storm is said within a year of normal returns of one volatility",
                 normal_returns,
                 kYearBars,
                 {},
                 is_storm,
                 kOneAYear});
  out.push_back({"storm_none_heavy",
                 "a storm is said within a year of returns of one volatility with heavy tails",
                 heavy_returns,
                 kYearBars,
                 {},
                 is_storm,
                 kOneAYear});
  for (const double times : {2.0, 3.0, 4.0})
    out.push_back({"storm_" + fixed(times, 0),
                   "volatility " + fixed(times, 0) + " times as high is said to be a storm within 24 bars",
                   heavy_returns,
                   kWalkDayBars,
                   [times](double& r) { r *= times; },
                   is_storm,
                   {}});
  return out;
}

std::optional<std::size_t> bars_until_said(const RegimeScenario& scenario, Random random) {
  const WalkReturns returns = scenario.draw(random, kQuietBars + scenario.bars);
  RegimeDetector detector(kWalkDayBars);
  for (std::size_t bar = 0; bar < returns.size(); ++bar) {
    double r = returns[bar];
    if (bar >= kQuietBars && scenario.plant) scenario.plant(r);
    const Regime before = detector.regime();
    const Regime& now = detector.update(r);
    if (bar >= kQuietBars && scenario.said(before, now)) return bar - kQuietBars + 1;
  }
  return std::nullopt;
}

std::vector<WalkReturns> long_enough(const std::vector<WalkReturns>& real) {
  std::vector<WalkReturns> out;
  for (const WalkReturns& one : real)
    if (one.size() >= kQuietBars + kYearBars) out.push_back(one);
  return out;
}

}  // namespace

std::size_t regime_scenarios(const RegimeRateOptions& options) {
  return scenarios_of(long_enough(options.real)).size();
}

std::vector<RegimeRate> regime_rates(const RegimeRateOptions& options, const RunContext& run) {
  const std::vector<WalkReturns> real = long_enough(options.real);
  std::vector<RegimeRate> rates;
  for (const RegimeScenario& scenario : scenarios_of(real)) {
    std::vector<std::optional<std::size_t>> said(options.n);
    parallel_for(run.jobs, options.n, [&](std::size_t i) {
      if (run.cancel.requested()) return;
      said[i] = bars_until_said(scenario, Random::stream(options.seed, scenario.name, i));
      run.progress.advance();
    });
    RegimeRate rate{scenario.name, scenario.what, options.n, {}, scenario.demanded};
    for (const auto& bars : said)
      if (bars) rate.bars.push_back(*bars);
    rates.push_back(std::move(rate));
  }
  return rates;
}

}  // namespace clm
