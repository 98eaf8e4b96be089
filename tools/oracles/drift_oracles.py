#!/usr/bin/env python3
"""Oracle values of the drift detectors' and two-sample tests' tests in src/evaluation, by `river` and `scipy`.

pip install river==0.22.0 scipy; prints what the tests hold as literals.
"""
import numpy as np
from river import drift


class Lcg:
    """The same numbers in C++: state * 1103515245 + 12345 mod 2^31, as a share of 2^31."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 1103515245 + 12345) % 2**31
        return self.state / 2**31


def errors(seed, rates, length):
    lcg = Lcg(seed)
    return [int(lcg.uniform() < rate) for rate in rates for _ in range(length)]


def events(detector, values):
    out, warned = [], False
    for i, x in enumerate(values):
        detector.update(x)
        warning = getattr(detector, "warning_detected", False)
        if warning and not warned:
            out.append(f"warning {i}")
        warned = warning
        if detector.drift_detected:
            out.append(f"drift {i}")
            warned = False
    return out


RATES = [0.3, 0.55, 0.2, 0.6]
STREAM = errors(1, RATES, 600)
print("page-hinkley", events(drift.PageHinkley(threshold=20), STREAM))
print("page-hinkley up", events(drift.PageHinkley(threshold=20, mode="up"), STREAM))
print("ddm", [e for e in events(drift.binary.DDM(), STREAM) if "drift" in e])
print("hddm-w", [e for e in events(drift.binary.HDDM_W(), STREAM) if "drift" in e])
print("hddm-w both", [e for e in events(drift.binary.HDDM_W(two_sided_test=True), STREAM) if "drift" in e])


class Ewma:
    """River 0.22's EWMean begins anew whenever the mean is 0; this one does not."""

    def __init__(self, share):
        self.share, self.mean = share, None

    def update(self, x):
        self.mean = x if self.mean is None else self.share * x + (1 - self.share) * self.mean

    def get(self):
        return self.mean


from river.drift.binary import hddm_w

hddm_w.stats = type("stats", (), {"EWMean": Ewma})
print("hddm-w, mended", [e for e in events(drift.binary.HDDM_W(), STREAM) if "drift" in e])
print("hddm-w both, mended", [e for e in events(drift.binary.HDDM_W(two_sided_test=True), STREAM) if "drift" in e])
print("adwin", events(drift.ADWIN(), STREAM))

from scipy import stats

for count in [5, 12, 14, 30]:
    shifted = np.arange(30) + count - 0.5
    result = stats.ks_2samp(np.arange(30), shifted, method="exact")
    print("ks exact", count, round(result.statistic * 30), repr(float(result.pvalue)))

print("kolmogorov", [repr(float(stats.kstwobign.sf(x))) for x in [0.3, 0.8, 1.0, 1.36, 2.5]])
print("chi squared", [repr(float(stats.chi2.sf(x, k))) for x, k in [(3.2, 4), (16.92, 9), (80, 9)]])
print("f", [repr(float(stats.f.sf(x, a, b))) for x, a, b in [(2.5, 4, 30), (12, 4, 12), (0.7, 9, 200)]])


def sample(seed, n, spread=1.0):
    lcg = Lcg(seed)
    return np.array([spread * (sum(lcg.uniform() for _ in range(12)) - 6) for _ in range(n)])


from scipy.spatial.distance import jensenshannon

reference, current = sample(11, 200), sample(12, 150, 1.4) + 0.3
print("ks distance", repr(float(stats.ks_2samp(reference, current).statistic)))
print("energy distance", repr(float(stats.energy_distance(reference, current))))
edges = np.sort(reference)[[int(np.ceil(200 * i / 10)) - 1 for i in range(1, 10)]]
p = np.bincount(np.searchsorted(edges, reference), minlength=10)
q = np.bincount(np.searchsorted(edges, current), minlength=10)
p, q = (p + 0.5) / (200 + 5), (q + 0.5) / (150 + 5)
print("psi", repr(float(np.sum((q - p) * np.log(q / p)))))
print("jensen-shannon", repr(float(jensenshannon(p, q, base=2))))
ps = [0.001, 0.21, 0.008, 0.039, 0.041, 0.042, 0.6, 0.074, 0.205, 0.212]
print("benjamini-hochberg", [round(float(v), 12) for v in stats.false_discovery_control(ps)])
