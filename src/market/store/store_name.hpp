#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace clm {

/// The name of a file or directory that stands for a symbol, venue or kind, whatever characters it has. Letters,
/// digits, '-', '_', a '.' that does not lead and everything beyond ASCII stay; the rest becomes %XX ("ETH/BTC" is
/// "ETH%2FBTC", "*" is "%2A"), so that no name can leave its directory or hide in it, and every name can be read back.
/// Error `store.name` (data): empty, longer than 64 bytes, or with control characters.
Result<std::string> to_file_name(std::string_view name);

/// The name a file name stands for; none if to_file_name() would not have made it.
std::optional<std::string> from_file_name(std::string_view file_name);

}  // namespace clm
