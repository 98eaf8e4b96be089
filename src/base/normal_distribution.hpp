#pragma once

namespace clm {

/// Phi(x), the standard normal distribution function.
double normal_cdf(double x);

/// Phi^-1(p) for p in (0, 1): Acklam's rational approximation refined by one Halley step; relative error below 1e-14.
double normal_quantile(double p);

}  // namespace clm
