#pragma once
#include <map>
#include <string>

#include "base/run_context.hpp"
#include "learning/cycle/cycle.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"

namespace clm {

/// What recipes of the same feature set and label work on.
struct CycleData {
  const LearningData& data;
  Protocol protocol;
};

/// The rows to learn from, under every feature set and label that a recipe asks for; each is prepared once. For one
/// thread. `place` and `run` outlive it.
class CycleRows {
 public:
  CycleRows(const CycleWorkplace& place, Timestamp as_of, const RunContext& run)
      : place_(place), as_of_(as_of), run_(run) {}

  /// For a recipe that is made by these options. What it refers to lives as long as this. Errors:
  /// `features.unknown_set` (usage), those of `prepare_learning_data`. Cost: theirs, the first time.
  Result<CycleData> of(const LearningOptions& options);

 private:
  Result<const LearningData*> prepared(const LearningOptions& options);
  Result<LearningData> labelled(const FeatureSet& features, const LearningDataOptions& options) const;

  const CycleWorkplace& place_;
  const Timestamp as_of_;
  const RunContext& run_;
  std::map<std::string, LearningData> prepared_;
};

}  // namespace clm
