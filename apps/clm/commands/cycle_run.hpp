#pragma once
#include <string>
#include <vector>

#include "cli/program.hpp"

namespace clm::app {

/// What `clm cycle` and `clm train` may be told.
struct CycleFlags {
  bool force = false;
  std::vector<std::string> models;
  std::string as_of;
};

/// The life cycle up to the newest bar: what happened since is caught up on, then it is decided and learned. Prints
/// what came of it; returns the exit code.
Result<int> run_and_print_cycle(Program& program, const CycleFlags& flags);

/// Trains and judges candidates, and moves nothing; likewise.
Result<int> run_and_print_training(Program& program, const CycleFlags& flags);

}  // namespace clm::app
