#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/metrics/trading_simulation.hpp"
#include "features/labels/label.hpp"
#include "market/series/candle.hpp"
#include "registry/version.hpp"
#include "serving/canary_share.hpp"

namespace clm {

/// How somebody wants to be served: what the settings say.
struct ServingRules {
  /// Recipes whose active versions may vote by themselves: "lightgbm", "lightgbm/yearly" (`slot_name`). So they are
  /// called wherever something here has a `model_type`.
  std::set<std::string> model_types;
  std::string floor;                      ///< a model type that may vote where none of these has a vote; empty: none
  std::map<std::string, double> weights;  ///< of their votes where no ensemble serves; above 0
  double other_weight = 1;                ///< of one that is not named
  WeightBounds bounds{0, 1};              ///< where the number of votes allows them
  LabelOptions label;                     ///< what is to be forecast
  Duration max_data_age{0};               ///< a version that learned until longer ago has no vote; 0: never
  TradingCosts costs;                     ///< a forecast inside the cost of both sides is a HOLD
};

/// What decides whether a version has a vote: known without asking it.
struct VersionFacts {
  std::string model_type;
  VersionId version;
  Timestamp learned_until;           ///< `Manifest::learned_until`
  LabelOptions label;                ///< what it forecasts
  std::string broken;                ///< why nobody can be served by it; empty: everybody can
  std::optional<EnsembleRule> rule;  ///< of an ensemble
  std::string suspended = {};        ///< why it has no vote until it is reinstated; empty: it is not suspended
};

/// What the registry knows at one moment.
struct ServingFacts {
  std::map<std::string, VersionId> active;  ///< by model type; that of `kEnsembleType` is the active ensemble
  std::vector<CanaryShare> canaries;
  std::map<VersionId, VersionFacts> versions;  ///< all of these, and the members of the ensembles among them
};

/// Why a type has no vote of which nothing is active.
inline constexpr const char* kNothingActive = "no version is active";

/// Who has no vote, and why.
struct Abstention {
  std::string model_type;
  std::string why;
  VersionId version = {};  ///< empty: there is none
};

/// One who is served where it has a vote.
struct LineupMember {
  std::string model_type;
  VersionId version;
  Timestamp learned_until;  ///< `Manifest::learned_until`
  double weight = 0;        ///< if all who have a vote give it, and no regime is told apart; 0 without a vote
  std::string why_not;      ///< it has no vote; empty: it has
};

/// Who is served to a symbol: the members of an ensemble, or versions with the configured weights.
struct Lineup {
  VersionId ensemble;                    ///< empty: versions of their own, with configured weights
  std::vector<LineupMember> members;     ///< ascending by model type; several of one type have a place each
  std::vector<Abstention> absent;        ///< types that are no member, and who was passed over
  std::vector<VersionId> canaries = {};  ///< versions that take the active ones' places in it
  EnsembleRule rule = {};                ///< how their votes become one; its members are `members`

  bool has_vote() const;
};

/// Who is served to whom at one moment, and why the others are not: the one place that decides it.
///
/// - A version has no vote if it is broken, is suspended, has expired, or forecasts something else than the plan's
/// label is about
///   (`are_judged_alike`).
/// - That label is the one that the settings ask for. Where nobody who could vote forecasts it, as after a change of
///   the setting, it is that of the one who learned last: votes of different labels are never combined, and a changed
///   setting silences nobody before somebody can take its place.
/// - A canary with a vote takes the place of its type's active version on its share of the symbols, also where that one
///   is missing or has no vote; without a vote it leaves its share to it. Of several of a type the last one counts.
/// - The ensemble serves, its members as they were when it was made and whatever became of them since, if it is sound,
///   has not expired and a member has a vote. Otherwise the active versions of the configured types do, with the
///   configured weights within their bounds.
struct ServingPlan {
  LabelOptions label;                  ///< what all who have a vote forecast
  std::vector<Lineup> lineups;         ///< the first is that of the symbols in no canary's share
  std::vector<std::size_t> lineup_of;  ///< by symbol, its place in `lineups`
};

/// Loads nothing and asks nobody. Cost: some microseconds, and a hash per symbol and canary.
ServingPlan plan_serving(const ServingFacts& facts, const ServingRules& rules, Timestamp at,
                         const std::vector<Symbol>& symbols);

/// The plan of one version, whatever its label, its status and what the settings name: it alone, or the members of an
/// ensemble, each as far as it is neither broken nor expired. What a suspended one would say is asked with facts that
/// leave its suspension out. Contract: it is one of `facts`.
ServingPlan plan_version(const ServingFacts& facts, const VersionId& version, Duration max_data_age, Timestamp at,
                         const std::vector<Symbol>& symbols);

/// What is said of a bar by those who have a vote.
struct BarVotes {
  /// Of every version that has a vote in the plan, one per symbol in units of volatility; NaN: it abstains.
  std::map<VersionId, std::vector<float>> forecasts;
  std::vector<float> volatility;  ///< of each symbol, the plan's label's unit; NaN: not known, or it has no bar
};

/// What the plan makes of them.
struct BarForecast {
  std::vector<CombinedForecast> of_symbol;  ///< `weights` as long as its lineup's members
  std::vector<VolatilityRegime> of_lineup;  ///< that its weights depend on; unknown where they do not
  /// By lineup and member: what brings its forecasts to the scale at which they are weighed.
  std::vector<std::vector<ForecastScale>> scales;

  /// What is served of a symbol in units of its volatility, as it is logged; NaN: nothing.
  float served(std::size_t symbol) const { return static_cast<float>(of_symbol[symbol].forecast); }
};

/// One forecast for each symbol: the weighted mean of the votes of its lineup, brought to one scale where its rule asks
/// for it, over all symbols and not only those that the lineup serves. A symbol whose volatility is not known gets
/// none: nobody can say what its forecast is worth. Cost: O(k^2) a symbol, k members, some 100 ns.
BarForecast combine(const ServingPlan& plan, const BarVotes& votes);

}  // namespace clm
