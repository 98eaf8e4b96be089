// Where libclm_program.so is entered: the command line with all commands.
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>

#include <unistd.h>

#include "cli/command_line.hpp"
#include "commands/commands.hpp"

namespace clm::app {
namespace {

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return variables;
}

}  // namespace
}  // namespace clm::app

extern "C" __attribute__((visibility("default"))) int clm_program_main(int argc, char** argv) {
  try {
    return clm::app::run_command_line(clm::app::command_groups(), {argv, argv + argc},
                                      clm::app::environment_variables());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "clm: defect: %s\nPlease report it.\n", error.what());
    return static_cast<int>(clm::ErrorKind::defect);
  }
}
