#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "evaluation/ensemble/ensemble_weights.hpp"
#include "evaluation/ensemble/volatility_rule.hpp"
#include "evaluation/metrics/forecast_table.hpp"

namespace clm {

/// Where the weights of an ensemble come from.
enum class WeightSource {
  fixed,      ///< as configured
  learned,    ///< least squares on rows that no member was fitted on
  per_regime  ///< the same, for each volatility regime by itself
};
std::string_view to_string(WeightSource source);

/// Which version takes part. Names, not models: what is here is stored as text.
struct EnsembleMember {
  std::string model_type;
  std::string version;
  auto operator<=>(const EnsembleMember&) const = default;
};

/// Weights for every state of the market; each as long as the list of members, each summing to 1.
struct EnsembleWeights {
  WeightSource source = WeightSource::fixed;
  std::vector<double> all;  ///< where no regime is told apart, or none is known
  struct ByRegime {
    VolatilityRule rule;
    std::array<std::vector<double>, 3> weights;  ///< calm, normal, turbulent
  };
  std::optional<ByRegime> by_regime;  ///< of source `per_regime`

  const std::vector<double>& in(VolatilityRegime regime) const;
};

/// What an ensemble says about one row.
struct CombinedForecast {
  double forecast = 0;          ///< weighted mean of the votes; NaN without a vote
  double disagreement = 0;      ///< weighted standard deviation of the votes; 0 for one vote, NaN without
  std::size_t votes = 0;        ///< members that had a forecast
  std::size_t agree = 0;        ///< votes that have the sign of `forecast`
  std::vector<double> weights;  ///< in force, one per member: 0 where it abstained, else they sum to 1
};

/// What brings the forecasts of one member at one time to the mean and spread that all members share then.
struct ForecastScale {
  double offset = 0, slope = 1;

  double of(double forecast) const { return offset + slope * forecast; }
};

/// How forecasts of several members become one: everything that an ensemble is, apart from the members' own files.
/// A member that abstains has its weight shared out among those that vote, in proportion, within the bounds where they
/// can be kept. Immutable use is thread-safe.
struct EnsembleRule {
  std::vector<EnsembleMember> members;  ///< ascending by model type and version, each once
  EnsembleWeights weights;
  WeightBounds bounds;
  /// Where the members that vote have forecasts of at least so many symbols at one time, each of them is brought to one
  /// scale before it is weighed (`common_scale`). 0: they are weighed as they are.
  std::size_t standardised_from = 0;

  /// Of each member at one time. `said`: by member its forecasts of all symbols, NaN or no entry = it abstains. A
  /// member's own mean and deviation over the symbols become the weighted mean of the members' means and of their
  /// deviations: who forecasts larger has no more say than its weight, and the ensemble's forecasts keep the size that
  /// the members were calibrated to. Whoever has too few forecasts keeps them as they are, and so does one by itself.
  /// Cost O(symbols x members).
  std::vector<ForecastScale> common_scale(std::span<const std::span<const float>> said, VolatilityRegime regime) const;

  /// The weighted mean. `forecasts`: one per member in units of the horizon's volatility, brought to one scale where
  /// the rule asks for it, NaN = it abstains. Cost O(k^2), some 100 ns.
  CombinedForecast combine(std::span<const double> forecasts, VolatilityRegime regime) const;

  /// The same for every row; `tables` are the members', in their order, and share one `rows`. Regimes are told by each
  /// row's own time. NaN where no member votes.
  std::vector<float> combine(std::span<const ForecastTable> tables) const;
  /// The same as one forecaster, with the probability that is served of it: the mean of those of the votes, by the
  /// weights in force. Without probabilities where a member has none.
  ForecastTable as_one(const std::string& name, std::span<const ForecastTable> tables) const;

  /// The rule without one member, its weight shared out: what leaving it out would give.
  EnsembleRule without(std::size_t member) const;

  /// `ensemble.json` of an artifact: canonical, equal content gives equal bytes.
  std::string to_json_text() const;
  /// Strict. Error `ensemble.load` (integrity).
  static Result<EnsembleRule> load(const std::filesystem::path& file);

  static constexpr const char* kFileName = "ensemble.json";
};

}  // namespace clm
