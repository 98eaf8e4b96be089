#!/usr/bin/env python3
"""Oracle values of src/evaluation/*_test.cpp: block lengths, variances and SPA by `arch`.

pip install arch scipy scikit-learn; prints what the tests hold as literals.
"""
import numpy as np
from arch.bootstrap import SPA, StationaryBootstrap, optimal_block_length


class Lcg:
    """The same numbers in C++: state * 1103515245 + 12345 mod 2^31, as a share of 2^31."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 1103515245 + 12345) % 2**31
        return self.state / 2**31


def autoregression(seed, n, phi):
    lcg, x, out = Lcg(seed), 0.0, []
    for _ in range(n):
        noise = sum(lcg.uniform() for _ in range(12)) - 6
        x = phi * x + noise
        out.append(x)
    return np.array(out)


for seed, n, phi in [(1, 500, 0.0), (2, 500, 0.6), (3, 1000, 0.9), (4, 60, 0.3)]:
    length = optimal_block_length(autoregression(seed, n, phi))
    print("block", seed, n, phi, *(repr(float(v)) for v in length.iloc[0]))

n, models = 300, 4
gains = np.stack([autoregression(10 + k, n, 0.3) + shift for k, shift in enumerate([0.15, 0.02, -0.1, -0.6])], axis=1)
# arch 8.0 does not divide by the deviations, so its SPA "upper" is White's Reality Check; Hansen's studentised test is
# written out here on arch's resamples and variances.
check = SPA(np.zeros(n), -gains, reps=20000, block_size=10, bootstrap="stationary", seed=7)
check.compute()
print("reality check", check.pvalues["upper"])
variances = check._loss_diff_var
print("variances of the mean", [repr(float(v / n)) for v in variances])
mean, scale = gains.mean(0), np.sqrt(n / variances)
statistic = max(0.0, (scale * mean).max())
consistent = np.where(mean >= -np.sqrt(variances / n * 2 * np.log(np.log(n))), mean, 0.0)
bootstrap = StationaryBootstrap(10, gains, seed=7)
means = np.stack([pos[0].mean(0) for pos, _ in bootstrap.bootstrap(20000)])
for name, centre in [("lower", np.maximum(mean, 0)), ("consistent", consistent), ("upper", mean)]:
    print(name, statistic, (np.maximum(0, scale * (means - centre)).max(1) > statistic).mean())

from scipy import stats
from sklearn.isotonic import IsotonicRegression

print("t", stats.t.cdf(-2.5, 7), stats.t.ppf(0.995, 12.5), stats.norm.ppf(0.975), stats.norm.cdf(-3))
print("spearman", stats.spearmanr([1, 2, 2, 3, 5, 8], [2, 1, 4, 4, 9, 3]).statistic)
print("pava", IsotonicRegression().fit(range(8), [1, 3, 2, 2, 5, 4, 7, 6], [1, 2, 1, 3, 1, 1, 2, 1]).predict(range(8)))
