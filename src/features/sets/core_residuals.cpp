#include <array>

#include "features/indicators/indicators.hpp"
#include "features/indicators/quick_log.hpp"
#include "features/indicators/seasonal_sum.hpp"
#include "features/indicators/window_sums.hpp"
#include "features/sets/block_kernel.hpp"
#include "features/sets/core_features.hpp"

namespace clm {

namespace {

constexpr int kDayBars = 24, kWeek = 168, kMonth = 720, kTwoMonths = 1440;
constexpr double kLeastVariance = 1e-14;

double root_of(double x) { return x >= kLeastVariance ? std::sqrt(x) : kMissing; }

// Least squares of a symbol's return on the market's.
class MarketRegression {
 public:
  std::size_t room() { return sums_.room(); }
  void push(std::size_t count, const Lane& market, const Lane& own) {
    Lane market_square, product, own_square;
    for (std::size_t i = 0; i < count; ++i) {
      market_square[i] = market[i] * market[i];
      product[i] = market[i] * own[i];
      own_square[i] = own[i] * own[i];
    }
    sums_.push(count, {market.data(), own.data(), market_square.data(), product.data(), own_square.data()});
  }
  void market_sums(int length, std::size_t count, Lane& results) const {
    sums_.known_sums(kMarket, length, count, results.data());
  }
  struct Fit {
    Lane market_variance, slope, correlation;
  };
  void fit(int length, std::size_t count, Fit& fit) const {
    std::array<Lane, 5> means;
    for (std::size_t q = 0; q < means.size(); ++q) sums_.means(q, length, count, means[q].data());
    const auto covariance = [&](std::size_t x, std::size_t y, std::size_t product, std::size_t i) {
      return means[product][i] - means[x][i] * means[y][i];
    };
    for (std::size_t i = 0; i < count; ++i) {
      const double variance = covariance(kMarket, kMarket, kMarketSquare, i);
      const double both = covariance(kMarket, kOwn, kProduct, i);
      const double slope = both / variance;
      fit.market_variance[i] = variance;
      fit.slope[i] = variance >= kLeastVariance ? slope : kMissing;
      fit.correlation[i] = ratio(both, root_of(variance * covariance(kOwn, kOwn, kOwnSquare, i)));
    }
  }

 private:
  enum { kMarket, kOwn, kMarketSquare, kProduct, kOwnSquare };
  WindowSums<5> sums_{kMonth};
};

// Works on runs of bars that all have returns and volume, so that every sum takes a number of each; a bar without is a
// run of its own. All but the running totals, averages and extremes is arithmetic on lanes.
class Residuals {
 public:
  void operator()(std::span<const UniverseBar> bars, float* rows, std::size_t stride) {
    for_each_run(
        bars, rows, stride, [this](auto rest) { return run_length(rest); },
        [this](auto run, float* out, std::size_t step) { advance(run, out, step); });
  }

 private:
  enum Column {
    kReturns = 0,
    kBetas = 13,
    kVolatilities = 17,
    kVolumes = 21,
    kShapes = 23,
    kSeasons = 35,
    kMarkets = 39,
    kColumns = 45
  };
  // What several columns need of a run.
  struct Run {
    std::size_t count;
    Lane residual, beta;
    MarketRegression::Fit week_fit, month_fit;
    Lane day_square, week_square, month_square, far_square;
    Lane week, month;  // deviations of residuals
    Lane smooth_hours, smooth_day;
    std::array<Lane, 6> extremes;  // day, week, month: largest; the same: smallest
    std::array<Lane, 4> seasons;
    BlockColumns<kColumns> out;
  };

  static bool is_whole(const UniverseBar& bar) { return bar.has_returns() && bar.quote_volume > 0.0; }

  std::size_t run_length(std::span<const UniverseBar> bars) {
    if (!is_whole(bars[0])) return 1;
    const std::size_t most =
        std::min({bars.size(), far_.room(), shape_.room(), regression_.room(), traded_.room(), logs_.room()});
    std::size_t count = 1;
    while (count < most && is_whole(bars[count])) ++count;
    return count;
  }

  void advance(std::span<const UniverseBar> bars, float* rows, std::size_t stride) {
    Run run;
    run.count = bars.size();
    if (bars[0].has_returns())
      push(bars, run);
    else
      repeat(run);
    find_deviations(run);
    write_returns(run);
    write_beta(run);
    write_volume(run);
    write_shape(run);
    write_seasons(run);
    write_market(run);
    run.out.write(run.count, rows, stride);
  }

  void push(std::span<const UniverseBar> bars, Run& run) {
    const std::size_t count = run.count;
    Lane market, own, rank, dispersion, volume;
    for (std::size_t i = 0; i < count; ++i) {
      market[i] = bars[i].market_return;
      own[i] = bars[i].own_return;
      rank[i] = bars[i].return_rank;
      dispersion[i] = bars[i].dispersion;
      volume[i] = bars[i].quote_volume;
    }
    regression_.room();
    regression_.push(count, market, own);
    // The slope is that of before this bar: the residual must not have helped to fit it.
    const double beta_before = beta_;
    fit(run);
    Lane& residual = run.residual;
    residual[0] = own[0] - beta_before * market[0];
    for (std::size_t i = 1; i < count; ++i) residual[i] = own[i] - run.beta[i - 1] * market[i];
    push_powers(run, rank, dispersion);
    push_volumes(run, volume);
    smooth_hours_.update(count, residual.data(), run.smooth_hours.data());
    smooth_day_.update(count, residual.data(), run.smooth_day.data());
    for (std::size_t k = 0; k < largest_.size(); ++k)
      largest_[k].update(count, residual.data(), run.extremes[k].data());
    for (std::size_t k = 0; k < smallest_.size(); ++k)
      smallest_[k].update(count, residual.data(), run.extremes[3 + k].data());
    const Duration length = bars[0].close_time - bars[0].open_time;
    const std::int64_t first_slot = bars[0].open_time.ms() / length.count();
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t slot = i == 0 ? first_slot : first_slot + (bars[i].open_time - bars[0].open_time) / length;
      for (std::size_t k = 0; k < seasons_.size(); ++k) {
        seasons_[k].update(slot, length, residual[i]);
        run.seasons[k][i] = seasons_[k].value();
      }
    }
  }

  // A bar without returns, which is alone in its run: what was known stays.
  void repeat(Run& run) {
    run.residual[0] = kMissing;
    fit(run);
    run.smooth_hours[0] = smooth_hours_.value();
    run.smooth_day[0] = smooth_day_.value();
    for (std::size_t k = 0; k < largest_.size(); ++k) run.extremes[k][0] = largest_[k].value();
    for (std::size_t k = 0; k < smallest_.size(); ++k) run.extremes[3 + k][0] = smallest_[k].value();
    for (std::size_t k = 0; k < seasons_.size(); ++k) run.seasons[k][0] = seasons_[k].value();
  }

  void fit(Run& run) {
    regression_.fit(kWeek, run.count, run.week_fit);
    regression_.fit(kMonth, run.count, run.month_fit);
    // A slope that is not known yet is that of the average symbol.
    const auto known = [](double slope) { return slope == slope ? slope : 1.0; };
    for (std::size_t i = 0; i < run.count; ++i)
      run.beta[i] = 0.5 * (known(run.week_fit.slope[i]) + known(run.month_fit.slope[i]));
    beta_ = run.beta[run.count - 1];
  }

  void push_powers(const Run& run, const Lane& rank, const Lane& dispersion) {
    const std::size_t count = run.count;
    const Lane& residual = run.residual;
    Lane square, day, size, cube, fourth, up_square, with_previous, sign;
    for (std::size_t i = 0; i < count; ++i) {
      const double e = residual[i];
      square[i] = e * e;
      size[i] = std::abs(e);
      cube[i] = square[i] * e;
      fourth[i] = square[i] * square[i];
      up_square[i] = e > 0.0 ? square[i] : 0.0;
    }
    with_previous[0] = residual[0] * previous_;
    for (std::size_t i = 1; i < count; ++i) with_previous[i] = residual[i] * residual[i - 1];
    previous_ = residual[count - 1];
    far_.room();
    far_.push(count, {residual.data(), square.data(), rank.data()});
    far_.sums(kResidual, kDayBars, count, day.data());
    for (std::size_t i = 0; i < count; ++i) sign[i] = (day[i] > 0.0 ? 1.0 : 0.0) - (day[i] < 0.0 ? 1.0 : 0.0);
    shape_.room();
    shape_.push(count, {size.data(), cube.data(), fourth.data(), up_square.data(), with_previous.data(), sign.data(),
                        dispersion.data()});
  }

  void push_volumes(const Run& run, const Lane& volume) {
    const std::size_t count = run.count;
    const Lane& residual = run.residual;
    if (volume[0] != volume[0]) return;
    Lane traded, log_volume, log_square, product, square;
    for (std::size_t i = 0; i < count; ++i) {
      traded[i] = residual[i] * volume[i];
      log_volume[i] = quick_log(volume[i]);
      log_square[i] = log_volume[i] * log_volume[i];
      product[i] = residual[i] * log_volume[i];
      square[i] = residual[i] * residual[i];
    }
    traded_.room();
    traded_.push(count, {volume.data(), traded.data()});
    if (!(volume[0] > 0.0)) return;
    logs_.room();
    logs_.push(count, {residual.data(), log_volume.data(), log_square.data(), product.data(), square.data()});
  }

  void find_deviations(Run& run) {
    const std::size_t count = run.count;
    far_.means(kSquare, kDayBars, count, run.day_square.data());
    far_.means(kSquare, kWeek, count, run.week_square.data());
    far_.means(kSquare, kMonth, count, run.month_square.data());
    far_.means(kSquare, kTwoMonths, count, run.far_square.data());
    Lane week_mean, month_mean;
    far_.means(kResidual, kWeek, count, week_mean.data());
    far_.means(kResidual, kMonth, count, month_mean.data());
    for (std::size_t i = 0; i < count; ++i) {
      run.week[i] = root_of(run.week_square[i] - week_mean[i] * week_mean[i]);
      run.month[i] = root_of(run.month_square[i] - month_mean[i] * month_mean[i]);
    }
  }

  void write_returns(Run& run) {
    const std::size_t count = run.count;
    constexpr std::array<int, 8> kSpans{6,     kDayBars, kMonth, kTwoMonths, kWeek + kDayBars, kMonth + kWeek,
                                        kWeek, kDayBars};
    std::array<Lane, kSpans.size()> sum;
    for (std::size_t k = 0; k < kSpans.size(); ++k) far_.known_sums(kResidual, kSpans[k], count, sum[k].data());
    std::array<Lane, 3> rank, held;
    constexpr std::array<int, 3> kRankSpans{kWeek, kMonth, kTwoMonths};
    for (std::size_t k = 0; k < kRankSpans.size(); ++k) {
      far_.means(kRank, kRankSpans[k], count, rank[k].data());
      far_.held_roots(kRankSpans[k], count, held[k].data());
    }
    Lane sign;
    shape_.means(kSign, kMonth, count, sign.data());
    auto* const out = run.out.from(kReturns);
    for (std::size_t i = 0; i < count; ++i) {
      const double week = run.week[i], month = run.month[i];
      out[0][i] = as_float(run.residual[i] / week);
      out[1][i] = as_float(sum[0][i] / (week * root(6)));
      out[2][i] = as_float(sum[1][i] / (week * root(kDayBars)));
      out[3][i] = as_float(sum[2][i] / (month * held[1][i]));
      out[4][i] = as_float(sum[3][i] / (month * held[2][i]));
      out[5][i] = as_float((sum[4][i] - sum[7][i]) / (week * root(kWeek)));
      out[6][i] = as_float((sum[5][i] - sum[6][i]) / (month * root(kMonth)));
      out[7][i] = as_float(run.smooth_hours[i] * root(6) / week);
      out[8][i] = as_float(run.smooth_day[i] * root(24) / week);
      out[9][i] = as_float(rank[0][i] * held[0][i]);
      out[10][i] = as_float(rank[1][i] * held[1][i]);
      out[11][i] = as_float(rank[2][i] * held[2][i]);
      out[12][i] = as_float(sign[i]);
    }
  }

  static void write_beta(Run& run) {
    auto* const out = run.out.from(kBetas);
    for (std::size_t i = 0; i < run.count; ++i) {
      out[0][i] = as_float(run.month_fit.slope[i]);
      out[1][i] = as_float(run.week_fit.slope[i] - run.month_fit.slope[i]);
      out[2][i] = as_float(run.week_fit.correlation[i]);
      out[3][i] = as_float(run.month_fit.correlation[i]);
      out[4][i] = as_float(run.day_square[i]);
      out[5][i] = as_float(run.week_square[i]);
      out[6][i] = as_float(run.month_square[i]);
      out[7][i] = as_float(run.far_square[i]);
    }
  }

  void write_volume(Run& run) const {
    const std::size_t count = run.count;
    Lane times_traded, traded;
    traded_.means(kTimesTraded, kDayBars, count, times_traded.data());
    traded_.means(kTraded, kDayBars, count, traded.data());
    std::array<Lane, 5> mean;
    for (std::size_t q = 0; q < mean.size(); ++q) logs_.means(q, kWeek, count, mean[q].data());
    auto* const out = run.out.from(kVolumes);
    for (std::size_t i = 0; i < count; ++i) {
      out[0][i] = as_float(ratio(times_traded[i], traded[i]) * root(kDayBars) / run.week[i]);
      const double x = mean[kX][i], log = mean[kLog][i];
      const double scale = (mean[kXSquare][i] - x * x) * (mean[kLogSquare][i] - log * log);
      out[1][i] = as_float((mean[kProduct][i] - x * log) / root_of(scale));
    }
  }

  void write_shape(Run& run) const {
    const std::size_t count = run.count;
    Lane short_square, short_cube, cube, fourth, up_square, size, with_previous, kurtosis, up_down;
    far_.means(kSquare, 72, count, short_square.data());
    shape_.means(kCube, 72, count, short_cube.data());
    shape_.means(kCube, kMonth, count, cube.data());
    shape_.means(kFourth, kWeek, count, fourth.data());
    shape_.means(kUpSquare, kMonth, count, up_square.data());
    shape_.means(kAbsolute, kMonth, count, size.data());
    shape_.means(kWithPrevious, kMonth, count, with_previous.data());
    const auto skewness = [](double mean_cube, double square) { return mean_cube / (square * root_of(square)); };
    auto* const out = run.out.from(kShapes);
    for (std::size_t i = 0; i < count; ++i) {
      const double week_square = run.week_square[i], month_square = run.month_square[i], up = up_square[i];
      out[0][i] = as_float(skewness(short_cube[i], short_square[i]));
      out[1][i] = as_float(skewness(cube[i], month_square));
      kurtosis[i] = ratio(fourth[i], week_square * week_square);
      up_down[i] = ratio(up, month_square - up);
      out[4][i] = as_float(ratio(root_of(month_square), size[i]));
    }
    quick_logs(count, kurtosis.data(), out[2].data());
    quick_logs(count, up_down.data(), out[3].data());
    const auto& extremes = run.extremes;
    for (std::size_t i = 0; i < count; ++i) {
      out[5][i] = as_float(extremes[0][i]);
      out[6][i] = as_float(extremes[1][i]);
      out[7][i] = as_float(extremes[2][i]);
      out[8][i] = as_float(extremes[4][i] / run.week[i]);
      out[9][i] = as_float(extremes[3][i]);
      out[10][i] = as_float(extremes[5][i]);
      out[11][i] = as_float(with_previous[i] / (run.month[i] * run.month[i]));
    }
  }

  static void write_seasons(Run& run) {
    auto* const out = run.out.from(kSeasons);
    for (std::size_t k = 0; k < kSeasonOptions.size(); ++k) {
      const double scale = root(kSeasonOptions[k].width_bars);
      for (std::size_t i = 0; i < run.count; ++i) out[k][i] = as_float(run.seasons[k][i] / (run.week[i] * scale));
    }
  }

  void write_market(Run& run) const {
    const std::size_t count = run.count;
    Lane day_sum, week_sum, day_dispersion, month_dispersion, week_to_month, dispersion;
    regression_.market_sums(kDayBars, count, day_sum);
    regression_.market_sums(kWeek, count, week_sum);
    shape_.means(kDispersion, kDayBars, count, day_dispersion.data());
    shape_.means(kDispersion, kMonth, count, month_dispersion.data());
    auto* const out = run.out.from(kMarkets);
    for (std::size_t i = 0; i < count; ++i) {
      const double week = root_of(run.week_fit.market_variance[i]), month = root_of(run.month_fit.market_variance[i]);
      const double day_move = day_sum[i] / (week * root(kDayBars)), week_move = week_sum[i] / (week * root(kWeek));
      out[0][i] = as_float(day_move);
      out[1][i] = as_float(week_move);
      week_to_month[i] = week / month;
      dispersion[i] = ratio(day_dispersion[i], month_dispersion[i]);
      out[4][i] = as_float((run.beta[i] - 1.0) * day_move);
      out[5][i] = as_float((run.beta[i] - 1.0) * week_move);
    }
    quick_logs(count, week_to_month.data(), out[2].data());
    quick_logs(count, dispersion.data(), out[3].data());
  }

  static constexpr std::array<SeasonalSum::Options, 4> kSeasonOptions{{{12, std::chrono::hours(24), 20},
                                                                       {5, std::chrono::hours(24), 40},
                                                                       {5, std::chrono::hours(24), 1},
                                                                       {24, std::chrono::hours(168), 4}}};
  MarketRegression regression_;
  enum { kResidual, kSquare, kRank };
  WindowSums<3> far_{kTwoMonths};
  enum { kAbsolute, kCube, kFourth, kUpSquare, kWithPrevious, kSign, kDispersion };
  WindowSums<7> shape_{kMonth};
  enum { kTraded, kTimesTraded };
  WindowSums<2> traded_{kDayBars};
  enum { kX, kLog, kLogSquare, kProduct, kXSquare };
  WindowSums<5> logs_{kWeek};
  Ema smooth_hours_{6}, smooth_day_{kDayBars};
  std::array<PatientMax, 3> largest_{PatientMax(kDayBars), PatientMax(kWeek), PatientMax(kMonth)};
  std::array<PatientMin, 3> smallest_{PatientMin(kDayBars), PatientMin(kWeek), PatientMin(kMonth)};
  std::array<SeasonalSum, 4> seasons_{SeasonalSum(kSeasonOptions[0]), SeasonalSum(kSeasonOptions[1]),
                                      SeasonalSum(kSeasonOptions[2]), SeasonalSum(kSeasonOptions[3])};
  double beta_ = 1.0;  // of what is known so far
  double previous_ = 0.0;
};

}  // namespace

void add_residual_features(FeatureSet& set) {
  const std::string market = "log_return of the universe", both = "log_return own and of the universe";
  const std::string volume = "log_return own and of the universe, volume";
  const auto bars = [](int length) { return enough_of(length) + 1; };
  const int day = bars(kDayBars), week = bars(kWeek), month = bars(kMonth), far = bars(kTwoMonths);
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
      {"residual_momentum_168_24", bars(kWeek + kDayBars), both,
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
  for (const int span : {kDayBars, kWeek, kMonth, kTwoMonths})
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
  set.add(market_block_features(std::move(specs), Residuals{}));
}

}  // namespace clm
