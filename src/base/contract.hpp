#pragma once
#include <string_view>

namespace clm {

/// A place in the source. What std::source_location is; clang 14 does not know that one yet.
struct SourcePlace {
  const char* file;
  int line;
  const char* function;
  static constexpr SourcePlace current(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                                       const char* function = __builtin_FUNCTION()) {
    return {file, line, function};
  }
};

/// Aborts with place and sentence. For broken promises between functions, never for bad input (that is a `Result`).
[[noreturn]] void contract_broken(std::string_view what, SourcePlace where);

/// A promise the caller makes. Cost: one branch.
inline void expects(bool holds, std::string_view what, SourcePlace where = SourcePlace::current()) {
  if (!holds) [[unlikely]]
    contract_broken(what, where);
}

}  // namespace clm
