#pragma once
#include <map>
#include <string>

namespace clm::testing {

/// What a shell made of a script: its exit code, and both of its outputs in one.
struct ShellOutcome {
  int exit_code = -1;
  std::string out;
};

/// Runs a script with bash. "$clm" in it is the built program; settings of the caller's environment are not handed on.
ShellOutcome run_shell(const std::string& script, const std::map<std::string, std::string>& environment = {});

}  // namespace clm::testing
