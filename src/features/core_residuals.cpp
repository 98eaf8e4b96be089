#include <array>

#include "features/core_features.hpp"
#include "features/indicators.hpp"
#include "features/quick_log.hpp"
#include "features/seasonal_sum.hpp"
#include "features/window_sums.hpp"

namespace clm {

namespace {

constexpr int kDay = 24, kWeek = 168, kMonth = 720, kTwoMonths = 1440;
constexpr std::array<int, 2> kShortResidualSpans{6, 24};
constexpr std::array<int, 3> kRankMeanSpans{168, 720, 1440};
constexpr double kLeastVariance = 1e-14;

double root(int n) { return std::sqrt(static_cast<double>(n)); }
double root_of(double x) { return x >= kLeastVariance ? std::sqrt(x) : kMissing; }

// Least squares of a symbol's return on the market's.
class MarketRegression {
 public:
  void push(double market, double own) { sums_.push({market, own, market * market, market * own, own * own}); }
  bool known(int length) const { return sums_.known(length); }
  double market_sum(int length) const { return sums_.sum(kMarket, length); }
  double market_variance(int length) const { return covariance(kMarket, kMarket, kMarketSquare, length); }
  double slope(int length) const {
    const double variance = market_variance(length);
    return variance >= kLeastVariance ? covariance(kMarket, kOwn, kProduct, length) / variance : kMissing;
  }
  double correlation(int length) const {
    const double scale = market_variance(length) * covariance(kOwn, kOwn, kOwnSquare, length);
    return ratio(covariance(kMarket, kOwn, kProduct, length), root_of(scale));
  }

 private:
  enum { kMarket, kOwn, kMarketSquare, kProduct, kOwnSquare };
  double covariance(std::size_t x, std::size_t y, std::size_t product, int length) const {
    return sums_.mean(product, length) - sums_.mean(x, length) * sums_.mean(y, length);
  }
  WindowSums<5> sums_{kMonth};
};

struct Residuals {
  MarketRegression regression;
  enum { kResidual, kSquare, kRank };
  WindowSums<3> far{kTwoMonths};
  enum { kAbsolute, kCube, kFourth, kUpSquare, kWithPrevious, kSign, kDispersion };
  WindowSums<7> shape{kMonth};
  enum { kTraded, kTimesTraded };
  enum { kX, kLog, kLogSquare, kProduct, kXSquare };
  WindowSums<2> traded{kDay};
  WindowSums<5> logs{kWeek};
  Ema smooth_hours{kShortResidualSpans[0]}, smooth_day{kShortResidualSpans[1]};
  PatientMax day_max{kDay}, week_max{kWeek}, month_max{kMonth};
  PatientMin day_min{kDay}, week_min{kWeek}, month_min{kMonth};
  SeasonalSum half_days{{12, std::chrono::hours(24), 20}}, hours{{5, std::chrono::hours(24), 40}},
      yesterday{{5, std::chrono::hours(24), 1}}, weekly{{24, std::chrono::hours(168), 4}};
  double beta = 1.0;  // of what is known so far
  double previous = 0.0, residual = kMissing;

  void operator()(const UniverseBar& bar, float* row) {
    residual = kMissing;
    if (bar.has_returns()) push(bar);
    RowWriter out(row);
    const double week = deviation(kWeek), month = deviation(kMonth);
    write_returns(week, month, out);
    write_beta(out);
    for (const int span : {kDay, kWeek, kMonth, kTwoMonths}) out << far.mean(kSquare, span);
    write_volume(week, out);
    write_shape(week, month, out);
    out << half_days.value() / (week * root(12)) << hours.value() / (week * root(5))
        << yesterday.value() / (week * root(5)) << weekly.value() / (week * root(24));
    write_market(out);
  }

  // The slope is that of before this bar: the residual must not have helped to fit it.
  void push(const UniverseBar& bar) {
    const double e = residual = bar.own_return - beta * bar.market_return;
    regression.push(bar.market_return, bar.own_return);
    beta = 0.5 * (known_slope(kWeek) + known_slope(kMonth));
    const double square = e * e;
    far.push({e, square, bar.return_rank});
    const double day = far.sum(kResidual, kDay);
    shape.push({std::abs(e), square * e, square * square, e > 0.0 ? square : 0.0, e * previous,
                day > 0.0   ? 1.0
                : day < 0.0 ? -1.0
                            : 0.0,
                bar.dispersion});
    previous = e;
    if (bar.quote_volume == bar.quote_volume) traded.push({bar.quote_volume, e * bar.quote_volume});
    if (bar.quote_volume > 0.0) {
      const double log_volume = quick_log(bar.quote_volume);
      logs.push({e, log_volume, log_volume * log_volume, e * log_volume, square});
    }
    smooth_hours.update(e);
    smooth_day.update(e);
    day_max.update(e), week_max.update(e), month_max.update(e);
    day_min.update(e), week_min.update(e), month_min.update(e);
    const Duration length = bar.close_time - bar.open_time;
    half_days.update(bar.open_time, length, e);
    hours.update(bar.open_time, length, e);
    yesterday.update(bar.open_time, length, e);
    weekly.update(bar.open_time, length, e);
  }

  // A slope that is not known yet is that of the average symbol.
  double known_slope(int length) const {
    const double slope = regression.slope(length);
    return slope == slope ? slope : 1.0;
  }
  double deviation(int length) const {
    const double mean = far.mean(kResidual, length);
    return root_of(far.mean(kSquare, length) - mean * mean);
  }
  double sum(int length) const { return far.known(length) ? far.sum(kResidual, length) : kMissing; }

  void write_returns(double week, double month, RowWriter& out) const {
    out << residual / week;
    for (const int span : kShortResidualSpans) out << sum(span) / (week * root(span));
    out << sum(kMonth) / (month * root(far.held(kMonth))) << sum(kTwoMonths) / (month * root(far.held(kTwoMonths)));
    out << (sum(kWeek + kDay) - sum(kDay)) / (week * root(kWeek))
        << (sum(kMonth + kWeek) - sum(kWeek)) / (month * root(kMonth));
    out << smooth_hours.value() * root(6) / week << smooth_day.value() * root(24) / week;
    for (const int span : kRankMeanSpans) out << far.mean(kRank, span) * root(far.held(span));
    out << shape.mean(kSign, kMonth);
  }
  void write_beta(RowWriter& out) const {
    const double week = regression.slope(kWeek), month = regression.slope(kMonth);
    out << month << week - month << regression.correlation(kWeek) << regression.correlation(kMonth);
  }
  void write_volume(double week, RowWriter& out) const {
    out << ratio(traded.mean(kTimesTraded, kDay), traded.mean(kTraded, kDay)) * root(kDay) / week;
    const double x = logs.mean(kX, kWeek), log = logs.mean(kLog, kWeek);
    const double scale = (logs.mean(kXSquare, kWeek) - x * x) * (logs.mean(kLogSquare, kWeek) - log * log);
    out << (logs.mean(kProduct, kWeek) - x * log) / root_of(scale);
  }
  void write_shape(double week, double month, RowWriter& out) const {
    const double week_square = far.mean(kSquare, kWeek), month_square = far.mean(kSquare, kMonth);
    const double up = shape.mean(kUpSquare, kMonth);
    out << skewness(72) << skewness(kMonth) << quick_log(ratio(shape.mean(kFourth, kWeek), week_square * week_square))
        << quick_log(ratio(up, month_square - up)) << ratio(root_of(month_square), shape.mean(kAbsolute, kMonth));
    out << day_max.value() << week_max.value() << month_max.value() << week_min.value() / week << day_min.value()
        << month_min.value() << shape.mean(kWithPrevious, kMonth) / (month * month);
  }
  double skewness(int length) const {
    const double square = far.mean(kSquare, length);
    return shape.mean(kCube, length) / (square * root_of(square));
  }
  void write_market(RowWriter& out) const {
    const double week = root_of(regression.market_variance(kWeek));
    const double day_move = market_move(kDay, week), week_move = market_move(kWeek, week);
    out << day_move << week_move << quick_log(week / root_of(regression.market_variance(kMonth)))
        << quick_log(ratio(shape.mean(kDispersion, kDay), shape.mean(kDispersion, kMonth))) << (beta - 1.0) * day_move
        << (beta - 1.0) * week_move;
  }
  double market_move(int length, double week) const {
    return regression.known(length) ? regression.market_sum(length) / (week * root(length)) : kMissing;
  }
};

}  // namespace

void add_residual_features(FeatureSet& set) {
  const std::string market = "log_return of the universe", both = "log_return own and of the universe";
  const std::string volume = "log_return own and of the universe, volume";
  const auto bars = [](int length) { return enough_of(length) + 1; };
  const int day = bars(kDay), week = bars(kWeek), month = bars(kMonth), far = bars(kTwoMonths);
  const std::string residual =
      "log return less beta times the market's (beta: mean of the slopes over 168 and 720 earlier bars)";
  const std::string in_week = ", in deviations of 168 residuals", in_month = ", in deviations of 720 residuals";
  const Duration one_day = std::chrono::hours(24), one_week = std::chrono::hours(168);
  std::vector<FeatureSpec> specs{
      {"residual_return_1", week, both, residual + in_week},
      {"residual_return_6", week, both, "sum of residual returns over 6 bars" + in_week},
      {"residual_return_24", week, both, "the same over 24 bars" + in_week},
      {"residual_return_720", month, both, "the same over 720 bars" + in_month},
      {"residual_return_1440", month, both, "the same over 1440 bars" + in_month},
      {"residual_momentum_168_24", bars(kWeek + kDay), both,
       "residual returns of the 168 bars before the last 24" + in_week},
      {"residual_momentum_720_168", bars(kMonth + kWeek), both,
       "residual returns of the 720 bars before the last 168" + in_month},
      {"residual_ema_6", week, both, "exponential average of residual returns of span 6" + in_week},
      {"residual_ema_24", week, both, "the same of span 24" + in_week},
      {"rank_mean_168", week, both, "mean rank of the log return in the universe over 168 bars, times their root"},
      {"rank_mean_720", month, both, "the same over 720 bars"},
      {"rank_mean_1440", far, both, "the same over 1440 bars"},
      {"residual_sign_24_720", month, both, "mean sign of the 24-bar residual return over 720 bars"},
      {"beta_720", month, both, "slope of the own on the market's return over 720 bars"},
      {"beta_change_168_720", month, both, "slope over 168 bars less that over 720"},
      {"correlation_168", week, both, "correlation of the own with the market's return over 168 bars"},
      {"correlation_720", month, both, "the same over 720 bars"}};
  for (const int span : {kDay, kWeek, kMonth, kTwoMonths})
    specs.push_back(ranked({"rank_residual_volatility_" + std::to_string(span), bars(span), both,
                            "mean square of " + std::to_string(span) + " residual returns"}));
  specs.insert(
      specs.end(),
      {{"volume_weighted_residual_24", week, volume,
        "mean of 24 residual returns by quote volume, times root 24" + in_week},
       {"residual_volume_correlation_168", week, volume, "correlation of residual return and ln quote volume"},
       {"residual_skewness_72", bars(72), both, "mean cube of 72 residual returns / their mean square^1.5"},
       ranked({"rank_residual_skewness_720", month, both, "the same of 720 residual returns"}),
       {"residual_kurtosis_168", week, both, "ln (mean fourth power / squared mean square of 168 residual returns)"},
       {"up_down_volatility_720", month, both, "ln (mean square of positive / of negative residual returns of 720)"},
       ranked({"rank_residual_tail_720", month, both, "root mean square / mean size of 720 residual returns"}),
       ranked({"rank_residual_max_24", day, both, "largest of 24 residual returns"}),
       ranked({"rank_residual_max_168", week, both, "largest of 168 residual returns"}),
       ranked({"rank_residual_max_720", month, both, "largest of 720 residual returns"}),
       {"residual_min_168", week, both, "smallest of 168 residual returns" + in_week},
       ranked({"rank_residual_min_24", day, both, "smallest of 24 residual returns"}),
       ranked({"rank_residual_min_720", month, both, "smallest of 720 residual returns"}),
       {"residual_autocorrelation_720", month, both, "mean product of successive residual returns / their variance"},
       {"season_12_day_20", week, both,
        "residual returns of the 12 bars after the next, at their time of day, over the"
        " last 20 days: sum over root of the days" +
            in_week,
        one_day * 2},
       {"season_5_day_40", week, both, "the same of 5 bars over 40 days", one_day * 2},
       {"season_5_day_1", week, both, "the same of 5 bars a day ago", one_day * 2},
       {"season_24_week_4", week, both, "the same of 24 bars over 4 weeks", one_week * 2},
       {"market_return_24", week, market, "sum of 24 market returns in deviations of 168, over root 24"},
       {"market_return_168", week, market, "the same over 168 bars"},
       {"market_volatility_ratio_168_720", month, market, "ln (deviation of 168 market returns / of 720)"},
       {"market_dispersion_ratio_24_720", month, market,
        "ln (mean deviation of the universe's returns from their mean over 24 bars / over 720)"},
       {"market_beta_return_24", week, both, "market_return_24 times (beta - 1)"},
       {"market_beta_return_168", week, both, "market_return_168 times (beta - 1)"}});
  set.add(market_features(std::move(specs), Residuals{}));
}

}  // namespace clm
