#include "evaluation/verdict/judgement.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "evaluation/statistics/sharpe_significance.hpp"

namespace clm {
namespace {

/// What is computed once for all forecasters on the common rows.
struct Bench {
  const JudgedRows& rows;
  const JudgeOptions& options;
  TimeIndex times;
  std::vector<float> came;  ///< `judged_return` from the next open
  std::vector<float> ups;
  std::size_t overlap_times = 1;  ///< how many decision times the label of one lasts
  MeanOptions mean;
};

/// A forecaster's series over time, for paired differences.
struct Series {
  RankIcSeries rank_ic;
  TimedSeries squared_error;
  TimedSeries gross_bps;
  TimedSeries net_bps;
  std::vector<double> up_probability;
};

std::size_t count_overlap(const JudgedRows& rows, const TimeIndex& times) {
  if (times.size() < 2) return 1;
  std::vector<std::int64_t> gaps;
  for (std::size_t t = 1; t < times.size(); ++t) gaps.push_back(times.time_ms[t] - times.time_ms[t - 1]);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  const std::int64_t horizon_ms = rows.interval.ms() * rows.horizon_bars;
  return static_cast<std::size_t>(std::max<std::int64_t>(1, (horizon_ms + *middle - 1) / *middle));
}

TimedSeries squared_error_by_time(const Bench& bench, std::span<const float> forecast) {
  TimedSeries out;
  for (std::size_t t = 0; t < bench.times.size(); ++t) {
    double sum = 0, count = 0;
    for (std::size_t i = bench.times.begin[t]; i < bench.times.begin[t + 1]; ++i) {
      const double error = static_cast<double>(forecast[i]) - static_cast<double>(bench.rows.label[i]);
      if (std::isnan(error)) continue;
      sum += error * error;
      count += 1;
    }
    if (count == 0) continue;
    out.time_ms.push_back(bench.times.time_ms[t]);
    out.value.push_back(sum / count);
  }
  return out;
}

void judge_positions(const Bench& bench, std::span<const float> forecast, ModelJudgement& out) {
  out.positions = simulate_positions(bench.rows, forecast, bench.options.positions);
  const auto& book = out.positions.net_return;
  std::vector<double> bps, wins(book.size()), r(book.size()), net(book.size()), trades(book.size());
  for (const double value : book.value) bps.push_back(value * 1e4);
  for (const auto& trade : out.positions.trades) {
    const auto slot = static_cast<std::size_t>(
        std::lower_bound(book.time_ms.begin(), book.time_ms.end(), trade.exit_ms) - book.time_ms.begin());
    wins[slot] += trade.net_bps > 0 ? 1 : 0;
    r[slot] += trade.r_multiple;
    net[slot] += trade.net_bps;
    trades[slot] += 1;
  }
  out.position_bps_per_bar = estimate_mean(bps, bench.mean);
  out.r_multiple = estimate_ratio(r, trades, bench.mean);
  out.trade_net_bps = estimate_ratio(net, trades, bench.mean);
  out.win_rate = share_over_time(wins, trades, bench.mean);
}

/// The same estimate in other units.
MeanEstimate scaled(MeanEstimate estimate, double factor) {
  for (double* figure : {&estimate.mean, &estimate.lo, &estimate.hi, &estimate.standard_error}) *figure *= factor;
  return estimate;
}

/// Overlapping rebalances count for as many as fit beside each other; where there is no cross-section the positions'
/// book is judged instead. Without other candidates' ratios at hand, theirs vary as ratios of no skill do: by 1 / n.
void judge_sharpe(const Bench& bench, const TimedSeries& net, ModelJudgement& out) {
  const bool has_book = net.size() >= 2;
  SharpeMoments moments = sharpe_moments(has_book ? net.value : out.positions.net_return.value);
  moments.count /= bench.overlap_times;
  out.probabilistic_sharpe = probabilistic_sharpe_ratio(moments, 0);
  if (has_book) {
    const double period_days = bench.rows.horizon_bars * 365.25 / bars_per_year(bench.rows.interval);
    out.min_track_record_days = period_days * min_track_record_length(moments, 0, bench.options.alpha);
  }
  const double variance = moments.count > 1 ? 1 / static_cast<double>(moments.count - 1) : 0;
  out.deflated_sharpe = deflated_sharpe_ratio(moments, variance, bench.options.candidates_tried);
}

void judge_long_short(const Bench& bench, std::span<const float> forecast, ModelJudgement& out, Series& series) {
  const double cost_bps = bench.options.positions.costs.per_side_bps();
  out.long_short = simulate_long_short(bench.rows, forecast, bench.rows.forward_return, bench.options.long_short);
  const bool has_book = out.long_short.rebalances > 0;
  series.gross_bps = has_book ? out.long_short.gross_return : sign_returns(bench.rows, forecast);
  for (auto& value : series.gross_bps.value) value *= 1e4;
  out.gross_bps = estimate_mean(series.gross_bps.value, bench.mean);
  const auto net = net_returns(out.long_short, cost_bps);
  series.net_bps = net;
  for (auto& value : series.net_bps.value) value *= 1e4;
  out.long_short_net_bps = estimate_mean(series.net_bps.value, bench.mean);
  out.sharpe_net = scaled(estimate_sharpe(net.value, bench.mean),
                          std::sqrt(bars_per_year(bench.rows.interval) / bench.rows.horizon_bars));
  judge_sharpe(bench, net, out);
  out.long_short_net_return = net;
  out.equity_scale = 1.0 / bench.rows.horizon_bars;
  if (!has_book) return;
  std::vector<double> of_capital;
  for (const double gross : out.long_short.gross_return.value) of_capital.push_back(gross * out.equity_scale);
  out.long_short_drawdown = return_statistics(of_capital, bars_per_year(bench.rows.interval)).max_drawdown;
}

void judge_probability(const Bench& bench, const ForecastTable& table, ModelJudgement& out, Series& series) {
  const bool is_served = !table.up_probability.empty();
  out.probability_source = is_served ? ProbabilitySource::served : ProbabilitySource::cross_fitted;
  series.up_probability =
      is_served ? table.up_probability
                : cross_fitted_up_probability(bench.rows, table.forecast, bench.options.calibration_folds);
  out.probability = score_probabilities(series.up_probability, bench.ups);
  out.reliability = reliability_diagram(series.up_probability, bench.ups);
  out.calibration_quality = 1 - out.probability.calibration_error;
}

void judge_delays(const Bench& bench, std::span<const float> forecast, ModelJudgement& out) {
  const auto gross_of = [](const LongShortResult& book) { return book.rebalances == 0 ? kMissing : book.gross_bps; };
  out.by_delay.push_back({0, out.rank_ic, gross_of(out.long_short)});
  for (const auto& delayed : bench.rows.delayed) {
    const std::vector<float> came = judged_return(bench.rows, delayed.forward_return);
    const auto ic = rank_ic_series(bench.rows, forecast, came, {bench.options.min_symbols});
    const auto book = simulate_long_short(bench.rows, forecast, delayed.forward_return, bench.options.long_short);
    out.by_delay.push_back({delayed.delay_bars, summarize(ic, bench.mean), gross_of(book)});
  }
}

ModelJudgement judge_model(const Bench& bench, const ForecastTable& table, Series& series) {
  ModelJudgement out;
  out.name = table.name;
  const std::span<const float> forecast(table.forecast);
  out.errors = point_errors(forecast, bench.rows.label);
  const RankIcOptions ranking{bench.options.min_symbols};
  series.rank_ic = rank_ic_series(bench.rows, forecast, bench.came, ranking);
  out.rank_ic = summarize(series.rank_ic, bench.mean);
  out.label_rank_ic = summarize(rank_ic_series(bench.rows, forecast, bench.rows.label, ranking), bench.mean);
  out.direction = directional_accuracy(bench.rows, forecast, bench.mean);
  series.squared_error = squared_error_by_time(bench, forecast);
  judge_probability(bench, table, out, series);
  judge_positions(bench, forecast, out);
  judge_long_short(bench, forecast, out, series);
  judge_delays(bench, forecast, out);
  out.by_block = metrics_by_period(bench.rows, forecast, series.rank_ic, bench.mean, bench.options.blocks);
  out.by_month = metrics_by_month(bench.rows, forecast, series.rank_ic, bench.mean);
  out.by_regime = metrics_by_regime(bench.rows, forecast, series.rank_ic, bench.mean);
  return out;
}

Comparison compare(const Bench& bench, const Series& candidate, const Series& other, const std::string& name) {
  Comparison out;
  out.against = name;
  out.rank_ic = paired_difference(candidate.rank_ic.ic, other.rank_ic.ic, bench.mean);
  out.squared_error = paired_difference(candidate.squared_error, other.squared_error, bench.mean);
  out.gross_bps = paired_difference(candidate.gross_bps, other.gross_bps, bench.mean);
  out.net_bps = paired_difference(candidate.net_bps, other.net_bps, bench.mean);
  const std::size_t n = candidate.squared_error.size();
  if (n == other.squared_error.size() && n > bench.overlap_times && n >= 2)
    out.diebold_mariano =
        diebold_mariano(candidate.squared_error.value, other.squared_error.value, bench.overlap_times);
  return out;
}

}  // namespace

std::string_view to_string(ProbabilitySource source) {
  return source == ProbabilitySource::served ? "served" : "cross_fitted";
}

Result<Judgement> judge(const ForecastTable& candidate, std::span<const ForecastTable> baselines,
                        const ForecastTable* active, const JudgeOptions& options) {
  expects(options.candidates_tried >= 1, "the candidate itself was tried");
  std::vector<const ForecastTable*> all{&candidate};
  for (const auto& baseline : baselines) all.push_back(&baseline);
  if (active != nullptr) all.push_back(active);
  const auto tables = common_rows(all);
  const JudgedRows& rows = *tables.front().rows;
  if (rows.size() == 0)
    return fail(ErrorKind::data, "judge.no_common_rows",
                "there is no row where '" + candidate.name + "' and everything it is compared with has a forecast",
                candidate.name, "Look for features that are missing throughout the rows held out.");

  Bench bench{
      rows, options, index_times(rows.decided_at_ms), judged_return(rows, rows.forward_return), up_outcomes(rows),
      1,    {}};
  bench.overlap_times = count_overlap(rows, bench.times);
  bench.mean = {options.alpha, 2.0 * static_cast<double>(bench.overlap_times)};

  Judgement out;
  out.rows = rows.size();
  out.times = bench.times.size();
  std::vector<bool> seen(rows.symbols.size(), false);
  for (const auto symbol : rows.symbol) seen[symbol] = true;
  out.symbols = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
  for (std::size_t t = 0; t < bench.times.size(); ++t)
    out.symbols_at_once = std::max(out.symbols_at_once, bench.times.begin[t + 1] - bench.times.begin[t]);
  out.min_symbols = options.min_symbols;
  out.long_short_min_symbols = options.long_short.min_symbols;
  out.from_ms = rows.decided_at_ms.front();
  out.to_ms = rows.decided_at_ms.back();
  out.horizon_bars = rows.horizon_bars;
  out.basis = rows.basis;
  out.alpha = options.alpha;
  out.candidates_tried = options.candidates_tried;
  out.cost_bps_per_side = options.positions.costs.per_side_bps();
  const auto spoken = std::count_if(candidate.forecast.begin(), candidate.forecast.end(),
                                    [](float forecast) { return !std::isnan(forecast); });
  out.coverage = static_cast<double>(spoken) / static_cast<double>(candidate.forecast.size());

  Series own;
  out.candidate = judge_model(bench, tables.front(), own);
  for (std::size_t b = 0; b < baselines.size(); ++b) {
    Series theirs;
    out.baselines.push_back(judge_model(bench, tables[1 + b], theirs));
    out.against_baselines.push_back(compare(bench, own, theirs, baselines[b].name));
  }
  if (active != nullptr) {
    Series theirs;
    out.active = judge_model(bench, tables.back(), theirs);
    out.against_active = compare(bench, own, theirs, active->name);
    out.improvement =
        estimate_improvement(rows, {out.candidate.positions.trades, own.up_probability},
                             {out.active->positions.trades, theirs.up_probability},
                             {options.alpha, bench.mean.min_block, options.bootstrap_repetitions, options.seed});
  }
  return out;
}

}  // namespace clm
