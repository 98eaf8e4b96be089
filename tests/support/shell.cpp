#include "support/shell.hpp"

#include <sys/wait.h>

#include <cstdio>
#include <fstream>

#include "support/temp_directory.hpp"

namespace clm::testing {

ShellOutcome run_shell(const std::string& script, const std::map<std::string, std::string>& environment) {
  const TempDirectory directory;
  const auto file = directory.path() / "script.bash";
  {
    std::ofstream out(file);
    out << "for name in ${!CLM_@} ${!QT_CLM_@}; do unset \"$name\"; done\nclm='" << CLM_PROGRAM << "'\n";
    for (const auto& [name, value] : environment) out << "export " << name << "='" << value << "'\n";
    out << script << "\n";
  }
  ShellOutcome outcome;
  std::FILE* pipe = ::popen(("bash '" + file.string() + "' 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.out.append(buffer, n);
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

}  // namespace clm::testing
