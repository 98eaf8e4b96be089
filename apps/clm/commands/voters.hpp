#pragma once
#include <string>

#include "registry/version.hpp"

namespace clm::app {

/// Who forecasts, in words: the ensemble, or without one the active versions.
inline std::string voters(const VersionId& ensemble) {
  return ensemble.empty() ? "the active versions, with configured weights" : "ensemble " + ensemble.str();
}

}  // namespace clm::app
