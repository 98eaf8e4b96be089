#pragma once
#include <string>

#include "base/result.hpp"
#include "cli/program.hpp"

namespace clm::app {

/// Which features of the workspace's market are not what they were in the rows that the active versions were fitted on,
/// as of `as_of` (empty: now); with `fitted_until` instead in all rows up to then. Prints it. Errors:
/// `drift.nobody_active` (usage), those of the flags and of the workspace.
Result<int> run_market_drift(Program& program, const std::string& as_of, const std::string& fitted_until);

}  // namespace clm::app
