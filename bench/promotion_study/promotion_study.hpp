#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "evaluation/metrics/metrics.hpp"
#include "learning/options/learning_options.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {

/// How often learning cycles promote something in markets whose truth is known: one first cycle in each of many
/// simulated markets that differ in their seed only.
struct PromotionStudyOptions {
  SimulationOptions market;       ///< its seed is that of the first market; the next ones count up from there
  std::size_t markets = 50;       ///< >= 1
  LearningOptions learning;       ///< what every cycle is told
  std::filesystem::path scratch;  ///< every market has a registry of its own under it, removed when it is judged
};

/// One model type in one market.
struct StudiedCandidate {
  std::string model_type;
  std::string decision;  ///< as in CycleResult
  double rank_ic = 0;    ///< on the holdout; NaN where training failed
  std::vector<std::string> reasons;
};

struct StudiedMarket {
  std::uint64_t seed = 0;
  std::vector<StudiedCandidate> candidates;
  std::map<std::string, double> baseline_rank_ic;
  std::size_t promoted = 0;  ///< model types with an active version afterwards, as the registry says
};

struct PromotionStudy {
  double best_rank_ic = 0;  ///< what the best possible forecast would reach
  std::vector<StudiedMarket> markets;

  /// Markets in which at least one model type was promoted, with Wilson's interval.
  ShareEstimate promoted_markets() const;
  /// Markets in which this type was.
  ShareEstimate promoted_markets(const std::string& model_type) const;
  /// Promotions over all markets and types.
  std::size_t promotions() const;
  /// How many refused candidates were told each thing, numbers cut off.
  std::map<std::string, std::size_t> reasons_of_refusals() const;
};

/// Runs the study; markets side by side by `run.jobs`, whose number does not change the outcome. Errors: those of
/// `simulate`, of the registry and of `run_cycle`, the first in the order of seeds; a training that fails is an
/// outcome, not an error. Cost: a cycle each (seconds), and about 100 bytes a bar for every job.
Result<PromotionStudy> run_promotion_study(const PromotionStudyOptions& options, const RunContext& run);

nlohmann::json to_json(const PromotionStudy& study);
/// The same as a table and counted reasons for a person.
std::string describe(const PromotionStudy& study);

}  // namespace clm
