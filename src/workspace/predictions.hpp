#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "base/run_context.hpp"
#include "serving/prediction_service.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// What serves the workspace's market, with its models loaded and its inputs live. Errors: those of
/// `PredictionService::start`, `serving_rules`, `canaries_in_service`. Cost: reads the history once.
Result<std::unique_ptr<PredictionService>> start_predictions(Workspace& workspace, const MarketView& market,
                                                             const RunContext& run);

/// Writes down what was said about the newest bar by the clock; how many predictions were new. What was asked of the
/// past is none, and neither is anything where nobody voted. Errors: those of `predictions_for_writing`.
Result<std::size_t> log_predictions(Workspace& workspace, const Forecasts& forecasts, const MarketView& market,
                                    const RecipeNames& names);

}  // namespace clm
