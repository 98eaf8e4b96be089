#include "learning/data/market_tape.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/data/learning_data.hpp"

namespace clm {
namespace {

constexpr std::size_t kTapeBars = 420;

Timestamp close_of_bar(std::size_t bars) { return Timestamp(static_cast<std::int64_t>(bars) * kHourMs); }

CandleSeries walk(const std::string& symbol, std::size_t first, std::size_t bars, std::uint64_t seed) {
  CandleSeries series{{Venue("v"), Symbol(symbol), Interval::one_hour()}, {}};
  Random random(seed);
  double price = 100;
  for (std::size_t bar = first; bar < bars; ++bar) {
    Candle candle;
    candle.open_time = close_of_bar(bar);
    candle.open = price;
    price *= std::exp(0.01 * random.normal());
    candle.close = price;
    candle.high = std::max(candle.open, candle.close) * 1.001;
    candle.low = std::min(candle.open, candle.close) * 0.999;
    candle.volume = 1 + random.uniform();
    series.candles.push_back(candle);
  }
  return series;
}

/// The first `bars` bars of seven symbols: a universe that grows, missing bars, bars whose prices cannot be (also so
/// many in a row that whole labels lie in them, up to the last bar), and an open that is not there.
MemoryCandleSource patchy_market(std::size_t bars) {
  std::vector<CandleSeries> all;
  for (std::size_t s = 0; s < 7; ++s)
    all.push_back(walk("S" + std::to_string(s), s < 4 ? 0 : 40 * (s - 3), bars, s + 1));
  const auto bars_of = [&](std::size_t symbol, std::size_t from, std::size_t to, const auto& change) {
    for (Candle& candle : all[symbol].candles)
      if (candle.open_time >= close_of_bar(from) && candle.open_time < close_of_bar(to)) change(candle);
  };
  const auto cannot_be = [](Candle& candle) { candle.high = candle.low / 2; };
  bars_of(1, 200, 201, cannot_be);
  bars_of(2, 250, 275, cannot_be);
  bars_of(3, 395, kTapeBars, cannot_be);
  bars_of(0, 300, 301, [](Candle& candle) { candle.open = 0; });
  std::erase_if(all[4].candles, [](const Candle& candle) {
    return candle.open_time >= close_of_bar(320) && candle.open_time < close_of_bar(330);
  });
  return MemoryCandleSource(std::move(all));
}

template <typename T>
void expect_same_bits(const std::vector<T>& a, const std::vector<T>& b, const char* what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  EXPECT_EQ(0, std::memcmp(a.data(), b.data(), a.size() * sizeof(T))) << what;
}

class LabelsOfATape : public ::testing::TestWithParam<LabelTarget> {
 protected:
  LabelsOfATape() {
    options_.label.volatility_bars = 24;
    options_.label.target = GetParam();
  }
  Result<LearningData> anew(std::size_t bars, std::size_t as_of) {
    options_.as_of = close_of_bar(as_of);
    return prepare_learning_data(*feature_set("classic22"), patchy_market(bars), nullptr, options_, run_);
  }
  Result<LearningData> of_tape(std::size_t as_of) {
    options_.as_of = close_of_bar(as_of);
    return prepare_learning_data(tape_, feature_set("classic22")->hash(), patchy_market(kTapeBars), nullptr, options_,
                                 run_);
  }

  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
  RunContext run_{clock_, cancel_, progress_, 1};
  LearningDataOptions options_;
  MarketTape tape_ = [this] {
    LabelOptions label;
    label.volatility_bars = 24;
    label.target = GetParam();
    return MarketTape::record(*feature_set("classic22"), patchy_market(kTapeBars), nullptr, label,
                              close_of_bar(kTapeBars), run_)
        .value();
  }();
};

TEST_P(LabelsOfATape, AreAtEveryMomentThoseOfWhoKnowsNothingLater) {
  std::size_t with_labels = 0;
  for (std::size_t as_of = 20; as_of <= kTapeBars; as_of += as_of < 180 ? 9 : 1) {
    SCOPED_TRACE(as_of);
    const auto fresh = anew(as_of, as_of), cut = of_tape(as_of);
    ASSERT_EQ(fresh.has_value(), cut.has_value());
    if (!fresh) {
      EXPECT_EQ(to_string(fresh.error()), to_string(cut.error()));
      continue;
    }
    ++with_labels;
    EXPECT_EQ(fresh->fingerprint, cut->fingerprint);
    const Dataset &a = fresh->rows.data, &b = cut->rows.data;
    expect_same_bits(a.decided_at_ms, b.decided_at_ms, "decided_at");
    expect_same_bits(a.symbol, b.symbol, "symbol");
    expect_same_bits(a.known_at_ms, b.known_at_ms, "known_at");
    expect_same_bits(a.label, b.label, "label");
    expect_same_bits(a.forward_return, b.forward_return, "forward_return");
    expect_same_bits(a.volatility, b.volatility, "volatility");
    expect_same_bits(a.weight, b.weight, "weight");
    ASSERT_EQ(fresh->rows.delayed.size(), cut->rows.delayed.size());
    for (std::size_t d = 0; d < fresh->rows.delayed.size(); ++d)
      expect_same_bits(fresh->rows.delayed[d].forward_return, cut->rows.delayed[d].forward_return, "delayed");
    for (std::size_t i = 0; i < a.size() && !HasFailure(); ++i) {
      const auto x = a.frame->row(a.frame_row[i]), y = b.frame->row(b.frame_row[i]);
      EXPECT_EQ(0, std::memcmp(x.data(), y.data(), x.size_bytes())) << "features of row " << i;
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(with_labels, 240U);
}
INSTANTIATE_TEST_SUITE_P(Targets, LabelsOfATape, ::testing::Values(LabelTarget::plain, LabelTarget::blend),
                         [](const auto& target) { return to_string(target.param); });

}  // namespace
}  // namespace clm
