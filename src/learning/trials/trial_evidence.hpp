#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "learning/trials/trial.hpp"

namespace clm {

/// What a decision about a trial rests on, as the registry and the timeline keep it: {stage, challenger, reference,
/// started, trial: {outcome, bars, observations, reference_loss, challenger_loss, gain, interval, expected_bars,
/// loss_distributions}, behaviour: {challenger, reference}}. The one place that writes and reads this document. As with
/// `Evidence`: what a document does not say is not known, and never an error; what else it says is kept and not looked
/// at. Immutable, cheap to copy, thread-safe.
class TrialEvidence {
 public:
  /// As the trial stands.
  explicit TrialEvidence(const Trial& trial);

  /// The inverse of `text()`. A text that is no JSON is evidence of nothing.
  static TrialEvidence from_json(std::string_view text);
  const nlohmann::json& to_json() const { return *document_; }
  std::string text() const;  ///< the bytes that are stored

  std::optional<Stage> stage() const;  ///< none: it is no evidence of a trial, or of a stage that nobody knows
  VersionId challenger() const;        ///< empty: not known
  VersionId reference() const;         ///< empty: not known, or it was held against nobody
  std::optional<TrialOutcome> outcome() const;
  double gain() const;  ///< loss of the reference less that of the challenger, mean over the bars; NaN: not known

 private:
  explicit TrialEvidence(nlohmann::json document);
  std::shared_ptr<const nlohmann::json> document_;
};

}  // namespace clm
