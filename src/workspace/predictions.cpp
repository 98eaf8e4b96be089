#include "workspace/predictions.hpp"

#include <algorithm>
#include <utility>

#include "learning/options/serving_rules.hpp"
#include "workspace/stored_life_cycle.hpp"

namespace clm {

Result<std::unique_ptr<PredictionService>> start_predictions(Workspace& workspace, const MarketView& market,
                                                             const RunContext& run) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  auto rules = serving_rules(workspace.learning());
  if (!rules) return forward_error(rules);
  auto canaries = canaries_in_service(workspace, market.candles->interval());
  if (!canaries) return forward_error(canaries);
  return PredictionService::start(**registry, std::move(*rules), std::move(*canaries),
                                  {*market.candles, market.context.get(), market.as_of}, run);
}

Result<std::size_t> log_predictions(Workspace& workspace, const Forecasts& forecasts, const MarketView& market,
                                    const RecipeNames& names) {
  const bool anybody = std::any_of(forecasts.predictions.begin(), forecasts.predictions.end(),
                                   [](const Prediction& prediction) { return !prediction.votes.empty(); });
  if (!anybody || market.lateness.counted_from == CountedFrom::asked_moment) return 0;
  const auto log = workspace.predictions_for_writing();
  if (!log) return forward_error(log);
  return (*log)->record(
      forecasts, {market.candles->venue(), market.candles->interval(), market.as_of, workspace.clock().now()}, names);
}

}  // namespace clm
