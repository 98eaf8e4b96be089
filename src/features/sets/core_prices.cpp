#include <array>

#include "features/indicators/indicators.hpp"
#include "features/indicators/quick_log.hpp"
#include "features/indicators/window_sums.hpp"
#include "features/sets/block_kernel.hpp"
#include "features/sets/core_features.hpp"

namespace clm {

namespace {

constexpr std::array<int, 4> kReturnSpans{1, 6, 24, 168};
constexpr std::array<int, 3> kRankedReturnSpans{1, 3, 24};
constexpr std::array<int, 2> kScaledReturnSpans{336, 720};
constexpr std::array<int, 5> kRelativeReturnSpans{6, 12, 48, 168, 720};
constexpr std::array<int, 4> kAverageSpans{12, 50, 200, 500};
constexpr std::array<int, 4> kChannelSpans{24, 168, 720, 1440};
constexpr std::array<int, 2> kRangeSpans{6, 24};

// A deviation of less than this, a thousandth of a basis point, is no movement but the rounding of sums.
constexpr double kLeastDeviation = 1e-7;

// Everything that is worked out from prices alone, in units of the week's volatility where it is a distance. Works on
// runs of bars that all have a return; a bar without is a run of its own.
class Prices {
 public:
  void operator()(std::span<const Bar> bars, float* rows, std::size_t stride) {
    for_each_run(
        bars, rows, stride, [this](auto rest) { return run_length(rest); },
        [this](auto run, float* out, std::size_t step) { advance(run, out, step); });
  }

 private:
  enum Column { kReturns = 0, kVolatilities = 14, kAverages = 19, kChannels = 24, kRanges = 31, kColumns = 35 };
  struct Run {
    std::size_t count;
    Lane log_close, log_return, high, low, close;
    Lane week, per_week;
    BlockColumns<kColumns> out;
  };

  std::size_t run_length(std::span<const Bar> bars) {
    if (!bars[0].has_return()) return 1;
    const std::size_t most = std::min(bars.size(), sums_.room());
    std::size_t count = 1;
    while (count < most && bars[count].has_return()) ++count;
    return count;
  }

  void advance(std::span<const Bar> bars, float* rows, std::size_t stride) {
    Run run;
    run.count = bars.size();
    for (std::size_t i = 0; i < run.count; ++i) {
      run.log_close[i] = bars[i].log_close;
      run.log_return[i] = bars[i].log_return;
      run.high[i] = bars[i].high;
      run.low[i] = bars[i].low;
      run.close[i] = bars[i].close;
    }
    log_close_.push(run.count, run.log_close.data());
    if (bars[0].has_return()) push(run);
    write_volatilities(run);
    write_returns(run);
    write_averages(run);
    write_channels(run);
    write_ranges(run);
    run.out.write(run.count, rows, stride);
  }

  void push(const Run& run) {
    Lane square, unmoved, range;
    for (std::size_t i = 0; i < run.count; ++i) {
      square[i] = run.log_return[i] * run.log_return[i];
      unmoved[i] = run.log_return[i] == 0.0 ? 1.0 : 0.0;
      range[i] = quick_log(run.high[i] / run.low[i]);
    }
    sums_.room();
    sums_.push(run.count, {run.log_return.data(), square.data(), unmoved.data(), range.data()});
  }

  void deviations(int length, std::size_t count, Lane& results) const {
    Lane mean, mean_square;
    sums_.means(kReturn, length, count, mean.data());
    sums_.means(kSquare, length, count, mean_square.data());
    for (std::size_t i = 0; i < count; ++i) {
      const double found = std::sqrt(std::max(0.0, mean_square[i] - mean[i] * mean[i]));
      results[i] = found >= kLeastDeviation ? found : kMissing;
    }
  }

  void write_volatilities(Run& run) const {
    Lane day, month;
    deviations(24, run.count, day);
    deviations(168, run.count, run.week);
    deviations(720, run.count, month);
    auto* const out = run.out.from(kVolatilities);
    Lane day_to_week, week_to_month;
    for (std::size_t i = 0; i < run.count; ++i) {
      run.per_week[i] = 1.0 / run.week[i];
      out[0][i] = as_float(day[i]);
      out[1][i] = as_float(run.week[i]);
      day_to_week[i] = day[i] * run.per_week[i];
      week_to_month[i] = run.week[i] / month[i];
    }
    quick_logs(run.count, day_to_week.data(), out[2].data());
    quick_logs(run.count, week_to_month.data(), out[3].data());
    out[4] = out[3];
  }

  void write_returns(Run& run) const {
    const double* const now = log_close_.newest(run.count);
    auto* out = run.out.from(kReturns);
    const auto plain = [&](int span) {
      for (std::size_t i = 0; i < run.count; ++i)
        (*out)[i] = as_float(span == 1 ? run.log_return[i] : now[i] - (now - span)[i]);
      ++out;
    };
    const auto scaled = [&](int span) {
      for (std::size_t i = 0; i < run.count; ++i)
        (*out)[i] = as_float((now[i] - (now - span)[i]) * run.per_week[i] / root(span));
      ++out;
    };
    for (const int span : kReturnSpans) plain(span);
    for (const int span : kRankedReturnSpans) plain(span);
    for (const int span : kScaledReturnSpans) scaled(span);
    for (const int span : kRelativeReturnSpans) scaled(span);
  }

  void write_averages(Run& run) {
    auto* const out = run.out.from(kAverages);
    for (std::size_t k = 0; k < averages_.size(); ++k) {
      Lane average;
      averages_[k].update(run.count, run.log_close.data(), average.data());
      for (std::size_t i = 0; i < run.count; ++i)
        out[k][i] = as_float((run.log_close[i] - average[i]) * run.per_week[i] / root(kAverageSpans[k]));
    }
    out[averages_.size()] = out[averages_.size() - 1];
  }

  void write_channels(Run& run) {
    auto* const out = run.out.from(kChannels);
    std::array<Lane, kChannelSpans.size()> high, low;
    for (std::size_t k = 0; k < highs_.size(); ++k) {
      highs_[k].update(run.count, run.high.data(), high[k].data());
      lows_[k].update(run.count, run.low.data(), low[k].data());
      for (std::size_t i = 0; i < run.count; ++i)
        out[k][i] = as_float(ratio(run.close[i] - low[k][i], high[k][i] - low[k][i]));
    }
    for (std::size_t i = 0; i < run.count; ++i) {
      const double per_week = run.per_week[i], close = run.close[i];
      out[4][i] = as_float(quick_log(close / high[2][i]) * per_week / root(720));
      out[5][i] = as_float(quick_log(close / low[2][i]) * per_week / root(720));
      out[6][i] = as_float(quick_log(close / high[1][i]) * per_week / root(168));
    }
  }

  void write_ranges(Run& run) const {
    Lane hours, day, week, unmoved;
    sums_.means(kRange, kRangeSpans[0], run.count, hours.data());
    sums_.means(kRange, kRangeSpans[1], run.count, day.data());
    sums_.means(kRange, 168, run.count, week.data());
    sums_.means(kUnmoved, 720, run.count, unmoved.data());
    auto* const out = run.out.from(kRanges);
    for (std::size_t i = 0; i < run.count; ++i) {
      hours[i] = ratio(hours[i], week[i]);
      day[i] = ratio(day[i], week[i]);
      week[i] *= run.per_week[i];
      out[3][i] = as_float(unmoved[i]);
    }
    quick_logs(run.count, hours.data(), out[0].data());
    quick_logs(run.count, day.data(), out[1].data());
    quick_logs(run.count, week.data(), out[2].data());
  }

  enum { kReturn, kSquare, kUnmoved, kRange };
  WindowSums<4> sums_{720};
  RunHistory log_close_{720};
  std::array<Ema, 4> averages_{Ema(kAverageSpans[0]), Ema(kAverageSpans[1]), Ema(kAverageSpans[2]),
                               Ema(kAverageSpans[3])};
  std::array<PatientMax, 4> highs_{PatientMax(kChannelSpans[0]), PatientMax(kChannelSpans[1]),
                                   PatientMax(kChannelSpans[2]), PatientMax(kChannelSpans[3])};
  std::array<PatientMin, 4> lows_{PatientMin(kChannelSpans[0]), PatientMin(kChannelSpans[1]),
                                  PatientMin(kChannelSpans[2]), PatientMin(kChannelSpans[3])};
};

// A bar without range has no shape, and does not lean either way.
class CandleShape {
 public:
  void operator()(std::span<const Bar> bars, float* rows, std::size_t stride) {
    for_each_run(
        bars, rows, stride, [this](auto rest) { return std::min(rest.size(), wick_balance_.room()); },
        [this](auto run, float* out, std::size_t step) { advance(run, out, step); });
  }

 private:
  void advance(std::span<const Bar> bars, float* rows, std::size_t stride) {
    BlockColumns<5> columns;
    auto* const out = columns.from(0);
    Lane balance, mean;
    for (std::size_t i = 0; i < bars.size(); ++i) {
      const Bar& bar = bars[i];
      const double range = bar.high - bar.low;
      const double upper = ratio(bar.high - std::max(bar.open, bar.close), range);
      const double lower = ratio(std::min(bar.open, bar.close) - bar.low, range);
      balance[i] = range > 0.0 ? upper - lower : 0.0;
      out[0][i] = as_float(ratio(bar.close - bar.open, range));
      out[1][i] = as_float(upper);
      out[2][i] = as_float(lower);
      out[3][i] = as_float(ratio(bar.close - bar.low - (bar.high - bar.close), range));
    }
    wick_balance_.push(bars.size(), {balance.data()});
    wick_balance_.means(0, 24, bars.size(), mean.data());
    for (std::size_t i = 0; i < bars.size(); ++i) out[4][i] = as_float(mean[i]);
    columns.write(bars.size(), rows, stride);
  }

  WindowSums<1> wick_balance_{24};
};

}  // namespace

void add_price_features(FeatureSet& set) {
  const int day = enough_of(24) + 1, week = enough_of(168) + 1, month = enough_of(720) + 1;
  const std::string bar = "high low close";
  std::vector<FeatureSpec> specs;
  const auto log_return = [](int span) { return "ln (close / close " + std::to_string(span) + " bars ago)"; };
  const auto scaled = [](int span) { return " in volatility_168 times the root of " + std::to_string(span); };
  for (const int span : kReturnSpans)
    specs.push_back({"log_return_" + std::to_string(span), span + 1, "close", log_return(span)});
  for (const int span : kRankedReturnSpans)
    specs.push_back(ranked({"rank_return_" + std::to_string(span), span + 1, "close", log_return(span)}));
  for (const int span : kScaledReturnSpans)
    specs.push_back({"scaled_return_" + std::to_string(span), span + 1, "close", log_return(span) + scaled(span)});
  for (const int span : kRelativeReturnSpans)
    specs.push_back(relative({"relative_return_" + std::to_string(span), std::max(week, span + 1), "close",
                              log_return(span) + scaled(span)}));
  const std::string week_to_month = "ln (volatility_168 / that of 720 bars)";
  specs.push_back({"volatility_24", day, "close", "standard deviation of the last 24 log returns"});
  specs.push_back({"volatility_168", week, "close", "standard deviation of the last 168 log returns"});
  specs.push_back({"volatility_ratio_24_168", week, "close", "ln (volatility_24 / volatility_168)"});
  specs.push_back({"volatility_ratio_168_720", month, "close", week_to_month});
  specs.push_back(relative({"relative_volatility_ratio_168_720", month, "close", week_to_month}));
  const auto distance = [&](int span) {
    return "ln close less its exponential average of span " + std::to_string(span) + "," + scaled(span);
  };
  for (const int span : kAverageSpans)
    specs.push_back(
        relative({"relative_ema_distance_" + std::to_string(span), std::max(week, span), "close", distance(span)}));
  specs.push_back({"ema_distance_500", 500, "close", distance(500)});
  for (const int span : kChannelSpans)
    specs.push_back(relative({"relative_channel_position_" + std::to_string(span), enough_of(span), bar,
                              "place in the range of " + std::to_string(span) + " bars: 0 low, 1 high"}));
  specs.push_back(ranked(
      {"rank_distance_to_high_720", enough_of(720), bar, "ln (close / highest high of 720 bars)" + scaled(720)}));
  specs.push_back({"distance_to_low_720", enough_of(720), bar, "ln (close / lowest low of 720 bars)" + scaled(720)});
  specs.push_back({"distance_to_high_168", week, bar, "ln (close / highest high of 168 bars)" + scaled(168)});
  const std::string mean_range = "mean of ln (high / low) of ";
  for (const int span : kRangeSpans) {
    const std::string n = std::to_string(span);
    specs.push_back(relative(
        {"relative_range_ratio_" + n + "_168", week, "high low", "ln (" + mean_range + n + " bars / that of 168)"}));
  }
  specs.push_back(
      relative({"relative_range_per_volatility_168", week, bar, "ln (" + mean_range + "168 bars / volatility_168)"}));
  specs.push_back(ranked({"rank_unmoved_720", month, "close", "share of the last 720 log returns that are 0"}));
  set.add(symbol_block_features(std::move(specs), Prices{}));
}

void add_candle_features(FeatureSet& set) {
  const std::string bar = "open high low close";
  set.add(symbol_block_features(
      {{"body_share", 1, bar, "(close - open) / (high - low)"},
       {"upper_wick_share", 1, bar, "wick above the body / (high - low)"},
       {"lower_wick_share", 1, bar, "wick below the body / (high - low)"},
       relative({"relative_close_location", 1, bar, "place of the close in its bar: -1 low, 1 high"}),
       relative({"relative_wick_balance_24", enough_of(24), bar, "mean of upper less lower wick share of 24 bars"})},
      CandleShape{}));
}

}  // namespace clm
