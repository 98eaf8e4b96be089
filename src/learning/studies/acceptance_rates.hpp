#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// How often, and after how many bars of record, a recipe was accepted (`AcceptanceRecord`).
struct AcceptanceRate {
  std::string scenario, what;
  std::size_t n = 0;
  std::vector<std::size_t> bars;  ///< until then, one for each history in which it happened
  std::string demanded;
};

/// What the acceptance of recipes is worth where the truth is known, at the level of bars' rank ICs: they scatter about
/// the truth by .155 a bar, with what labels of `label.horizon_bars` bars of an hour share, and by .6 together among
/// model types, by .5 with ridge, as was measured on real candles (docs/QUALITY.md). The rank IC of a mean of two
/// forecasters is taken from theirs, their forecasts being correlated as their scores are. Looked at every day.
///   acceptance_noise               one of four types that foresee nothing is accepted within two years, the first
///   record
///                                  being of 168 days; alone, beside a ridge of rank IC .05, and with scores that have
///                                  weeks
///   acceptance_at_margin           a recipe with which the mean is exactly `policy.margin` worse is accepted in them
///   acceptance_ic_IC_by_N_months   a type of that rank IC is accepted by records of 3, 6, 12, 24 months
///   acceptance_lead_L_by_N_months  one that leads a ridge of rank IC .05 by so much, beside it
///   acceptance_alone_L_by_N_months the same is shown to need ridge beside it no longer
///   acceptance_twin                one that says what who speaks says is let in by two years, and what is served
///   differs
///                                  by a rank IC of more than .0005
/// Deterministic in options and seed, whatever the number of jobs. Cost: some 3 ms a history and scenario.
std::vector<AcceptanceRate> acceptance_rates(const LearningOptions& learning, std::size_t n, std::uint64_t seed,
                                             const RunContext& run);
/// Histories of that many scenarios are simulated: for progress.
std::size_t acceptance_scenarios();

}  // namespace clm
