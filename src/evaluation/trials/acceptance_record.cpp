#include "evaluation/trials/acceptance_record.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "evaluation/trials/paired_trial.hpp"

namespace clm {
namespace {

/// Blocks beyond which nobody waits: with labels of 5 bars of an hour some eleven years.
constexpr std::size_t kMostFurtherBlocks = 20'000;

/// At a level of one half the estimate decides: its spread counts for nothing.
constexpr double kOfTheEstimate = 0.5, kNoSpread = 1e-12;
/// A boundary in time of a larger level, but for that one, lies no lower.
constexpr double kLargestOfBoundaries = 0.2;

SequentialMeanOptions block_options(int horizon_bars, double level) {
  SequentialMeanOptions options;
  options.alpha = std::min(level, kLargestOfBoundaries);
  options.variance_inflation = level < kOfTheEstimate ? overlap_inflation(horizon_bars) : kNoSpread;
  return options;
}

}  // namespace

double acceptance_share(std::size_t order) {
  expects(order >= 1, "recipes are counted from 1");
  const auto t = static_cast<double>(order);
  return std::min(0.1, 3 / (t * (t + 1)));
}

double acceptance_level(double budget, std::size_t order, std::size_t accepted_before) {
  return std::min(kOfTheEstimate, budget * acceptance_share(order) * static_cast<double>(accepted_before + 1));
}

ScoreSequence::ScoreSequence(int horizon_bars, double level, double least)
    : horizon_bars_(horizon_bars), level_(level), least_(least), blocks_(block_options(horizon_bars, level)) {
  expects(horizon_bars >= 1 && level > 0, "scores have a horizon and a level");
}

void ScoreSequence::add(double score) {
  ++bars_;
  sum_ += score;
  block_sum_ += score;
  if (++block_bars_ < horizon_bars_) return;
  blocks_.add(block_sum_ / horizon_bars_ - least_);
  block_sum_ = 0;
  block_bars_ = 0;
}

ShownMean ScoreSequence::finding() const {
  ShownMean out;
  if (bars_ > 0) out.mean = sum_ / static_cast<double>(bars_);
  const auto bounds = blocks_.bounds();
  out.least = least_;
  out.lo = bounds.lo + least_;
  out.hi = bounds.hi + least_;
  out.level = level_;
  out.shown = is_shown();
  if (out.shown || blocks_.mean() <= 0) return out;
  if (const auto further = blocks_.expected_remaining(kMostFurtherBlocks))
    out.expected_bars = *further * static_cast<std::size_t>(horizon_bars_);
  return out;
}

bool AcceptanceFinding::is_accepted() const { return skill.shown && lineup.shown && (!benchmark || benchmark->shown); }

AcceptanceRecord::AcceptanceRecord(const AcceptanceOptions& options)
    : skill_(options.horizon_bars, options.skill_level, 0),
      lineup_(options.horizon_bars, options.lineup_level, -options.margin),
      benchmark_(options.horizon_bars, options.lineup_level, -options.margin),
      without_benchmark_(options.horizon_bars, options.lineup_level, -options.margin) {
  expects(options.margin >= 0, "a margin is no gain");
}

void AcceptanceRecord::add(const AcceptanceScores& bar) {
  skill_.add(bar.alone);
  lineup_.add(bar.with_it - bar.without_it);
  with_sum_ += bar.with_it;
  without_sum_ += bar.without_it;
  if (std::isnan(bar.benchmark)) return;
  benchmark_sum_ += bar.benchmark;
  benchmark_.add(bar.with_it - bar.benchmark);
  without_benchmark_.add(bar.without_benchmark - bar.benchmark);
}

bool AcceptanceRecord::accepts() const {
  return skill_.is_shown() && lineup_.is_shown() && (benchmark_.bars() == 0 || benchmark_.is_shown());
}

AcceptanceFinding AcceptanceRecord::finding() const {
  AcceptanceFinding out;
  out.bars = skill_.bars();
  out.blocks = skill_.blocks();
  out.skill = skill_.finding();
  out.lineup = lineup_.finding();
  if (out.bars > 0) {
    out.with_it = with_sum_ / static_cast<double>(out.bars);
    out.without_it = without_sum_ / static_cast<double>(out.bars);
  }
  if (benchmark_.bars() == 0) return out;
  out.benchmark_mean = benchmark_sum_ / static_cast<double>(benchmark_.bars());
  out.benchmark = benchmark_.finding();
  out.without_benchmark = without_benchmark_.finding();
  return out;
}

}  // namespace clm
