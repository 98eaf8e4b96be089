#pragma once
#include <string_view>

namespace clm {

/// Aborts with place and sentence. For broken promises between functions, never for bad input (that is a `Result`).
[[noreturn]] void contract_broken(std::string_view what, const char* file, int line, const char* function);

/// A promise the caller makes. Cost: one branch. (The builtins are what std::source_location is made of; clang 14 has
/// them, but not the class.)
inline void expects(bool holds, std::string_view what, const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                    const char* function = __builtin_FUNCTION()) {
  if (!holds) [[unlikely]]
    contract_broken(what, file, line, function);
}

}  // namespace clm
