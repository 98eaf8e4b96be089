#pragma once
#include <string>

#include "market/series/candle.hpp"
#include "registry/version.hpp"

namespace clm {

/// A version in the canary, and the share of the symbols that it serves, in [0, 1].
struct CanaryShare {
  std::string model_type;
  VersionId version;
  double share = 0;

  bool operator==(const CanaryShare&) const = default;
};

/// Whether `symbol` belongs to a canary's share of `version`: a hash decides, so that a symbol stays in as the share
/// grows, and another version's canary is tried on other symbols.
bool in_canary_share(const Symbol& symbol, const VersionId& version, double share);

}  // namespace clm
