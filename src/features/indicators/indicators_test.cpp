#include "features/indicators/indicators.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "features/indicators/indicator_oracle.hpp"

namespace clm {
namespace {

// The series of tools/oracles/talib_values.py, integer for integer.
std::vector<Candle> oracle_series() {
  std::uint64_t state = 12345;
  const auto below = [&state](std::int64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>(state >> 33) % bound;
  };
  std::vector<Candle> bars(oracle::kBars);
  std::int64_t close = 10'000;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const std::int64_t open = close + below(21) - 10;
    close = open + below(121) - 60;
    const std::int64_t high = std::max(open, close) + below(26);
    const std::int64_t low = std::min(open, close) - below(26);
    bars[i].open_time = Timestamp(static_cast<std::int64_t>(i) * 3'600'000);
    bars[i].open = static_cast<double>(open) / 100.0;
    bars[i].high = static_cast<double>(high) / 100.0;
    bars[i].low = static_cast<double>(low) / 100.0;
    bars[i].close = static_cast<double>(close) / 100.0;
    bars[i].volume = 1.0 + static_cast<double>(below(100'000));
  }
  return bars;
}

using Values = std::array<double, oracle::kKept>;

// Feeds the whole series and compares the last values with the stored ones.
void expect_oracle(const Values& expected, const std::function<double(const Candle&)>& update) {
  const auto bars = oracle_series();
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double value = update(bars[i]);
    if (i + expected.size() < bars.size()) continue;
    const double wanted = expected[i + expected.size() - bars.size()];
    ASSERT_NEAR(value, wanted, 1e-9 * std::max(1.0, std::abs(wanted))) << "bar " << i;
  }
}

TEST(IndicatorOracle, TheSeriesIsThatOfTheScript) {
  expect_oracle(oracle::close, [](const Candle& bar) { return bar.close; });
}

TEST(IndicatorOracle, Averages) {
  expect_oracle(oracle::sma_20, [i = Sma(20)](const Candle& bar) mutable { return i.update(bar.close); });
  expect_oracle(oracle::ema_20, [i = Ema(20)](const Candle& bar) mutable { return i.update(bar.close); });
}

TEST(IndicatorOracle, Oscillators) {
  expect_oracle(oracle::rsi_14, [i = Rsi(14)](const Candle& bar) mutable { return i.update(bar.close); });
  expect_oracle(oracle::mfi_14, [i = Mfi(14)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::cci_20, [i = Cci(20)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::williams_r_14, [i = WilliamsR(14)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::stochastic_k, [i = Stochastic(14, 3, 3)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::stochastic_d, [i = Stochastic(14, 3, 3)](const Candle& bar) mutable {
    i.update(bar);
    return i.d();
  });
}

TEST(IndicatorOracle, Direction) {
  expect_oracle(oracle::adx_14, [i = Adx(14)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::plus_di_14, [i = Adx(14)](const Candle& bar) mutable {
    i.update(bar);
    return i.plus_di();
  });
  expect_oracle(oracle::minus_di_14, [i = Adx(14)](const Candle& bar) mutable {
    i.update(bar);
    return i.minus_di();
  });
  expect_oracle(oracle::aroon_up_25, [i = Aroon(25)](const Candle& bar) mutable {
    i.update(bar);
    return i.up();
  });
  expect_oracle(oracle::aroon_down_25, [i = Aroon(25)](const Candle& bar) mutable {
    i.update(bar);
    return i.down();
  });
  expect_oracle(oracle::macd, [i = Macd(12, 26, 9)](const Candle& bar) mutable { return i.update(bar.close); });
  expect_oracle(oracle::macd_signal, [i = Macd(12, 26, 9)](const Candle& bar) mutable {
    i.update(bar.close);
    return i.signal();
  });
  expect_oracle(oracle::macd_histogram, [i = Macd(12, 26, 9)](const Candle& bar) mutable {
    i.update(bar.close);
    return i.histogram();
  });
}

TEST(IndicatorOracle, Spread) {
  expect_oracle(oracle::atr_14, [i = Atr(14)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::bollinger_upper, [i = Bollinger(20, 2)](const Candle& bar) mutable {
    i.update(bar.close);
    return i.upper();
  });
  expect_oracle(oracle::bollinger_middle, [i = Bollinger(20, 2)](const Candle& bar) mutable {
    i.update(bar.close);
    return i.middle();
  });
  expect_oracle(oracle::bollinger_lower, [i = Bollinger(20, 2)](const Candle& bar) mutable {
    i.update(bar.close);
    return i.lower();
  });
  expect_oracle(oracle::deviation_30, [i = RollingVariance(30)](const Candle& bar) mutable {
    i.update(bar.close);
    return i.deviation();
  });
}

TEST(IndicatorOracle, VolumeExtremesAndMoments) {
  expect_oracle(oracle::balance_share_24, [i = BalanceShare(24)](const Candle& bar) mutable { return i.update(bar); });
  expect_oracle(oracle::rolling_max_30, [i = RollingMax(30)](const Candle& bar) mutable { return i.update(bar.high); });
  expect_oracle(oracle::rolling_min_30, [i = RollingMin(30)](const Candle& bar) mutable { return i.update(bar.low); });
  expect_oracle(oracle::slope_40, [i = RollingRegression(40)](const Candle& bar) mutable {
    i.update(bar.close - 100, bar.volume / 1e5);
    return i.slope();
  });
  expect_oracle(oracle::correlation_40, [i = RollingRegression(40)](const Candle& bar) mutable {
    i.update(bar.close - 100, bar.volume / 1e5);
    return i.correlation();
  });
}

// An indicator of any kind, and after how many bars it has its first value.
struct Case {
  const char* name;
  int warm_up;
  std::function<std::function<double(const Candle&)>()> make;
};

template <typename Indicator>
Case of_bars(const char* name, int warm_up, Indicator indicator) {
  return {name, warm_up, [indicator] { return [i = indicator](const Candle& bar) mutable { return i.update(bar); }; }};
}
template <typename Indicator>
Case of_closes(const char* name, int warm_up, Indicator indicator) {
  return {name, warm_up,
          [indicator] { return [i = indicator](const Candle& bar) mutable { return i.update(bar.close); }; }};
}

std::vector<Case> all_indicators() {
  return {of_closes("Sma", 20, Sma(20)),
          of_closes("Ema", 20, Ema(20)),
          of_closes("Rsi", 15, Rsi(14)),
          of_closes("Macd", 26, Macd(12, 26, 9)),
          of_closes("Bollinger", 20, Bollinger(20, 2)),
          of_closes("RollingMax", 30, RollingMax(30)),
          of_bars("Mfi", 15, Mfi(14)),
          of_bars("Adx", 28, Adx(14)),
          of_bars("Atr", 15, Atr(14)),
          of_bars("Stochastic", 16, Stochastic(14, 3, 3)),
          of_bars("Cci", 20, Cci(20)),
          of_bars("WilliamsR", 14, WilliamsR(14)),
          of_bars("Aroon", 26, Aroon(25)),
          of_bars("BalanceShare", 25, BalanceShare(24))};
}

TEST(Indicators, FirstValueAfterTheWarmUpAndNotBefore) {
  const auto bars = oracle_series();
  for (const Case& one : all_indicators()) {
    const auto update = one.make();
    for (int i = 0; i < 60; ++i)
      EXPECT_EQ(std::isfinite(update(bars[static_cast<std::size_t>(i)])), i + 1 >= one.warm_up) << one.name << ' ' << i;
  }
}

TEST(Indicators, ABarThatIsNotFiniteIsAGapAndNothingMore) {
  const auto bars = oracle_series();
  for (const double bad : {kMissing, std::numeric_limits<double>::infinity()}) {
    for (const Case& one : all_indicators()) {
      const auto disturbed = one.make();
      for (std::size_t i = 0; i < 100; ++i) disturbed(bars[i]);
      Candle broken = bars[100];
      broken.high = broken.low = broken.close = broken.volume = bad;
      EXPECT_TRUE(std::isnan(disturbed(broken))) << one.name;
      // Whole again after its warm-up, with the bits of one that began after the gap.
      const auto fresh = one.make();
      for (std::size_t i = 101; i < 250; ++i) {
        const double value = disturbed(bars[i]), wanted = fresh(bars[i]);
        EXPECT_TRUE(value == wanted || (std::isnan(value) && std::isnan(wanted))) << one.name << ' ' << i;
      }
    }
  }
}

TEST(Indicators, NothingToDivideByIsNotANumber) {
  Candle frozen;
  frozen.open = frozen.high = frozen.low = frozen.close = 5.0;
  frozen.volume = 0.0;
  Rsi rsi(14);
  Mfi mfi(14);
  Adx adx(14);
  Atr atr(14);
  Bollinger bollinger(20, 2);
  Stochastic stochastic(14, 3, 3);
  Cci cci(20);
  BalanceShare balance(24);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(std::isnan(rsi.update(frozen.close)));
    EXPECT_TRUE(std::isnan(mfi.update(frozen)));
    EXPECT_TRUE(std::isnan(adx.update(frozen)));
    EXPECT_TRUE(std::isnan(bollinger.update(frozen.close)));
    EXPECT_TRUE(std::isnan(stochastic.update(frozen)));
    EXPECT_TRUE(std::isnan(cci.update(frozen)));
    EXPECT_TRUE(std::isnan(balance.update(frozen)));
    atr.update(frozen);
  }
  EXPECT_EQ(atr.value(), 0.0);
  EXPECT_EQ(bollinger.upper(), bollinger.lower());
}

}  // namespace
}  // namespace clm
