#pragma once
#include <optional>
#include <string>
#include <vector>

#include "learning/cycle/judging_context.hpp"
#include "learning/cycle/recipe_acceptance.hpp"

namespace clm {

/// A vintage of the same recipe from before, which becomes a member of its lineup if the recipe is accepted.
struct OriginVintage {
  StagedArtifact staged;
  Manifest manifest;  ///< complete but for metrics and parent
};

/// A candidate in the making: trained, with a name, but not judged.
struct TrainedCandidate {
  StagedArtifact staged;
  Manifest manifest;  ///< complete but for metrics and parent
  VersionId version;
  ForecastTable forecasts;  ///< of the judged rows, as they would be served
  /// The same as the fits said them: not calibrated, which takes what came later.
  std::vector<float> raw;
  std::vector<OriginVintage> earlier;  ///< oldest first
  std::vector<std::string> notes;      ///< how it was trained
};

/// Of a triggered type: its candidate, or why there is none.
using MadeCandidate = std::optional<Result<TrainedCandidate>>;

/// Judges the candidates side by side, against baselines and the active versions of their recipes, then settles them
/// one by one in the order of the triggers. `questions`: of recipes that are new, what their records are asked by
/// (`Judgement::acceptance`); null: each version is judged by itself. A training that failed for its data is noted, and
/// stops nobody else. Errors: those of the registry, of `judge`, `file.*`.
Result<std::vector<CycleResult>> judge_and_settle(const CycleWorkplace& place, const LearningOptions& options,
                                                  const CycleRequest& request, std::int64_t cycle,
                                                  const JudgingContext& judging, const std::vector<Trigger>& triggers,
                                                  std::vector<MadeCandidate> trained,
                                                  const AcceptanceQuestions* questions, const RunContext& run);

/// What a cycle says of a training that failed.
CycleResult failed_result(const std::string& recipe, const Error& error);

}  // namespace clm
