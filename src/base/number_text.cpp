#include "base/number_text.hpp"

#include <cmath>
#include <cstdio>

namespace clm {

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return value > 0 ? "inf" : value < 0 ? "-inf" : "unknown";
  char buffer[400];  // the longest double has 309 digits before the point
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

}  // namespace clm
