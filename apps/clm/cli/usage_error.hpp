#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace clm::app {

/// What is wrong with a command line that could not be read, with the nearest names of commands or flags. Codes (all
/// usage): `usage.no_command`, `usage.unknown_command`, `usage.unknown_flag`, `usage`. `words` begin with the program.
Error usage_error(const CLI::App& program, const std::vector<std::string>& words, const CLI::ParseError& error);

/// What no flag or argument takes, of those that were given: nothing at all (`usage.empty`), and bytes that are not
/// UTF-8 where it is not the name of a file (`usage.utf8`).
std::optional<Error> unusable_value(const CLI::App& program);

}  // namespace clm::app
