#include "evaluation/calibration/probability_score.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/contract.hpp"
#include "evaluation/calibration/isotonic.hpp"
#include "evaluation/calibration/time_folds.hpp"

namespace clm {
namespace {

struct Pair {
  double probability;
  double outcome;
};

std::vector<Pair> complete_pairs(std::span<const double> probability, std::span<const float> outcome) {
  expects(probability.size() == outcome.size(), "one outcome per probability");
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < probability.size(); ++i)
    if (!std::isnan(probability[i]) && !std::isnan(outcome[i]))
      pairs.push_back({probability[i], static_cast<double>(outcome[i])});
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.probability < b.probability; });
  return pairs;
}

/// -log of the probability that was given to what came; infinite for what was said to be impossible.
double surprise(double probability, double outcome) {
  double out = 0;  // what does not count is not 0 x infinity
  if (outcome > 0) out -= outcome * std::log(probability);
  if (outcome < 1) out -= (1 - outcome) * std::log1p(-probability);
  return out;
}

std::vector<ReliabilityBin> fill_bins(std::span<const Pair> pairs, std::size_t bins) {
  expects(bins > 0, "there is at least one bin");
  std::vector<ReliabilityBin> out;
  for (std::size_t begin = 0, b = 1; begin < pairs.size(); ++b) {
    std::size_t end = std::min(pairs.size(), std::max(begin + 1, b * pairs.size() / bins));
    while (end < pairs.size() && pairs[end].probability == pairs[end - 1].probability) ++end;
    ReliabilityBin bin;
    bin.count = end - begin;
    for (; begin < end; ++begin) {
      bin.probability += pairs[begin].probability;
      bin.share += pairs[begin].outcome;
    }
    bin.probability /= static_cast<double>(bin.count);
    bin.share /= static_cast<double>(bin.count);
    out.push_back(bin);
  }
  return out;
}

}  // namespace

std::vector<ReliabilityBin> reliability_diagram(std::span<const double> probability, std::span<const float> outcome,
                                                std::size_t bins) {
  return fill_bins(complete_pairs(probability, outcome), bins);
}

ProbabilityScore score_probabilities(std::span<const double> probability, std::span<const float> outcome,
                                     std::size_t bins) {
  const auto pairs = complete_pairs(probability, outcome);
  ProbabilityScore score;
  score.count = pairs.size();
  if (pairs.empty()) return score;
  const auto count = static_cast<double>(pairs.size());
  for (const auto& pair : pairs) {
    score.base_rate += pair.outcome;
    score.brier += (pair.probability - pair.outcome) * (pair.probability - pair.outcome);
    score.log_loss += surprise(pair.probability, pair.outcome);
  }
  score.base_rate /= count;
  score.brier /= count;
  score.log_loss /= count;
  score.log_loss_base = surprise(score.base_rate, score.base_rate);
  score.brier_base = score.uncertainty = score.base_rate * (1 - score.base_rate);
  for (const auto& bin : fill_bins(pairs, bins)) {
    const double share = static_cast<double>(bin.count) / count;
    const double miss = bin.probability - bin.share;
    const double spread = bin.share - score.base_rate;
    score.calibration_error += share * std::abs(miss);
    score.reliability += share * miss * miss;
    score.resolution += share * spread * spread;
  }
  score.within = score.brier - score.reliability + score.resolution - score.uncertainty;
  return score;
}

std::vector<float> up_outcomes(const JudgedRows& rows) {
  std::vector<float> out;
  out.reserve(rows.size());
  for (const float came : rows.forward_return) out.push_back(std::isnan(came) ? came : came > 0 ? 1.0F : 0.0F);
  return out;
}

std::vector<double> cross_fitted_up_probability(const JudgedRows& rows, std::span<const float> forecast,
                                                std::size_t folds) {
  expects(forecast.size() == rows.size(), "one forecast per row");
  const auto outcome = up_outcomes(rows);
  std::vector<double> out(rows.size(), std::nan(""));
  std::vector<float> scores, ups;
  for (const TimeFold& fold : time_folds(rows, folds)) {
    scores.clear();
    ups.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fold.touches(rows, i) || std::isnan(forecast[i]) || std::isnan(outcome[i])) continue;
      scores.push_back(forecast[i]);
      ups.push_back(outcome[i]);
    }
    if (scores.empty()) continue;
    const auto map = IsotonicMap::fit(scores, ups);
    for (std::size_t i = fold.begin; i < fold.end; ++i) out[i] = map(static_cast<double>(forecast[i]));
  }
  return out;
}

}  // namespace clm
