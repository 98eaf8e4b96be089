#pragma once
#include <string>
#include <vector>

#include "program.hpp"

namespace clm::app {

/// What `clm cycle` and `clm train` may be told.
struct CycleFlags {
  bool force = false;
  std::vector<std::string> models;
  std::string as_of;
  std::string mode;  ///< overrides policy.mode; empty: as the settings say
};

/// Runs one learning cycle in the workspace and prints what came of it; returns the exit code.
Result<int> run_and_print_cycle(Program& program, const CycleFlags& flags);

}  // namespace clm::app
