#pragma once
#include "workspace/workspace.hpp"

namespace clm::app {

/// What this program was built from.
ProgramBuild program_build();

}  // namespace clm::app
