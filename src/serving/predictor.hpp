#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "evaluation/calibrated_model.hpp"
#include "evaluation/trading_simulation.hpp"
#include "features/candle_source.hpp"
#include "features/context_source.hpp"
#include "features/label.hpp"
#include "registry/registry.hpp"

namespace clm {

enum class Action { buy, sell, hold };
std::string_view to_string(Action action);

/// What one active version says about a symbol.
struct Vote {
  std::string model_type;
  VersionId version;
  double expected_return_bps = 0;  ///< over the label's horizon; less the universe's mean where the label is relative
  double up_probability = 0;       ///< calibrated; strictly inside (0, 1)
  double weight = 0;               ///< of all that vote on the symbol, these sum to 1
};

/// Who has no vote on a symbol, and why.
struct Abstention {
  std::string model_type;
  std::string why;
};

struct Prediction {
  Symbol symbol;
  Action action = Action::hold;
  double expected_return_bps = 0;  ///< weighted mean of the votes; NaN without a vote
  double confidence = 0;           ///< weighted mean probability that the return has the forecast's sign; NaN without
  std::vector<Vote> votes;
  std::vector<Abstention> abstained;
};

struct PredictorOptions {
  /// A model type that is not named weighs 1. Weights are shared out anew among those that vote.
  std::map<std::string, double> weights;
  TradingCosts costs;  ///< a forecast inside the cost of both sides is a HOLD
};

/// The active versions, verified and loaded once. Immutable and thread-safe once made.
class Predictor {
 public:
  /// A type without an active version, or whose artifact does not verify, abstains and says why; a broken artifact is
  /// also an error of `load` itself if `broken` asks for it. Errors: those of the registry's database.
  enum class IfBroken { abstain, refuse };
  static Result<Predictor> load(const Registry& registry, const std::vector<std::string>& model_types,
                                PredictorOptions options, IfBroken if_broken);

  /// One prediction per symbol of `candles`, from bars known at `as_of`; ascending by symbol. A symbol without a bar
  /// that closed at `as_of` is stale: every model abstains on it.
  Result<std::vector<Prediction>> predict(const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                          const RunContext& run) const;

 private:
  struct Member {
    std::string model_type;
    VersionId version;
    std::string feature_set;
    LabelOptions label;
    CalibratedModel model;
  };
  PredictorOptions options_;
  std::vector<Member> members_;
  std::vector<Abstention> absent_;  ///< types that vote on nothing
};

/// {as_of, predictions:[{symbol, action, expected_return_bps, confidence, votes, abstained}]}
nlohmann::json to_json(const std::vector<Prediction>& predictions, Timestamp as_of);

}  // namespace clm
