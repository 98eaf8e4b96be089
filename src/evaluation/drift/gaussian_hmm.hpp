#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace clm {

inline constexpr std::size_t kMaxHmmStates = 3;
using StateProbabilities = std::array<double, kMaxHmmStates>;  ///< those beyond the model's states are 0

/// What the means of the states may be.
enum class StateMeans {
  free,     ///< anything, ascending
  mirrored  ///< -m, 0, m of three states: the sign of a state's mean is known before anything is learned
};

struct GaussianHmmOptions {
  std::size_t states = 3;  ///< 2 or 3 (mirrored: 3)
  StateMeans means = StateMeans::free;
  double least_mean =
      0;  ///< of mirrored means: m at least this, in units of the observations; else noise has no states
  double expected_stay = 20;  ///< observations, > 1: how long a state lasts, before anything is seen
  double prior_weight = 20;   ///< observations a state, >= 0: how much seen it takes to weigh as much as that
  int max_iterations = 200;   ///< of Baum-Welch
  double tolerance = 1e-6;    ///< ends it: gain of log-likelihood an iteration
};

/// A hidden Markov chain seen through Gaussian noise: states in ascending order of their means, one deviation for all.
/// With one deviation a higher observation never makes a higher state less likely; with one for each state the widest
/// would own both tails.
struct GaussianHmm {
  std::size_t states = 3;
  std::array<double, kMaxHmmStates> mean{};
  double deviation = 1;
  /// transition[i][j]: chance of state j after state i.
  std::array<StateProbabilities, kMaxHmmStates> transition{};
  StateProbabilities initial{};  ///< the share of time that training spent in each state

  /// Baum & Welch (Baum, Petrie, Soules & Weiss 1970; Rabiner 1989, Proc. IEEE 77:257) over sequences that do not
  /// follow one another, with a Dirichlet prior on the transitions (MAP-EM), from a start at quantiles: no chance in
  /// it. NaN: nothing was observed then. Errors: "hmm.too_short" with fewer than `kMinObservations` known observations,
  /// "hmm.constant" where they do not differ. Cost: O(observations states^2) an iteration.
  static Result<GaussianHmm> fit(std::span<const std::vector<double>> sequences, const GaussianHmmOptions& options);
  static constexpr std::size_t kMinObservations = 60;

  /// Hamilton's (1989, Econometrica 57:357) filter: the probabilities of the states given the observations up to this
  /// one: the first, and every further one from those given what was before. Nothing later enters. NaN tells nothing.
  StateProbabilities filter_first(double observation) const;
  StateProbabilities filter_next(const StateProbabilities& before, double observation) const;
  /// Of the known observations.
  double log_likelihood(std::span<const double> observations) const;
};

}  // namespace clm
