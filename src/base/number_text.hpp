#pragma once
#include <string>

namespace clm {

/// "0.0123" with so many digits after the point; "inf", "-inf" or "unknown" (NaN) where there is no number.
std::string fixed(double value, int digits);
/// "12.3 %" of a share.
std::string percent(double share);

}  // namespace clm
