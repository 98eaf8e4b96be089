#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/ensemble/weight_choice.hpp"
#include "learning/cycle/ensemble_lineup.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/configured_weights.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Everything but rows and members that decides an ensemble's bits: the parameters of its manifest.
struct EnsembleRecipe {
  EnsembleMode mode = EnsembleMode::learned;
  WeightBounds bounds;
  double shrinkage = 0;
  std::vector<double> shares;         ///< configured weights, one per member
  std::size_t standardised_from = 0;  ///< `EnsembleRule::standardised_from`
};
EnsembleRecipe ensemble_recipe(const EnsembleOptions& options, const ConfiguredWeights& weights,
                               const std::vector<EnsembleMember>& members);
nlohmann::json to_json(const EnsembleRecipe& recipe, const std::vector<EnsembleMember>& members);
/// The inverse. Error `manifest.parameters` (integrity).
Result<EnsembleRecipe> read_ensemble_recipe(std::string_view parameters_json,
                                            const std::vector<EnsembleMember>& members);

/// A member that was verified and loaded.
struct LoadedMember {
  EnsembleMember name;
  Manifest manifest;
  CalibratedModel model;
};
/// Error as `load_calibrated_model`.
Result<std::vector<LoadedMember>> load_members(const std::vector<StoredArtifact>& artifacts);

/// Of versions as the registry has them. Errors: those of the registry, too.
Result<std::vector<LoadedMember>> load_members(const Registry& registry, const std::vector<VersionRecord>& records);

/// One table per member on the rows of `truth`, in units of volatility, with the probabilities that are served.
Result<std::vector<ForecastTable>> forecasts_of(const std::vector<LoadedMember>& members, const RowSet& rows,
                                                const std::shared_ptr<const JudgedRows>& truth);

/// The rows of `split.validation` that no member was fitted on, nor any row whose label touches theirs, by
/// `embargo_bars` of the protocol. A member of this very split was fitted on `split.fit`; for one of an earlier
/// training its own split is made again from its protocol, and where that is not possible, all of its training span
/// counts as fitted on.
Result<RowSet> rows_no_member_saw(const std::vector<LoadedMember>& members, const LearningData& data,
                                  const TrainingSplit& split, const Protocol& protocol);

/// An ensemble whose weights were chosen, but which was not judged.
struct EnsembleDraft {
  EnsembleRule rule;
  WeightChoice choice;
  Manifest manifest;  ///< complete but for program, metrics, parent and files
};
/// Chooses the weights on `rows_no_member_saw` and nothing later; the holdout is not looked at. Deterministic.
Result<EnsembleDraft> draft_ensemble(const std::vector<LoadedMember>& members, const LearningData& data,
                                     const TrainingSplit& split, const Protocol& protocol,
                                     const EnsembleRecipe& recipe);
/// What a manifest says of the rows that a version is about.
struct DataDescription {
  std::string feature_set, feature_hash;
  std::vector<std::string> feature_names;
  std::string label_json;
  std::string fingerprint;
};
DataDescription description_of(const LearningData& data);

/// With the configured weights, for which no row is needed: the same as `draft_ensemble` of a recipe in mode `fixed`.
EnsembleDraft draft_of_fixed_weights(const std::vector<LoadedMember>& members, const DataDescription& data,
                                     const Protocol& protocol, const EnsembleRecipe& recipe);
/// Writes the rule of `draft` aside and names its file in the draft's manifest, which is then complete but for program,
/// metrics and parent. Errors `file.*`.
Result<StagedArtifact> stage_ensemble(const ArtifactStore& store, EnsembleDraft& draft);

}  // namespace clm
