#pragma once
#include <map>
#include <string>
#include <vector>

#include "program.hpp"

namespace clm::app {

/// Runs one command line ("clm", "cycle", "--force", ...) of a program with these commands to its end, printing as the
/// program does, and returns the exit code. Errors are printed, never thrown.
int run_command_line(const std::vector<CommandGroup>& groups, const std::vector<std::string>& words,
                     const std::map<std::string, std::string>& environment);

}  // namespace clm::app
