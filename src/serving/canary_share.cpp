#include "serving/canary_share.hpp"

#include "base/hash.hpp"

namespace clm {

bool in_canary_share(const Symbol& symbol, const VersionId& version, double share) {
  const std::string digest = Sha256().update(version.str() + " " + symbol.str()).hex_digest();
  return static_cast<double>(std::stoul(digest.substr(0, 8), nullptr, 16)) < share * 4294967296.0;
}

}  // namespace clm
