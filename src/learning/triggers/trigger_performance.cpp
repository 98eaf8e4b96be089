#include "learning/triggers/trigger_performance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/number_text.hpp"
#include "base/probability_distribution.hpp"
#include "evaluation/metrics/metrics.hpp"
#include "evaluation/trials/behaviour.hpp"

namespace clm {
namespace {

double run_length_blocks(const PerformanceOptions& options) {
  const double blocks_a_day =
      24.0 * 3'600'000.0 / (static_cast<double>(options.interval.ms()) * static_cast<double>(options.horizon_bars));
  return std::clamp(2 * options.false_alarm_days * blocks_a_day, 5.0, 1e7);
}

/// Half of the shift that is found quickest, in sigmas.
double reference_of(const RankIcPromise& promise) {
  return std::clamp(promise.mean / promise.standard_deviation / 2, 0.1, 0.5);
}

/// The mean to hold against: the promise less an allowance for its error, by bisection.
double target_of(const RankIcPromise& promise, const PerformanceOptions& options) {
  const double error = promise.standard_error / promise.standard_deviation;
  if (!(error > 0) || std::isinf(error)) return promise.mean;
  const double reference = reference_of(promise), run_length = run_length_blocks(options);
  const double threshold = cusum_threshold(reference, run_length, ChangeSide::decrease);
  const auto false_alarms = [&](double allowance) {
    double rate = 0, weight = 0;
    for (double z = -4; z <= 4; z += 1) {
      const double share = std::exp(-z * z / 2);
      rate += share / cusum_run_length(reference, threshold, ChangeSide::decrease, error * (z + allowance));
      weight += share;
    }
    return rate / weight;
  };
  double low = 0, high = 8;  // in standard errors
  for (int step = 0; step < 8; ++step) {
    const double middle = (low + high) / 2;
    (false_alarms(middle) > 1 / run_length ? low : high) = middle;
  }
  return promise.mean - high * promise.standard_error;
}

CusumOptions chart_options(const RankIcPromise& promise, const PerformanceOptions& options, double target) {
  CusumOptions chart;
  chart.mean = target;
  chart.sigma = promise.standard_deviation;
  chart.reference = reference_of(promise);
  chart.threshold = cusum_threshold(chart.reference, run_length_blocks(options), ChangeSide::decrease);
  chart.side = ChangeSide::decrease;
  return chart;
}

}  // namespace

std::optional<RankIcPromise> promise_in(const Evidence& evidence) {
  const auto skill = evidence.rank_ic();
  if (!skill || skill->kind != RankSkill::cross_section) return std::nullopt;
  const double deviation = skill->information_ratio != 0 ? skill->mean / skill->information_ratio : 0;
  if (!std::isfinite(deviation) || deviation <= 0) return std::nullopt;
  const bool error_known = std::isfinite(skill->standard_error);  // not in the evidence of older releases
  return RankIcPromise{skill->mean, deviation, error_known ? skill->standard_error : 0.0};
}

PerformanceChart::PerformanceChart(const RankIcPromise& promise, const PerformanceOptions& options)
    : PerformanceChart(promise, options, target_of(promise, options)) {}

PerformanceChart::PerformanceChart(const RankIcPromise& promise, const PerformanceOptions& options, double target)
    : promise_(promise), options_(options), target_(target) {
  expects(promise.standard_deviation > 0 && options.horizon_bars > 0, "a promise varies, a label spans bars");
  const CusumOptions chart = chart_options(promise, options, target);
  limit_ = chart.threshold;
  chart_ = CusumChart(chart);
  win_alpha_ = 2 / run_length_blocks(options);  // of two sides, of which one is looked at
}

void PerformanceChart::add(const BarScore& score) {
  if (std::isnan(score.rank_ic)) return;
  calls_ += score.calls;
  hits_ += score.hits;
  block_sum_ += score.rank_ic;
  if (++block_bars_ == static_cast<std::size_t>(options_.horizon_bars)) close_block();
}

void PerformanceChart::close_block() {
  const double mean = block_sum_ / static_cast<double>(block_bars_);
  block_sum_ = 0;
  block_bars_ = 0;
  ++blocks_;
  sum_ += mean;
  recent_.push_back(mean);
  if (recent_.size() > kRecentBlocks) recent_.erase(recent_.begin());
  const bool decayed = chart_.update(mean) == DriftSignal::drift;
  const double win_rate = upper_win_rate();
  if (decayed || win_rate < 0.5) {
    alarm_value_ = chart_.down();
    alarm_win_rate_ = win_rate;
  }
}

double PerformanceChart::upper_win_rate() const {
  if (calls_ == 0) return 1;
  const double independent = static_cast<double>(calls_) / (kSymbolsMoveTogether * options_.horizon_bars);
  const double share = static_cast<double>(hits_) / static_cast<double>(calls_);
  return wilson(share, static_cast<std::size_t>(calls_), std::max(independent, 1.0), win_alpha_).hi;
}

PerformanceChart::Finding PerformanceChart::look() const {
  Finding finding;
  finding.alarm = alarm_value_.has_value();
  finding.value = alarm_value_.value_or(chart_.down());
  finding.limit = limit_;
  if (blocks_ == 0) {
    finding.reason = "no outcomes of the active version yet";
    return finding;
  }
  const double mean = sum_ / static_cast<double>(blocks_);
  finding.reason = "rank IC " + fixed(mean, 4) + " over " + std::to_string(blocks_) + " blocks of " +
                   std::to_string(options_.horizon_bars) + " bars, where " + fixed(promise_.mean, 4) +
                   " was promised, " + fixed(target_, 4) + " at least; the CUSUM " + (finding.alarm ? "was" : "is") +
                   " at " + fixed(finding.value, 2) + " of " + fixed(limit_, 2);
  const double win_rate = finding.alarm ? alarm_win_rate_ : upper_win_rate();
  if (win_rate < 0.5) finding.reason += "; the win rate is below one half, upper bound " + fixed(win_rate, 4);
  if (recent_.size() == kRecentBlocks) {
    const double recent = std::accumulate(recent_.begin(), recent_.end(), 0.0) / static_cast<double>(kRecentBlocks);
    const double upper =
        recent + normal_quantile(0.95) * promise_.standard_deviation / std::sqrt(static_cast<double>(kRecentBlocks));
    if (upper < 0) {
      finding.priority = Priority::urgent;
      finding.reason += "; over the last " + std::to_string(kRecentBlocks) + " blocks rank IC is " + fixed(recent, 4) +
                        ", upper bound " + fixed(upper, 4);
    }
  }
  return finding;
}

nlohmann::json PerformanceChart::state() const {
  return {{"promise", {promise_.mean, promise_.standard_deviation, promise_.standard_error}},
          {"target", target_},
          {"false_alarm_days", options_.false_alarm_days},
          {"chart", chart_.state()},
          {"blocks", blocks_},
          {"block_bars", block_bars_},
          {"sums", {block_sum_, sum_}},
          {"calls", {calls_, hits_}},
          {"recent", recent_},
          {"alarm", alarm_value_ ? nlohmann::json{*alarm_value_, alarm_win_rate_} : nlohmann::json()}};
}

Result<PerformanceChart> PerformanceChart::from_state(const nlohmann::json& state, int horizon_bars,
                                                      Interval interval) {
  RankIcPromise promise{state.at("promise").at(0).get<double>(), state.at("promise").at(1).get<double>()};
  // A state that was written before promises had an error is held against the promise itself.
  const bool has_error = state.contains("target");
  if (has_error) promise.standard_error = state.at("promise").at(2).get<double>();
  if (promise.standard_deviation <= 0)
    return fail(ErrorKind::integrity, "drift.state", "the promise of a performance chart does not vary");
  PerformanceChart made(promise, {horizon_bars, interval, state.at("false_alarm_days").get<double>()},
                        has_error ? state.at("target").get<double>() : promise.mean);
  if (auto read = made.chart_.restore(state.at("chart").get<DetectorState>()); !read) return forward_error(read);
  made.blocks_ = state.at("blocks").get<std::size_t>();
  made.block_bars_ = state.at("block_bars").get<std::size_t>();
  made.block_sum_ = state.at("sums").at(0).get<double>();
  made.sum_ = state.at("sums").at(1).get<double>();
  made.calls_ = state.at("calls").at(0).get<std::uint64_t>();
  made.hits_ = state.at("calls").at(1).get<std::uint64_t>();
  made.recent_ = state.at("recent").get<std::vector<double>>();
  if (state.at("alarm").is_null()) return made;
  made.alarm_value_ = state.at("alarm").at(0).get<double>();
  made.alarm_win_rate_ = state.at("alarm").at(1).get<double>();
  return made;
}

}  // namespace clm
