#pragma once

namespace clm {

/// How far the sum of a sequence of mean zero may stray at any time, however often it is looked at.
///
/// The mixture boundary of Robbins (1970) in the form of Howard, Ramdas, McAuliffe & Sekhon (2021, Annals of Statistics
/// 49:1055, propositions 5 and 6): exp(lambda s - lambda^2 v / 2) is averaged over a normal (two-sided) or half-normal
/// (one-sided) lambda of variance 1 / rho. Where that exponential is a supermartingale for every lambda, e.g. v the sum
/// of squares of values that are symmetric about zero given the past (de la Pena 1999, Annals of Probability 27:537),
/// P(s ever exceeds bound(v)) <= alpha (Ville).
class NormalMixture {
 public:
  enum class Sides { one, two };
  /// `tightest_at` > 0 is the v at which the boundary is closest to the best fixed-time one; alpha in (0, 1).
  NormalMixture(Sides sides, double tightest_at, double alpha);

  /// v >= 0. Cost: a closed form (two-sided), some 40 steps of bisection (one-sided).
  double bound(double v) const;
  /// The logarithm of the evidence against mean zero (or below): an e-value at any time; 1 / alpha decides.
  double log_evidence(double s, double v) const;
  double rho() const { return rho_; }
  double alpha() const { return alpha_; }

 private:
  Sides sides_;
  double rho_, alpha_;
};

}  // namespace clm
