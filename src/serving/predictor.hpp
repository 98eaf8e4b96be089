#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/ensemble/volatility_rule.hpp"
#include "features/labels/label.hpp"
#include "registry/registry.hpp"
#include "serving/action.hpp"
#include "serving/bar_inputs.hpp"
#include "serving/servable_version.hpp"
#include "serving/serving_plan.hpp"

namespace clm {

/// What one version says about a symbol.
struct Vote {
  std::string model_type;
  VersionId version;
  /// Over the label's horizon, less the universe's mean where the label is relative; on the scale at which it is
  /// weighed (`EnsembleRule::common_scale`).
  double expected_return_bps = 0;
  double up_probability = 0;     ///< calibrated; strictly inside (0, 1)
  double weight = 0;             ///< in the forecast; of all that vote on the symbol, these sum to 1
  int horizon_bars = 0;          ///< of its label: from entry to exit
  Timestamp learned_until = {};  ///< `Manifest::learned_until`
  ForecastScale scale = {};      ///< what brought its own forecast to that scale, in units of volatility
};

struct Prediction {
  Symbol symbol;
  Action action = Action::hold;
  std::string note;                ///< what has to be known beside the action (`advise`); empty: nothing
  double expected_return_bps = 0;  ///< weighted mean of the votes; NaN without a vote
  double confidence = 0;           ///< weighted mean probability that the return has the forecast's sign; NaN without
  double disagreement_bps = 0;     ///< weighted standard deviation of the votes; NaN of fewer than two
  std::size_t agree = 0;           ///< votes that have the forecast's sign
  std::vector<Vote> votes;         ///< ascending by model type; several vintages of one have a vote each
  std::vector<Abstention> abstained;
  std::vector<VersionId> canaries = {};  ///< versions that take the active ones' places in it
  /// The expected return in units of the horizon's volatility: what a life cycle notes as served, to the bit.
  float forecast = kUnknownLabel;
};

/// What is said about the symbols, and by whom.
struct Forecasts {
  VersionId ensemble;  ///< that serves where no canary does; empty: the active versions, with configured weights
  VolatilityRegime regime = VolatilityRegime::unknown;  ///< that the weights depend on; unknown where they do not
  std::vector<Prediction> predictions;                  ///< ascending by symbol
  std::optional<int> horizon_bars = {};                 ///< of all who may vote; none: nobody may
  ReturnBasis basis = ReturnBasis::relative;            ///< of the expected returns
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

/// Everything that serves a universe at one moment of the registry, verified and loaded once: the versions that are
/// active, the members of the active ensemble, and the canaries. Who of them has a vote on which symbol is for
/// `ServingPlan` to say, anew at every bar, since what has expired serves no more. Immutable and thread-safe: swapped
/// as one object, no answer mixes two moments.
class Predictor {
 public:
  /// Whatever is broken, everybody else is served on. Errors: those of the registry's database; `serving.moving`
  /// (locked) if versions are moved again and again meanwhile. Cost: reads, verifies and loads every version once.
  static Result<Predictor> load(const Registry& registry, const ServingRules& rules,
                                std::vector<CanaryShare> canaries = {});

  /// The same for one version, whatever its status: it alone votes, or the members of an ensemble. Its bytes are
  /// verified. Errors `artifact.*`, `registry.pruned`, those of the registry's database.
  static Result<Predictor> load_version(const Registry& registry, const VersionRecord& record,
                                        const ServingRules& rules);

  /// `Registry::generation` when it was loaded.
  std::int64_t generation() const { return generation_; }
  const std::vector<CanaryShare>& canaries() const { return facts_.canaries; }
  /// What everybody who may ever vote has to be shown.
  const InputNeeds& needs() const { return needs_; }

  /// Who has a vote on these symbols at `at`, and with which weight, without asking anybody.
  ServingPlan plan(Timestamp at, const std::vector<Symbol>& symbols) const;

  /// One prediction per symbol of `inputs`, which hold what is needed (contract). Every model abstains on a stale
  /// symbol. Cost: one call of every model that has a vote, `jobs` of them at once, which changes no bit.
  Forecasts predict(const BarInputs& inputs, int jobs = 1) const;

  /// What `predict` says about `symbols`, and what moved it there: a symbol of a canary's share is explained by the
  /// canary. Error `predict.unknown_symbol` (usage) for a symbol that is not one of `inputs`. Cost: that of `predict`,
  /// and some milliseconds a symbol.
  Result<Explanations> explain(const BarInputs& inputs, const std::vector<Symbol>& symbols) const;

 private:
  using Versions = std::map<VersionId, std::shared_ptr<const ServableVersion>>;
  struct Said;
  Predictor(ServingFacts facts, const ServingRules& rules, const Versions& versions);
  Said ask(const ServableVersion& version, const BarInputs& inputs) const;
  std::map<VersionId, Said> ask(const ServingPlan& plan, const BarInputs& inputs, int jobs) const;
  MemberExplanation explain_vote(const Vote& vote, std::size_t symbol, const BarInputs& inputs) const;

  std::int64_t generation_ = 0;
  ServingFacts facts_;
  ServingRules rules_;
  std::optional<VersionId> alone_;  ///< the one version that is asked; none: whoever serves
  Versions versions_;               ///< with a model
  InputNeeds needs_;
};

}  // namespace clm
