#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/ensemble/member_comparison.hpp"
#include "evaluation/ensemble/weight_choice.hpp"
#include "evaluation/verdict/deployment_policy.hpp"
#include "evaluation/verdict/judgement.hpp"

namespace clm {

/// What the judging found of a candidate's rank IC against the label, as it is read back. NaN: not known.
struct StoredRankIc {
  RankSkill kind = RankSkill::cross_section;
  double mean, information_ratio, standard_error;
};

/// What was checked of a vintage of a recipe that had been accepted. NaN: not known.
struct RefreshCheck {
  std::string recipe;
  std::string accepted_by;     ///< the version that was judged, and by whose judgement the recipe was accepted
  std::size_t rows = 0;        ///< the newest, on which it was asked beside its predecessor
  double coverage = 0;         ///< share of them on which it has a forecast
  double correlation = 0;      ///< Pearson, of its forecasts and its predecessor's
  std::size_t calibrated = 0;  ///< rows of the recipe's record that it was calibrated by
};

/// What a version of a lineup has a say by.
struct LineupVote {
  std::string model_type, version;
  double weight = 0;
};

/// What a decision about a version rests on, as the registry keeps it: {judgement, verdict, verdict_alone}, of an
/// ensemble also {each, ensemble: {weights, members}}; of a vintage of an accepted recipe also {refresh}, and of a
/// lineup of such vintages {lineup: {members, why}} alone. The one place that writes and reads this document. Evidence
/// of another kind (of a trial on live bars, or what a person gave) and of older releases is read too: what a document
/// does not say is not known, and never an error. Immutable, cheap to copy, thread-safe.
class Evidence {
 public:
  /// Of a candidate; `alone`: the verdict had nothing been active.
  Evidence(const Judgement& judgement, const Verdict& verdict, const Verdict& alone);
  /// Of an ensemble: `each` of its members judged by itself, how its weights were chosen, and what the members add.
  Evidence(const Judgement& judgement, const Verdict& verdict, const Verdict& alone,
           std::span<const ModelJudgement> each, const WeightChoice& weights, const MemberComparison& members);

  /// Of a vintage of an accepted recipe: the judgement in `before`, for it is the recipe's, and `check`. Where `before`
  /// is itself of a vintage, `accepted_by` is taken from there: a recipe is judged once.
  static Evidence of_refresh(const Evidence& before, const RefreshCheck& check);
  bool is_of_refresh() const;
  /// What was checked of the vintage; none of another version. Then `judgement` and `verdict` are those of
  /// `accepted_by`, and nothing was judged of the vintage itself.
  std::optional<RefreshCheck> refresh() const;

  /// Of an ensemble that was made of vintages of accepted recipes and not judged; `why` it was made, a sentence.
  static Evidence of_lineup(std::span<const LineupVote> members, const std::string& why);
  bool is_of_lineup() const;
  std::string why_lineup() const;  ///< empty of another candidate

  /// The inverse of `to_json().dump()`. A text that is no JSON is evidence of nothing.
  static Evidence from_json(std::string_view text);
  /// Of a document that was read as part of another, such as that of `clm evaluate`.
  static Evidence of_document(nlohmann::json document);
  const nlohmann::json& to_json() const { return *document_; }
  std::string text() const;  ///< the bytes that are stored

  bool has_judgement() const;
  /// What was found by the judging, the JSON of `Judgement`, for those who draw it; null where there is none.
  const nlohmann::json& judgement() const;
  /// The JSON of `ModelJudgement` of each member of an ensemble; null of another candidate.
  const nlohmann::json& each_member() const;
  /// {weights: the JSON of `WeightChoice`, members: that of `MemberComparison`}; null of another candidate.
  const nlohmann::json& ensemble() const;

  /// Why an ensemble has its weights, a sentence; empty of another candidate.
  std::string why_weights() const;

  /// None where it is no verdict, or one of a decision that nobody knows. Of an older release it has no `conditions`.
  std::optional<Verdict> verdict() const;
  std::optional<Verdict> verdict_alone() const;
  /// Of the candidate, against the label that was learned (`ModelJudgement::label_rank_ic`): what was promised of
  /// outcomes on live bars, which are labels. None where nothing was judged. Older releases judged by the label alone.
  std::optional<StoredRankIc> rank_ic() const;

 private:
  explicit Evidence(nlohmann::json document);
  std::shared_ptr<const nlohmann::json> document_;
};

}  // namespace clm
