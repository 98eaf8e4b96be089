#include "cli/program_build.hpp"

#include "build_info.hpp"

namespace clm::app {

ProgramBuild program_build() { return {CLM_VERSION, kGitCommit}; }

}  // namespace clm::app
