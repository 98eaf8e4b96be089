#include <array>

#include "features/core_features.hpp"
#include "features/indicators.hpp"
#include "features/quick_log.hpp"
#include "features/window_sums.hpp"

namespace clm {

namespace {

constexpr std::array<int, 4> kReturnSpans{1, 6, 24, 168};
constexpr std::array<int, 3> kRankedReturnSpans{1, 3, 24};
constexpr std::array<int, 2> kScaledReturnSpans{336, 720};
constexpr std::array<int, 5> kRelativeReturnSpans{6, 12, 48, 168, 720};
constexpr std::array<int, 4> kAverageSpans{12, 50, 200, 500};
constexpr std::array<int, 4> kChannelSpans{24, 168, 720, 1440};
constexpr std::array<int, 2> kRangeSpans{6, 24};

double root(int n) { return std::sqrt(static_cast<double>(n)); }

// A deviation of less than this, a thousandth of a basis point, is no movement but the rounding of sums.
constexpr double kLeastDeviation = 1e-7;

// Everything that is worked out from prices alone, in units of the week's volatility where it is a distance.
struct Prices {
  enum { kReturn, kSquare, kUnmoved, kRange };
  WindowSums<4> sums{720};
  History log_close{720};
  std::array<Ema, 4> averages{Ema(kAverageSpans[0]), Ema(kAverageSpans[1]), Ema(kAverageSpans[2]),
                              Ema(kAverageSpans[3])};
  std::array<PatientMax, 4> highs{PatientMax(kChannelSpans[0]), PatientMax(kChannelSpans[1]),
                                  PatientMax(kChannelSpans[2]), PatientMax(kChannelSpans[3])};
  std::array<PatientMin, 4> lows{PatientMin(kChannelSpans[0]), PatientMin(kChannelSpans[1]),
                                 PatientMin(kChannelSpans[2]), PatientMin(kChannelSpans[3])};

  double deviation(int length) const {
    const double mean = sums.mean(kReturn, length);
    const double found = std::sqrt(std::max(0.0, sums.mean(kSquare, length) - mean * mean));
    return found >= kLeastDeviation ? found : kMissing;
  }
  double move(int bars) const { return log_close[0] - log_close[bars]; }

  void operator()(const Bar& bar, float* row) {
    log_close.push(bar.log_close);
    if (bar.has_return())
      sums.push({bar.log_return, bar.log_return * bar.log_return, bar.log_return == 0.0 ? 1.0 : 0.0,
                 quick_log(bar.high / bar.low)});
    RowWriter out(row);
    for (const int span : kReturnSpans) out << (span == 1 ? bar.log_return : move(span));
    for (const int span : kRankedReturnSpans) out << (span == 1 ? bar.log_return : move(span));
    const double day = deviation(24), week = deviation(168), month = deviation(720);
    const double per_week = 1.0 / week;
    for (const int span : kScaledReturnSpans) out << move(span) * per_week / root(span);
    for (const int span : kRelativeReturnSpans) out << move(span) * per_week / root(span);
    const double week_to_month = quick_log(week / month);
    out << day << week << quick_log(day * per_week) << week_to_month << week_to_month;
    write_averages(bar, per_week, out);
    write_channels(bar, per_week, out);
    const double mean_range = sums.mean(kRange, 168);
    for (const int span : kRangeSpans) out << quick_log(ratio(sums.mean(kRange, span), mean_range));
    out << quick_log(mean_range * per_week) << sums.mean(kUnmoved, 720);
  }

  void write_averages(const Bar& bar, double per_week, RowWriter& out) {
    double distance = kMissing;
    for (std::size_t i = 0; i < averages.size(); ++i) {
      distance = (bar.log_close - averages[i].update(bar.log_close)) * per_week / root(kAverageSpans[i]);
      out << distance;
    }
    out << distance;
  }

  void write_channels(const Bar& bar, double per_week, RowWriter& out) {
    for (std::size_t i = 0; i < highs.size(); ++i) {
      const double high = highs[i].update(bar.high), low = lows[i].update(bar.low);
      out << ratio(bar.close - low, high - low);
    }
    const double from_high = quick_log(bar.close / highs[2].value()) * per_week / root(720);
    const double from_low = quick_log(bar.close / lows[2].value()) * per_week / root(720);
    out << from_high << from_low << quick_log(bar.close / highs[1].value()) * per_week / root(168);
  }
};

// A bar without range has no shape, and does not lean either way.
struct CandleShape {
  WindowSums<1> wick_balance{24};

  void operator()(const Bar& bar, float* row) {
    const double range = bar.high - bar.low;
    const double upper = ratio(bar.high - std::max(bar.open, bar.close), range);
    const double lower = ratio(std::min(bar.open, bar.close) - bar.low, range);
    wick_balance.push({range > 0.0 ? upper - lower : 0.0});
    RowWriter(row) << ratio(bar.close - bar.open, range) << upper << lower
                   << ratio(bar.close - bar.low - (bar.high - bar.close), range) << wick_balance.mean(0, 24);
  }
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
  set.add(symbol_features(std::move(specs), Prices{}));
}

void add_candle_features(FeatureSet& set) {
  const std::string bar = "open high low close";
  set.add(symbol_features(
      {{"body_share", 1, bar, "(close - open) / (high - low)"},
       {"upper_wick_share", 1, bar, "wick above the body / (high - low)"},
       {"lower_wick_share", 1, bar, "wick below the body / (high - low)"},
       relative({"relative_close_location", 1, bar, "place of the close in its bar: -1 low, 1 high"}),
       relative({"relative_wick_balance_24", enough_of(24), bar, "mean of upper less lower wick share of 24 bars"})},
      CandleShape{}));
}

}  // namespace clm
