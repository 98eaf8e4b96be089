#pragma once

namespace clm {

/// Standard normal: cumulative probability and its inverse (p in (0, 1); 0 and 1 give infinities).
double normal_cdf(double x);
double normal_quantile(double p);
/// Student's t with `degrees` > 0.
double student_t_cdf(double x, double degrees);
double student_t_quantile(double p, double degrees);
/// Chance that chi-squared with `degrees` > 0 exceeds `x`; 1 for x <= 0.
double chi_squared_survival(double x, double degrees);
/// Chance that Fisher's F, the ratio of two independent chi-squared means with `numerator` and `denominator` > 0
/// degrees, exceeds `x`; 1 for x <= 0.
double f_survival(double x, double numerator, double denominator);
/// Chance that the supremum of a Brownian bridge exceeds `x`: the limit of sqrt(n) times Kolmogorov's distance
/// (Kolmogorov 1933; Smirnov 1948).
double kolmogorov_survival(double x);

}  // namespace clm
