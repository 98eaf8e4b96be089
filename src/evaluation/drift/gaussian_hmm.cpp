#include "evaluation/drift/gaussian_hmm.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/contract.hpp"

namespace clm {
namespace {

/// A state that holds almost nothing keeps at least this share of the spread of all.
constexpr double kLeastDeviation = 1e-3;

/// Densities of the states at an observation, up to a common factor whose logarithm is `log_factor`; 1 where nothing
/// was observed. Scaled, so that an observation far from all states does not make all of them impossible.
struct Densities {
  StateProbabilities of{};
  double log_factor = 0;
};

Densities densities(const GaussianHmm& model, double observation) {
  Densities out;
  if (std::isnan(observation)) {
    out.of.fill(1);
    return out;
  }
  std::array<double, kMaxHmmStates> exponent{};
  for (std::size_t i = 0; i < model.states; ++i) {
    const double z = (observation - model.mean[i]) / model.deviation;
    exponent[i] = -z * z / 2;
  }
  const double greatest =
      *std::max_element(exponent.begin(), exponent.begin() + static_cast<std::ptrdiff_t>(model.states));
  for (std::size_t i = 0; i < model.states; ++i) out.of[i] = std::exp(exponent[i] - greatest);
  out.log_factor = greatest - std::log(model.deviation) - std::log(2 * std::acos(-1.0)) / 2;
  return out;
}

StateProbabilities predicted(const GaussianHmm& model, const StateProbabilities& before) {
  StateProbabilities out{};
  for (std::size_t i = 0; i < model.states; ++i)
    for (std::size_t j = 0; j < model.states; ++j) out[j] += before[i] * model.transition[i][j];
  return out;
}

/// Weighs with the densities and makes them sum to 1; returns what they summed to.
double condition(StateProbabilities& probabilities, const Densities& seen, std::size_t states) {
  double sum = 0;
  for (std::size_t i = 0; i < states; ++i) sum += probabilities[i] *= seen.of[i];
  for (std::size_t i = 0; i < states; ++i) probabilities[i] /= sum;
  return sum;
}

/// What an expectation step counts.
struct Counts {
  StateProbabilities time{};      ///< spent in each state
  StateProbabilities observed{};  ///< likewise, where there was an observation
  std::array<double, kMaxHmmStates> sum{};
  std::array<StateProbabilities, kMaxHmmStates> moves{};
  double log_likelihood = 0;
};

/// Forward and backward over one sequence, added to `counts`; `posterior` gets the smoothed probabilities.
void expect_over(const GaussianHmm& model, std::span<const double> sequence, Counts& counts,
                 std::vector<StateProbabilities>& posterior) {
  const std::size_t states = model.states;
  const std::size_t length = sequence.size();
  posterior.assign(length, {});
  if (length == 0) return;
  std::vector<Densities> seen;
  std::vector<double> scale(length);
  for (const double x : sequence) seen.push_back(densities(model, x));
  for (std::size_t t = 0; t < length; ++t) {
    posterior[t] = t == 0 ? model.initial : predicted(model, posterior[t - 1]);
    scale[t] = condition(posterior[t], seen[t], states);
    counts.log_likelihood += std::log(scale[t]) + seen[t].log_factor;
  }
  StateProbabilities after{};
  after.fill(1);
  for (std::size_t t = length; t-- > 0;) {
    if (t + 1 < length) {
      StateProbabilities back{};
      for (std::size_t i = 0; i < states; ++i)
        for (std::size_t j = 0; j < states; ++j) {
          const double onward = model.transition[i][j] * seen[t + 1].of[j] * after[j] / scale[t + 1];
          counts.moves[i][j] += posterior[t][i] * onward;
          back[i] += onward;
        }
      after = back;
    }
    for (std::size_t i = 0; i < states; ++i) {
      posterior[t][i] *= after[i];
      counts.time[i] += posterior[t][i];
      if (std::isnan(sequence[t])) continue;
      counts.observed[i] += posterior[t][i];
      counts.sum[i] += posterior[t][i] * sequence[t];
    }
  }
}

double prior_moves(const GaussianHmmOptions& options, std::size_t from, std::size_t to) {
  const double leaves = options.prior_weight / options.expected_stay;
  return from == to ? options.prior_weight - leaves : leaves / static_cast<double>(options.states - 1);
}

void set_transitions(GaussianHmm& model, const Counts& counts, const GaussianHmmOptions& options) {
  for (std::size_t i = 0; i < model.states; ++i) {
    double total = 0;
    for (std::size_t j = 0; j < model.states; ++j)
      total += model.transition[i][j] = counts.moves[i][j] + prior_moves(options, i, j);
    if (total <= 0) continue;
    for (std::size_t j = 0; j < model.states; ++j) model.transition[i][j] /= total;
  }
}

void set_means(GaussianHmm& model, const Counts& counts, const GaussianHmmOptions& options) {
  if (options.means == StateMeans::mirrored) {
    const double observed = counts.observed[0] + counts.observed[2];
    const double learned = observed > 0 ? (counts.sum[2] - counts.sum[0]) / observed : 0;
    const double outer = std::max({learned, options.least_mean, 0.0});
    model.mean = {-outer, 0, outer};
    return;
  }
  for (std::size_t i = 0; i < model.states; ++i)
    if (counts.observed[i] > 0) model.mean[i] = counts.sum[i] / counts.observed[i];
}

/// Ascending means: the states are only names until then.
void order_states(GaussianHmm& model) {
  std::array<std::size_t, kMaxHmmStates> order{};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(model.states),
                   [&model](std::size_t a, std::size_t b) { return model.mean[a] < model.mean[b]; });
  const GaussianHmm before = model;
  for (std::size_t i = 0; i < model.states; ++i) {
    model.mean[i] = before.mean[order[i]];
    model.initial[i] = before.initial[order[i]];
    for (std::size_t j = 0; j < model.states; ++j) model.transition[i][j] = before.transition[order[i]][order[j]];
  }
}

/// The start: means at the middle of equal shares of the observations.
GaussianHmm begin_at(const std::vector<double>& sorted, double deviation, const GaussianHmmOptions& options) {
  GaussianHmm out;
  out.states = options.states;
  out.deviation = deviation / 2;
  for (std::size_t i = 0; i < out.states; ++i) {
    out.initial[i] = 1 / static_cast<double>(out.states);
    out.mean[i] = sorted[(2 * i + 1) * sorted.size() / (2 * out.states)];
    for (std::size_t j = 0; j < out.states; ++j)
      out.transition[i][j] =
          i == j ? 1 - 1 / options.expected_stay : 1 / options.expected_stay / static_cast<double>(out.states - 1);
  }
  if (options.means == StateMeans::mirrored) out.mean = {-deviation, 0, deviation};
  return out;
}

}  // namespace

Result<GaussianHmm> GaussianHmm::fit(std::span<const std::vector<double>> sequences,
                                     const GaussianHmmOptions& options) {
  expects(options.states >= 2 && options.states <= kMaxHmmStates, "a hidden Markov model has two or three states");
  expects(options.means == StateMeans::free || options.states == 3, "mirrored means are of three states");
  expects(options.expected_stay > 1 && options.prior_weight >= 0, "a state lasts, and a prior weighs nothing or more");
  std::vector<double> known;
  for (const auto& sequence : sequences)
    std::copy_if(sequence.begin(), sequence.end(), std::back_inserter(known),
                 [](double x) { return std::isfinite(x); });
  if (known.size() < kMinObservations)
    return fail(ErrorKind::data, "hmm.too_short",
                "states cannot be learned from " + std::to_string(known.size()) + " observations; at least " +
                    std::to_string(kMinObservations) + " are needed",
                {}, "train on a longer stretch, or on several symbols together");
  const auto count = static_cast<double>(known.size());
  const double average = std::accumulate(known.begin(), known.end(), 0.0) / count;
  double squares = 0;
  for (const double x : known) squares += (x - average) * (x - average);
  const double spread = std::sqrt(squares / count);
  if (!(spread > 1e-12 * std::abs(average)))
    return fail(ErrorKind::data, "hmm.constant", "states cannot be learned from observations that do not differ", {},
                "look at the data: a frozen series has no regimes");
  std::sort(known.begin(), known.end());

  GaussianHmm model = begin_at(known, spread, options);
  std::vector<std::vector<StateProbabilities>> posterior(sequences.size());
  double reached = 0;
  for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
    Counts counts;
    for (std::size_t s = 0; s < sequences.size(); ++s) expect_over(model, sequences[s], counts, posterior[s]);
    const double gain = counts.log_likelihood - reached;
    reached = counts.log_likelihood;
    if (iteration > 0 && std::abs(gain) < options.tolerance) break;
    set_means(model, counts, options);
    set_transitions(model, counts, options);
    const double total = std::accumulate(counts.time.begin(), counts.time.end(), 0.0);
    for (std::size_t i = 0; i < model.states; ++i) model.initial[i] = counts.time[i] / total;
    double residual = 0;
    for (std::size_t s = 0; s < sequences.size(); ++s)
      for (std::size_t t = 0; t < sequences[s].size(); ++t)
        for (std::size_t i = 0; i < model.states && !std::isnan(sequences[s][t]); ++i)
          residual += posterior[s][t][i] * (sequences[s][t] - model.mean[i]) * (sequences[s][t] - model.mean[i]);
    model.deviation = std::max(std::sqrt(residual / count), kLeastDeviation * spread);
  }
  order_states(model);
  return model;
}

StateProbabilities GaussianHmm::filter_first(double observation) const {
  StateProbabilities out = initial;
  condition(out, densities(*this, observation), states);
  return out;
}

StateProbabilities GaussianHmm::filter_next(const StateProbabilities& before, double observation) const {
  StateProbabilities out = predicted(*this, before);
  condition(out, densities(*this, observation), states);
  return out;
}

double GaussianHmm::log_likelihood(std::span<const double> observations) const {
  double out = 0;
  StateProbabilities at{};
  for (std::size_t t = 0; t < observations.size(); ++t) {
    at = t == 0 ? initial : predicted(*this, at);
    const Densities seen = densities(*this, observations[t]);
    out += std::log(condition(at, seen, states)) + seen.log_factor;
  }
  return out;
}

}  // namespace clm
