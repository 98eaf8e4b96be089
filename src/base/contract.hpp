#pragma once
#include <source_location>
#include <string_view>

namespace clm {

/// Aborts with place and sentence. For broken promises between functions, never for bad input (that is a `Result`).
[[noreturn]] void contract_broken(std::string_view what, std::source_location where);

/// A promise the caller makes. Cost: one branch.
inline void expects(bool holds, std::string_view what, std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    contract_broken(what, where);
}

}  // namespace clm
