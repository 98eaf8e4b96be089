#include "pair_features.hpp"

#include <algorithm>
#include <array>

#include "base/contract.hpp"
#include "base/hash.hpp"
#include "features/indicators/indicators.hpp"

namespace clm {
namespace {

constexpr std::size_t kNow = 9;       // features of a bar
constexpr std::size_t kShifts = 3;    // now, one and two bars earlier
constexpr std::size_t kCalendar = 2;  // weekday, hour
constexpr std::size_t kSymbolColumns = kNow * kShifts;

struct TestStrategy {
  Rsi rsi_10{10}, rsi_20{20};
  Mfi mfi_10{10}, mfi_20{20};
  Adx adx_10{10}, adx_20{20};
  double previous_close = kMissing;
  std::array<float, kSymbolColumns> shifted = nothing();  // newest bar first

  void operator()(const Bar& bar, float* row) {
    std::copy_backward(shifted.begin(), shifted.end() - kNow, shifted.end());
    const std::array<double, kNow> now = {rsi_10.update(bar.close),         mfi_10.update(bar), adx_10.update(bar),
                                          rsi_20.update(bar.close),         mfi_20.update(bar), adx_20.update(bar),
                                          bar.close / previous_close - 1.0, bar.volume,         bar.close};
    previous_close = bar.close;
    std::transform(now.begin(), now.end(), shifted.begin(), [](double value) { return static_cast<float>(value); });
    std::copy(shifted.begin(), shifted.end(), row);
    const CalendarTime opened = calendar_time(bar.open_time);
    row[kSymbolColumns] = static_cast<float>(opened.weekday);
    row[kSymbolColumns + 1] = static_cast<float>(opened.hour);
  }

  static std::array<float, kSymbolColumns> nothing() {
    std::array<float, kSymbolColumns> row;
    row.fill(static_cast<float>(kMissing));
    return row;
  }
};

}  // namespace

FeatureSet freqai_feature_set() {
  const std::array<FeatureSpec, kNow> now = {{{"rsi_10", 11, "close", "relative strength index"},
                                              {"mfi_10", 11, "high low close volume", "money flow index"},
                                              {"adx_10", 20, "high low close", "average directional index"},
                                              {"rsi_20", 21, "close", "relative strength index"},
                                              {"mfi_20", 21, "high low close volume", "money flow index"},
                                              {"adx_20", 40, "high low close", "average directional index"},
                                              {"change", 2, "close", "close / previous close - 1"},
                                              {"volume", 1, "volume", "volume"},
                                              {"close", 1, "close", "close"}}};
  std::vector<FeatureSpec> specs;
  for (std::size_t shift = 0; shift < kShifts; ++shift)
    for (FeatureSpec spec : now) {
      if (shift > 0) spec.name += "_lag_" + std::to_string(shift);
      spec.warm_up_bars += static_cast<int>(shift);
      specs.push_back(std::move(spec));
    }
  specs.push_back({"weekday", 1, "open_time", "0 = Monday"});
  specs.push_back({"hour", 1, "open_time", "0 to 23, UTC"});
  FeatureSet set("freqai_test");
  set.add(symbol_features(std::move(specs), TestStrategy{}));
  return set;
}

FeatureFrame join_pair(const FeatureFrame& both, std::size_t own, std::size_t other) {
  expects(both.columns() == kSymbolColumns + kCalendar, "a frame of the test strategy's features");
  FeatureFrame pair;
  pair.set_name = both.set_name + "_pair";
  pair.set_hash = sha256_hex(both.set_hash + " of a pair");
  pair.venue = both.venue;
  pair.interval = both.interval;
  for (const char* prefix : {"own_", "other_"})
    for (std::size_t column = 0; column < kSymbolColumns; ++column) pair.names.push_back(prefix + both.names[column]);
  pair.names.insert(pair.names.end(), both.names.begin() + kSymbolColumns, both.names.end());
  pair.symbols = {both.symbols[own]};

  const std::size_t other_end = both.symbol_begin[other + 1];
  std::size_t beside = both.symbol_begin[other];
  std::vector<float> rows;
  for (std::size_t row = both.symbol_begin[own]; row < both.symbol_begin[own + 1]; ++row) {
    const std::int64_t open_time_ms = both.open_time_ms[row];
    while (beside < other_end && both.open_time_ms[beside] < open_time_ms) ++beside;
    const auto values = both.row(row);
    pair.open_time_ms.push_back(open_time_ms);
    rows.insert(rows.end(), values.begin(), values.begin() + kSymbolColumns);
    if (beside < other_end && both.open_time_ms[beside] == open_time_ms) {
      const auto joined = both.row(beside);
      rows.insert(rows.end(), joined.begin(), joined.begin() + kSymbolColumns);
    } else {
      rows.insert(rows.end(), kSymbolColumns, static_cast<float>(kMissing));
    }
    rows.insert(rows.end(), values.begin() + kSymbolColumns, values.end());
  }
  pair.symbol_begin = {0, pair.rows()};
  pair.values = std::move(rows);
  return pair;
}

}  // namespace clm
