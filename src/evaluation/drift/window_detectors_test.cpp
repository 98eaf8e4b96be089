// ADWIN and KSWIN against versions that keep every value and do everything anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "base/random.hpp"
#include "evaluation/drift/drift_detectors.hpp"

namespace clm {
namespace {

/// ADWIN2 from its definition: the window's values, and the sizes of the buckets that they are in.
class NaiveAdwin {
 public:
  explicit NaiveAdwin(const AdwinOptions& options) : options_(options) {}

  bool update(double value) {
    if (detected_) *this = NaiveAdwin(options_);
    window_.push_back(value);
    sizes_.push_back(1);
    for (std::size_t size = 1; count(size) > options_.max_buckets; size *= 2) {
      const auto first = std::find(sizes_.begin(), sizes_.end(), size);
      *first = 2 * size;
      sizes_.erase(first + 1);
    }
    if (++ticks_ % options_.clock != 0 || window_.size() <= options_.grace_values) return false;
    while (parts_differ()) {
      window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(sizes_.front()));
      sizes_.pop_front();
      detected_ = true;
    }
    return detected_;
  }

  double mean() const { return mean_of(0, window_.size()); }
  double variance() const {
    double sum = 0;
    for (const double x : window_) sum += (x - mean()) * (x - mean());
    return sum / static_cast<double>(window_.size());
  }
  const std::deque<double>& window() const { return window_; }
  std::size_t buckets() const { return sizes_.size(); }

 private:
  std::size_t count(std::size_t size) const {
    return static_cast<std::size_t>(std::count(sizes_.begin(), sizes_.end(), size));
  }
  double mean_of(std::size_t from, std::size_t to) const {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += window_[i];
    return sum / static_cast<double>(to - from);
  }
  bool parts_differ() const {
    const auto n = static_cast<double>(window_.size());
    const double log_term = std::log(2 * std::log(n) / options_.delta);
    const double spread = variance();
    std::size_t cut = 0;
    for (const std::size_t size : sizes_) {
      cut += size;
      if (cut < options_.min_part || window_.size() - cut < options_.min_part) continue;
      const double lessened = static_cast<double>(options_.min_part) - 1;
      const double m = 1 / (1 / (static_cast<double>(cut) - lessened) + 1 / (n - static_cast<double>(cut) - lessened));
      const double epsilon = std::sqrt(2 / m * spread * log_term) + 2 / (3 * m) * log_term;
      if (std::abs(mean_of(0, cut) - mean_of(cut, window_.size())) > epsilon) return true;
    }
    return false;
  }

  AdwinOptions options_;
  std::deque<double> window_;
  std::deque<std::size_t> sizes_;
  std::size_t ticks_ = 0;
  bool detected_ = false;
};

TEST(Adwin, KeepsTheWindowThatKeepingEveryValueGives) {
  for (const AdwinOptions& options : {AdwinOptions{}, AdwinOptions{.delta = 0.2, .clock = 1, .max_buckets = 2},
                                      AdwinOptions{.delta = 0.05, .clock = 7, .max_buckets = 3, .min_part = 1}}) {
    Adwin fast(options);
    NaiveAdwin naive(options);
    Random random(3);
    std::size_t found = 0;
    for (std::size_t i = 0; i < 1'500; ++i) {
      const double value = random.normal() + (i / 250 % 2 == 1 ? 2 : 0);
      const bool drift = fast.update(value) == DriftSignal::drift;
      ASSERT_EQ(drift, naive.update(value)) << i;
      found += drift ? 1 : 0;
      ASSERT_EQ(fast.width(), static_cast<double>(naive.window().size())) << i;
      ASSERT_EQ(fast.buckets(), naive.buckets());
      if (i % 50 != 0) continue;
      EXPECT_NEAR(fast.mean(), naive.mean(), 1e-10);
      EXPECT_NEAR(fast.variance(), naive.variance(), 1e-10);
    }
    EXPECT_GE(found, 5U);
  }
}

TEST(Adwin, MemoryIsLogarithmic) {
  Adwin adwin;
  for (std::size_t i = 0; i < 200'000; ++i) ASSERT_EQ(adwin.update(static_cast<double>(i % 2)), DriftSignal::none);
  EXPECT_EQ(adwin.width(), 200'000);
  EXPECT_LE(adwin.buckets(), 6 * static_cast<std::size_t>(1 + std::log2(200'000.0)));
  EXPECT_NEAR(adwin.mean(), 0.5, 1e-9);
  EXPECT_NEAR(adwin.variance(), 0.25, 1e-9);
}

/// Bifet & Gavalda, theorem 3.1: false alarms at most delta at each check.
TEST(Adwin, RarelyAlarmsWithoutAChange) {
  std::size_t alarms = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    Adwin adwin;
    for (std::size_t i = 0; i < 5'000; ++i) alarms += adwin.update(random.uniform()) == DriftSignal::drift ? 1U : 0U;
  }
  EXPECT_LE(alarms, 2U);
}

/// Distance of two samples of one size as a count, by counting for every value.
int naive_distance(const std::vector<double>& a, const std::vector<double>& b) {
  int out = 0;
  const auto up_to = [](const std::vector<double>& values, double x) {
    return static_cast<int>(std::count_if(values.begin(), values.end(), [x](double v) { return v <= x; }));
  };
  for (const auto* sample : {&a, &b})
    for (const double x : *sample) out = std::max(out, std::abs(up_to(a, x) - up_to(b, x)));
  return out;
}

TEST(Kswin, AlarmsWhereTheTestOfItsSamplesDoes) {
  std::size_t alarms = 0;
  for (const double grain : {0.0, 0.5, 3.0})  // values alone, with some ties, with many
    for (const KswinOptions& options :
         {KswinOptions{.seed = 5}, KswinOptions{.alpha = 0.3, .window = 64, .recent = 32},
          KswinOptions{.alpha = 0.05, .window = 129, .recent = 7}, KswinOptions{.alpha = 0.1, .window = 4, .recent = 2},
          KswinOptions{.alpha = 0.01, .window = 330, .recent = 160}}) {
      Kswin kswin(options);
      Random random(7);
      for (std::size_t i = 0; i < 1'500; ++i) {
        const double noise = random.normal() + (i % 500 >= 250 ? 1 : 0);
        const double value = grain > 0 ? std::round(noise / grain) : noise;
        const bool drift = kswin.update(value) == DriftSignal::drift;
        alarms += drift ? 1 : 0;
        const DetectorState state = kswin.state();  // two of the generator, a flag, then value and taken by age
        ASSERT_EQ(state.back(), 0) << "a recent value is not among the others";
        const std::size_t held = (state.size() - 3) / 2;
        if (held < options.window) {
          ASSERT_FALSE(drift);
          continue;
        }
        std::vector<double> taken, recent;
        for (std::size_t age = 0; age < held; ++age) {
          const double x = state[3 + 2 * age];
          if (age + options.recent >= held)
            recent.push_back(x);
          else if (state[4 + 2 * age] != 0)
            taken.push_back(x);
        }
        ASSERT_EQ(recent.back(), value);
        ASSERT_EQ(taken.size(), options.recent);
        ASSERT_EQ(drift, naive_distance(taken, recent) >= static_cast<int>(kswin.critical_count())) << i;
      }
    }
  EXPECT_GE(alarms, 30U);
}

TEST(Kswin, EveryOlderValueIsTakenEquallyOften) {
  Kswin kswin({.alpha = 1e-9, .window = 40, .recent = 10});
  std::vector<double> taken(30, 0.0);
  const int rounds = 20'000;
  Random random(1);
  for (int i = 0; i < rounds + 40; ++i) {
    kswin.update(random.uniform());
    if (i < 40) continue;
    const DetectorState state = kswin.state();
    for (std::size_t age = 0; age < taken.size(); ++age) taken[age] += state[4 + 2 * age] / rounds;
  }
  for (const double share : taken) EXPECT_NEAR(share, 1.0 / 3, 0.03);
}

/// scipy.stats.ks_2samp(method="exact") of samples of 30 with these distances: tools/oracles/drift_oracles.py.
TEST(Kswin, ExactPValues) {
  EXPECT_EQ(exact_ks_p_value(0, 30), 1);
  EXPECT_NEAR(exact_ks_p_value(5, 30), 0.8079631540901643, 1e-13);
  EXPECT_NEAR(exact_ks_p_value(12, 30), 0.015643390496754332, 1e-13);
  EXPECT_NEAR(exact_ks_p_value(14, 30), 0.0025300622362698397, 1e-13);
  EXPECT_NEAR(exact_ks_p_value(30, 30), 1.6911233892144742e-17, 1e-28);
  EXPECT_EQ(Kswin().critical_count(), 14U);
}

TEST(Kswin, FalseAlarmsOfAQuietStream) {
  std::size_t alarms = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Random random = Random::stream(seed, "quiet");
    Kswin kswin({.seed = seed});
    for (std::size_t i = 0; i < 10'000; ++i) alarms += kswin.update(random.normal()) == DriftSignal::drift ? 1U : 0U;
  }
  EXPECT_GT(alarms, 40U);  // the header says: about one in 1,500 values
  EXPECT_LT(alarms, 110U);
}

}  // namespace
}  // namespace clm
