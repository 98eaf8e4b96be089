#pragma once
#include <memory>
#include <vector>

#include "evaluation/verdict/deployment_policy.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/cycle/cycle.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/training_split.hpp"
#include "learning/trials/stage_decision.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// What the judging of every candidate of a cycle shares. Borrows data and split.
struct JudgingContext {
  const LearningData& data;
  const TrainingSplit& split;
  Protocol protocol;
  std::shared_ptr<const JudgedRows> truth;  ///< of the holdout
  std::vector<ForecastTable> baselines;
  /// The same as the fits at rolling origins said them: not calibrated, which takes what came later. None of a holdout.
  std::vector<ForecastTable> raw_baselines = {};
};

/// A candidate that was judged and put into the store, but not decided on in the registry.
struct JudgedCandidate {
  StoredArtifact artifact;
  Judgement judgement;
  Verdict verdict;
  std::string evidence_json;
  std::vector<StoredArtifact> earlier;  ///< of its recipe, oldest first: active before it, if it becomes active at once
};

/// Whether the active version is a vintage that the very cycle made which judges as of `as_of`, killed and carried out
/// again: it is no rival of the candidate that it belongs to.
bool is_of_this_cycle(const Manifest& active, Timestamp as_of);

/// Whether the active version of the candidate's recipe forecasts the same label from the same features, and still has
/// a vote at `at`.
Result<Rival> rival_of(const Registry& registry, const Manifest& candidate, const LearningOptions& options,
                       Timestamp at);

/// Enters the candidate and moves it as verdict and mode say.
Result<CycleResult> settle(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                           std::int64_t cycle, const JudgedCandidate& candidate, TimeRange holdout_span);

}  // namespace clm
