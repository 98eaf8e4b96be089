#pragma once

namespace clm {

/// Standard normal: cumulative probability and its inverse (p in (0, 1); 0 and 1 give infinities).
double normal_cdf(double x);
double normal_quantile(double p);
/// Student's t with `degrees` > 0.
double student_t_cdf(double x, double degrees);
double student_t_quantile(double p, double degrees);

}  // namespace clm
