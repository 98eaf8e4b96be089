#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/metrics/trading_simulation.hpp"
#include "features/labels/label.hpp"
#include "registry/registry.hpp"
#include "serving/action.hpp"
#include "serving/bar_inputs.hpp"

namespace clm {

/// What one active version says about a symbol.
struct Vote {
  std::string model_type;
  VersionId version;
  double expected_return_bps = 0;  ///< over the label's horizon; less the universe's mean where the label is relative
  double up_probability = 0;       ///< calibrated; strictly inside (0, 1)
  double weight = 0;               ///< in the forecast; of all that vote on the symbol, these sum to 1
  int horizon_bars = 0;            ///< of its label: from entry to exit
};

/// Who has no vote on a symbol, and why.
struct Abstention {
  std::string model_type;
  std::string why;
};

struct Prediction {
  Symbol symbol;
  Action action = Action::hold;
  std::string note;                ///< what has to be known beside the action (`advise`); empty: nothing
  double expected_return_bps = 0;  ///< weighted mean of the votes; NaN without a vote
  double confidence = 0;           ///< weighted mean probability that the return has the forecast's sign; NaN without
  double disagreement_bps = 0;     ///< weighted standard deviation of the votes; NaN of fewer than two
  std::size_t agree = 0;           ///< votes that have the forecast's sign
  std::vector<Vote> votes;         ///< ascending by model type
  std::vector<Abstention> abstained;
  std::vector<VersionId> canaries = {};  ///< versions that take the active ones' places in it
};

/// How the active versions are weighed where no ensemble is active; an ensemble has weights of its own.
struct PredictorOptions {
  std::map<std::string, double> weights;  ///< above 0
  double other_weight = 1;                ///< of a model type that is not named
  WeightBounds bounds{0, 1};              ///< where the number of votes allows them
  TradingCosts costs;                     ///< a forecast inside the cost of both sides is a HOLD
  /// A version whose data ended longer before the prediction's time abstains and says so; 0: never.
  Duration max_data_age{0};
  /// Versions that take the place of the active ones of their type; the type may be `kEnsembleType`.
  std::map<std::string, VersionId> instead = {};
};

/// Who is served, without asking anybody.
struct LineupMember {
  std::string model_type;
  VersionId version;
  Timestamp learned_until;  ///< close of the last bar it was made on
  double weight = 0;        ///< if all who have a vote give it; 0 without a vote
  std::string why_not;      ///< it has no vote; empty: it has
};
struct Lineup {
  VersionId ensemble;                 ///< as in Forecasts
  std::vector<LineupMember> members;  ///< loaded and sound, ascending by model type
  std::vector<Abstention> absent;     ///< types that vote on nothing
};

/// What is said about the symbols, and by whom.
struct Forecasts {
  VersionId ensemble;  ///< the active ensemble; empty: the active versions, with configured weights
  VolatilityRegime regime = VolatilityRegime::unknown;  ///< that the weights depend on; unknown where they do not
  std::vector<Prediction> predictions;                  ///< ascending by symbol
  std::optional<int> horizon_bars = {};                 ///< of all who may vote; none: nobody may, or they differ
  ReturnBasis basis = ReturnBasis::relative;            ///< of the expected returns; relative if of any
  double cost_band_bps = 0;                             ///< an expected return inside +- this is a HOLD
  std::string held_back = {};  ///< why every action is a HOLD (`hold_back_if_stale`); empty: not
};

/// How far one feature moved a forecast.
struct FeatureEffect {
  std::string feature;
  double value = 0;       ///< what the feature was; NaN: not known
  double effect_bps = 0;  ///< of the expected return
};

/// What moved one member's vote.
struct MemberExplanation {
  Vote vote;
  double base_bps = 0;  ///< what it says whatever the features are; with the effects it sums to the vote
  /// In the order of the feature set; empty where the model does not offer them, `why_not` then says so.
  std::vector<FeatureEffect> effects;
  std::string why_not;
};

/// One prediction taken apart: the sum over the members of weight x (base + effects, or the vote of a member that does
/// not offer them) is the expected return.
struct Explanation {
  Prediction prediction;
  std::vector<MemberExplanation> members;  ///< those that vote, ascending by model type
};
struct Explanations {
  VersionId ensemble;  ///< as in Forecasts
  VolatilityRegime regime = VolatilityRegime::unknown;
  std::vector<Explanation> explanations;  ///< in the order asked for
  std::string held_back;                  ///< as in Forecasts
};

/// The active ensemble, or without one the active version of every model type; verified and loaded once. Immutable and
/// thread-safe once made.
class Predictor {
 public:
  /// With an active ensemble its members vote, as they were when it was made and whatever became of them since; a type
  /// of `model_types` that it has no member of abstains. Without one, and where its own rule is broken, the active
  /// versions vote. A type without a version, or whose artifact does not verify, abstains and says why: whatever is
  /// broken, everybody else is served on. Errors: those of the registry's database.
  static Result<Predictor> load(const Registry& registry, const std::vector<std::string>& model_types,
                                PredictorOptions options);

  /// The same for one version, whatever its status: it alone votes, or the members of an ensemble. Its bytes are
  /// verified. Errors `artifact.*`, `registry.pruned`, those of the registry's database.
  static Result<Predictor> load_version(const Registry& registry, const VersionRecord& record,
                                        PredictorOptions options);

  /// Whether an ensemble votes; otherwise the active versions do, each for itself.
  bool is_ensemble() const { return !ensemble_.empty(); }
  /// What the members have to be shown.
  const InputNeeds& needs() const { return needs_; }

  /// One prediction per symbol of `inputs`, which hold what is needed (contract). Every model abstains on a stale
  /// symbol. Cost: one call of every model.
  Forecasts predict(const BarInputs& inputs) const;

  /// Who has a vote at `as_of`, and with which weight where no regime is told apart.
  Lineup lineup(Timestamp as_of) const;

  /// What `predict` says about `symbols`, and what moved it there. Error `predict.unknown_symbol` (usage) for a symbol
  /// that is not one of `inputs`. Cost: that of `predict`, and some milliseconds a symbol.
  Result<Explanations> explain(const BarInputs& inputs, const std::vector<Symbol>& symbols) const;

 private:
  struct Member {
    std::string model_type;
    VersionId version;
    std::size_t place = 0;  ///< in the rule's list
    std::string feature_set;
    LabelOptions label;
    Timestamp data_end;
    CalibratedModel model;
  };
  struct Answer;
  std::vector<Answer> answers(const BarInputs& inputs) const;
  Answer answer_of(const Member& member, float forecast, float unit) const;
  VolatilityRegime regime(const BarInputs& inputs) const;
  MemberExplanation explain_vote(const Vote& vote, std::size_t symbol, const BarInputs& inputs) const;
  std::string why_expired(const Member& member, Timestamp as_of) const;
  static Result<Member> load_member(const Registry& registry, const VersionRecord& record);
  enum class IfBroken { abstain, refuse };
  Status add_members(const Registry& registry, const std::vector<VersionRecord>& records, IfBroken if_broken);
  Status load_ensemble(const Registry& registry, const VersionRecord& record,
                       const std::vector<std::string>& model_types, IfBroken if_broken);

  TradingCosts costs_;
  Duration max_data_age_{0};
  VersionId ensemble_;              ///< empty: none is active, or its rule is broken
  EnsembleRule rule_;               ///< its members are `members_`, and those of an ensemble that do not verify
  std::vector<Member> members_;     ///< ascending by model type
  std::vector<Abstention> absent_;  ///< types that vote on nothing
  InputNeeds needs_;
};

}  // namespace clm
