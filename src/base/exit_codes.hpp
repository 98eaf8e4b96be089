#pragma once
#include <span>
#include <string_view>

namespace clm {

/// An exit code of the program as its manual lists it.
struct ExitCode {
  int code;
  std::string_view meaning;
};

/// All of them, ascending: 0 and those of `ErrorKind`. Help, the man page and docs/CLI.md are made from this table.
std::span<const ExitCode> exit_codes();

}  // namespace clm
