#pragma once
#include <vector>

#include "base/run_context.hpp"
#include "market/store/store_check.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// Reads every file of the candle store and of the context store whole, candles first. A broken file is a check that is
/// not ok, and no error. Errors: `cancelled`, those of opening the stores.
Result<std::vector<FileCheck>> verify_stores(Workspace& workspace, const RunContext& run);

}  // namespace clm
