#include "base/probability_distribution.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace clm {
namespace {

// Infinite results are values here, not errors; promotion to long double would make results depend on the machine.
using Policy = boost::math::policies::policy<boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
                                             boost::math::policies::domain_error<boost::math::policies::ignore_error>,
                                             boost::math::policies::promote_double<false>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double normal_quantile(double p) {
  if (p <= 0) return -kInfinity;
  if (p >= 1) return kInfinity;
  return boost::math::quantile(boost::math::normal_distribution<double, Policy>(), p);
}

double student_t_cdf(double x, double degrees) {
  if (std::isinf(x)) return x > 0 ? 1 : 0;
  return boost::math::cdf(boost::math::students_t_distribution<double, Policy>(degrees), x);
}

double student_t_quantile(double p, double degrees) {
  if (p <= 0) return -kInfinity;
  if (p >= 1) return kInfinity;
  return boost::math::quantile(boost::math::students_t_distribution<double, Policy>(degrees), p);
}

double chi_squared_survival(double x, double degrees) {
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  return boost::math::cdf(complement(boost::math::chi_squared_distribution<double, Policy>(degrees), x));
}

double f_survival(double x, double numerator, double denominator) {
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  return boost::math::cdf(complement(boost::math::fisher_f_distribution<double, Policy>(numerator, denominator), x));
}

double kolmogorov_survival(double x) {
  if (x <= 0) return 1;
  // Two series of the same function: the first converges quickly where the second does not.
  if (x < 1) {
    const double exponent = -std::pow(std::acos(-1.0), 2) / (8 * x * x);
    double sum = 0;
    for (int k = 1; k <= 9; k += 2) sum += std::exp(k * k * exponent);
    return 1 - std::sqrt(2 * std::acos(-1.0)) / x * sum;
  }
  double sum = 0;
  for (int k = 1; k <= 6; ++k) sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2 * k * k * x * x);
  return sum;
}

}  // namespace clm
