#include "evaluation/verdict/improvement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/contract.hpp"
#include "evaluation/calibration/probability_score.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {
namespace {

constexpr std::size_t kBins = 10;
constexpr std::size_t kMaxStretches = 1000;

/// All that the composite needs to know of a model in a stretch of time; sums of stretches add up.
struct Sums {
  double trades = 0;
  double wins = 0;
  double r = 0;
  double judged = 0;
  std::array<double, kBins> excess{};  ///< sum of probability - outcome per bin

  void add(const Sums& other) {
    trades += other.trades;
    wins += other.wins;
    r += other.r;
    judged += other.judged;
    for (std::size_t b = 0; b < kBins; ++b) excess[b] += other.excess[b];
  }
  double win_rate() const { return trades > 0 ? wins / trades : 0; }
  double average_r() const { return trades > 0 ? r / trades : 0; }
  double calibration_quality() const {
    double missed = 0;
    for (const double e : excess) missed += std::abs(e);
    return judged > 0 ? 1 - missed / judged : 0;
  }
};

/// Upper edges of equally filled bins; the last bin has none.
std::vector<double> bin_edges(std::span<const double> probability) {
  std::vector<double> sorted;
  for (const double p : probability)
    if (!std::isnan(p)) sorted.push_back(p);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  if (sorted.empty()) return edges;
  for (std::size_t b = 1; b < kBins; ++b) edges.push_back(sorted[b * sorted.size() / kBins]);
  return edges;
}

class Stretches {
 public:
  explicit Stretches(const JudgedRows& rows) : times_(index_times(rows.decided_at_ms)) {
    length_ = std::max<std::size_t>(1, (times_.size() + kMaxStretches - 1) / kMaxStretches);
  }
  std::size_t count() const { return (times_.size() + length_ - 1) / length_; }
  std::size_t length() const { return length_; }
  /// Where something that became known at `time_ms` is counted.
  std::size_t at(std::int64_t time_ms) const {
    const auto time = std::lower_bound(times_.time_ms.begin(), times_.time_ms.end(), time_ms) - times_.time_ms.begin();
    return std::min(static_cast<std::size_t>(time), times_.size() - 1) / length_;
  }

 private:
  TimeIndex times_;
  std::size_t length_ = 1;
};

std::vector<Sums> sum_up(const JudgedRows& rows, const ModelRecord& record, const Stretches& stretches) {
  std::vector<Sums> out(stretches.count());
  for (const auto& trade : record.trades) {
    Sums& sums = out[stretches.at(trade.exit_ms)];
    sums.trades += 1;
    sums.wins += trade.net_bps > 0 ? 1 : 0;
    sums.r += trade.r_multiple;
  }
  const auto edges = bin_edges(record.up_probability);
  const auto ups = up_outcomes(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double p = record.up_probability[i];
    if (std::isnan(p) || std::isnan(ups[i])) continue;
    const auto bin = static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), p) - edges.begin());
    Sums& sums = out[stretches.at(rows.decided_at_ms[i])];
    sums.judged += 1;
    sums.excess[bin] += p - static_cast<double>(ups[i]);
  }
  return out;
}

Improvement compare(const Sums& candidate, const Sums& active) {
  const auto gain = [](double ours, double theirs, double floor) {
    return (ours - theirs) / std::max(std::abs(theirs), floor);
  };
  Improvement out;
  out.win_rate_gain = gain(candidate.win_rate(), active.win_rate(), kImprovementFloors.win_rate);
  out.average_r_gain = gain(candidate.average_r(), active.average_r(), kImprovementFloors.average_r);
  out.calibration_gain =
      gain(candidate.calibration_quality(), active.calibration_quality(), kImprovementFloors.calibration_quality);
  out.value = 0.35 * out.win_rate_gain + 0.35 * out.average_r_gain + 0.30 * out.calibration_gain;
  return out;
}

}  // namespace

Improvement estimate_improvement(const JudgedRows& rows, const ModelRecord& candidate, const ModelRecord& active,
                                 const ImprovementOptions& options) {
  expects(candidate.up_probability.size() == rows.size() && active.up_probability.size() == rows.size(),
          "one probability per row");
  expects(rows.size() > 0 && options.repetitions >= 1, "rows and at least one repetition");
  const Stretches stretches(rows);
  const auto ours = sum_up(rows, candidate, stretches);
  const auto theirs = sum_up(rows, active, stretches);
  Sums all_ours, all_theirs;
  std::vector<double> difference(ours.size());
  for (std::size_t s = 0; s < ours.size(); ++s) {
    all_ours.add(ours[s]);
    all_theirs.add(theirs[s]);
    difference[s] = ours[s].r - theirs[s].r;
  }
  Improvement out = compare(all_ours, all_theirs);

  const double block = std::max(
      {1.0, options.min_block / static_cast<double>(stretches.length()), optimal_block_length(difference).stationary});
  StationaryBootstrap bootstrap(ours.size(), block, Random::stream(options.seed, "improvement"));
  std::vector<std::uint32_t> draw(ours.size());
  std::vector<double> values(options.repetitions);
  for (auto& value : values) {
    bootstrap.draw(draw);
    Sums a, b;
    for (const auto s : draw) {
      a.add(ours[s]);
      b.add(theirs[s]);
    }
    value = compare(a, b).value;
  }
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(std::floor(share * static_cast<double>(values.size() - 1) + 0.5))];
  };
  out.lo = at(options.alpha / 2);
  out.hi = at(1 - options.alpha / 2);
  return out;
}

}  // namespace clm
