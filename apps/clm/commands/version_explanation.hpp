#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/ensemble/member_comparison.hpp"
#include "evaluation/ensemble/permutation_importance.hpp"
#include "learning/cycle/held_out_rows.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// How much a feature moved a model's forecasts of the held-out rows.
struct MeanContribution {
  std::string feature;
  double mean_size_bps = 0;  ///< mean of |effect on the expected return|
  double mean_bps = 0;
  double share = 0;  ///< of the sizes of all features
};

/// A model on the held-out rows. What it does not offer is absent, with the reason.
struct MemberOnRows {
  std::string model_type;
  std::string version;
  double weight = 1;
  std::vector<MeanContribution> contributions;  ///< descending by mean size
  std::string contributions_why_not;
  std::optional<PermutationImportance> permutation;
  std::string permutation_why_not;
};

/// What an ensemble lives on as a whole.
struct EnsembleOnRows {
  /// What each member weighs, and adds to the rank IC; none where the rows were fitted on: there it says nothing.
  std::optional<MemberComparison> comparison;
  std::optional<PermutationImportance> permutation;  ///< through all members at once; where asked for
};

struct VersionExplanation {
  std::string version;
  std::string model_type;
  std::size_t rows_used = 0;
  std::size_t rows_held_out = 0;  ///< or, of a vintage that nothing was withheld from, its newest rows (`fitted_on`)
  bool fitted_on = false;         ///< by the version, or by a member of the ensemble
  TimeRange span;                 ///< decision times used: first, and one past the last
  std::string note;               ///< what differs from the judging; empty if nothing
  int repeats = 0;
  std::vector<MemberOnRows> members;       ///< a model is its own only member
  std::optional<EnsembleOnRows> ensemble;  ///< of an ensemble
};

struct HeldOutOptions {
  std::size_t most_rows = 20'000;
  int repeats = 3;
  bool permutation = false;
  bool contributions = true;        ///< by feature, where the model offers them
  bool members_permutation = true;  ///< of each member of an ensemble by itself too, where `permutation` is
};

/// The held-out rows that were made last. Candidates of one cycle share theirs, and making them costs the features of a
/// whole universe.
class HeldOutShelf {
 public:
  /// Errors: those of `held_out_rows`.
  Result<const HeldOutRows*> rows_of(Workspace& workspace, const Manifest& manifest, const RunContext& run);

 private:
  std::string key_;
  std::unique_ptr<HeldOutRows> rows_;
};

/// Explains a version, and each member of an ensemble, on the rows that the version was judged on. The members' bytes
/// are verified first.
Result<VersionExplanation> explain_held_out(Workspace& workspace, const Registry& registry, const VersionRecord& record,
                                            const HeldOutOptions& options, HeldOutShelf& shelf, const RunContext& run);

nlohmann::json to_json(const VersionExplanation& explanation);
/// Tables of the `top` features.
std::string describe(const VersionExplanation& explanation, std::size_t top);

}  // namespace clm::app
