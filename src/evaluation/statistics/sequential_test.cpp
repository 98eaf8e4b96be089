#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "evaluation/statistics/normal_mixture.hpp"
#include "evaluation/statistics/sequential_mean.hpp"

namespace clm {
namespace {

using Sides = NormalMixture::Sides;

// From the tests of uniform_boundaries in github.com/gostevehoward/confseq: v_opt 100, alpha .05.
TEST(NormalMixture, AgreesWithTheAuthorsOwnCode) {
  const NormalMixture two(Sides::two, 100, 0.05), one(Sides::one, 100, 0.05);
  EXPECT_NEAR(two.rho(), 12.60056, 5e-6);
  EXPECT_NEAR(two.log_evidence(10, 100), -0.6510052, 5e-8);
  EXPECT_NEAR(two.bound(100), 30.35209, 5e-6);
  EXPECT_NEAR(one.log_evidence(10, 100), -0.06502391, 5e-9);
  EXPECT_NEAR(one.bound(100), 27.66071, 5e-6);
}

TEST(NormalMixture, TheBoundIsWhereTheEvidenceDecides) {
  for (const Sides sides : {Sides::one, Sides::two})
    for (const double v : {0.0, 0.01, 3.0, 1e5}) {
      const NormalMixture mixture(sides, 20, 0.01);
      EXPECT_NEAR(mixture.log_evidence(mixture.bound(v), v), std::log(100.0), 1e-9) << v;
    }
}

TEST(NormalMixture, EvidenceFarOnTheWrongSideIsFinite) {
  const NormalMixture one(Sides::one, 100, 0.05);
  double before = one.log_evidence(0, 10);
  for (const double s : {-1.0, -100.0, -150.0, -200.0, -1e6}) {
    const double now = one.log_evidence(s, 10);
    EXPECT_LT(now, before);
    EXPECT_TRUE(std::isfinite(now));
    before = now;
  }
}

struct Tally {
  int above = 0, below = 0;
  double mean_count = 0;
};

/// `sequences` of values with the mean `shift`, each looked at after every value until it is decided.
template <typename Draw>
Tally watch(int sequences, int longest, const SequentialMeanOptions& options, Draw draw) {
  Tally tally;
  for (int i = 0; i < sequences; ++i) {
    Random random = Random::stream(3, "sequence", static_cast<std::uint64_t>(i));
    SequentialMean sequence(options);
    while (sequence.count() < static_cast<std::size_t>(longest) && !sequence.above_zero() && !sequence.below_zero())
      sequence.add(draw(random));
    tally.above += sequence.above_zero() ? 1 : 0;
    tally.below += sequence.below_zero() ? 1 : 0;
    tally.mean_count += static_cast<double>(sequence.count()) / sequences;
  }
  return tally;
}

TEST(SequentialMean, LookingAtEveryValueDoesNotCheatUnderHeavyTails) {
  SequentialMeanOptions options;
  options.alpha = 0.05;
  const Tally tally = watch(2'000, 500, options, [](Random& random) { return random.student_t(2.5); });
  EXPECT_LE(tally.above, 130);  // 100 expected at most, and four standard errors less than that again
  EXPECT_LE(tally.below, 130);
  EXPECT_GE(tally.above + tally.below, 20) << "a boundary that is never crossed decides nothing";
}

TEST(SequentialMean, AFixedTimeTestWouldHaveCheated) {
  int crossed = 0;
  for (int i = 0; i < 500; ++i) {
    Random random = Random::stream(3, "sequence", static_cast<std::uint64_t>(i));
    double sum = 0;
    for (int n = 1; n <= 500; ++n) {
      sum += random.normal();
      if (n > 5 && sum > 1.645 * std::sqrt(static_cast<double>(n))) {
        ++crossed;
        break;
      }
    }
  }
  EXPECT_GT(crossed, 100) << "5 % were promised";
}

TEST(SequentialMean, ARealMeanIsFoundOnItsSide) {
  SequentialMeanOptions options;
  const Tally tally = watch(300, 400, options, [](Random& random) { return 0.4 + random.student_t(4); });
  EXPECT_GE(tally.above, 297);
  EXPECT_EQ(tally.below, 0);
  EXPECT_LT(tally.mean_count, 130);
}

TEST(SequentialMean, DoesNotCareForTheUnit) {
  SequentialMeanOptions options;
  SequentialMean small(options), large(options);
  Random random(5);
  for (int i = 0; i < 200; ++i) {
    const double value = 0.3 + random.normal();
    small.add(value * 1e-4);
    large.add(value * 1e4);
    ASSERT_EQ(small.above_zero(), large.above_zero()) << i;
  }
  EXPECT_TRUE(small.above_zero());
  EXPECT_NEAR(large.bounds().lo / small.bounds().lo, 1e8, 1e2);
}

TEST(SequentialMean, BoundsAreWhatIsNotExcluded) {
  SequentialMeanOptions options;
  SequentialMean values(options);
  EXPECT_EQ(values.bounds().lo, -std::numeric_limits<double>::infinity());
  Random random(8);
  for (int i = 0; i < 60; ++i) values.add(0.2 + random.normal());
  const auto bounds = values.bounds();
  EXPECT_LT(bounds.lo, values.mean());
  EXPECT_GT(bounds.hi, values.mean());
  EXPECT_EQ(bounds.lo > 0, values.above_zero());
  for (int i = 0; i < 600; ++i) values.add(0.2 + random.normal());
  EXPECT_TRUE(values.above_zero());
  EXPECT_GT(values.bounds().lo, 0);
}

TEST(SequentialMean, OverlapAsksForMore) {
  SequentialMeanOptions plain, overlapping;
  overlapping.variance_inflation = 1.5;
  SequentialMean one(plain), other(overlapping);
  std::size_t first = 0, second = 0;
  Random random(2);
  for (std::size_t i = 1; i < 2'000; ++i) {
    const double value = 0.2 + random.normal();
    one.add(value);
    other.add(value);
    if (first == 0 && one.above_zero()) first = i;
    if (second == 0 && other.above_zero()) second = i;
  }
  ASSERT_GT(first, 0U);
  EXPECT_GT(second, first + first / 4);
}

TEST(SequentialMean, SaysHowLongItWillTake) {
  SequentialMeanOptions options;
  SequentialMean values(options);
  EXPECT_FALSE(values.expected_remaining(1'000));
  Random random(4);
  for (int i = 0; i < 40; ++i) values.add(0.2 + random.normal());
  const auto remaining = values.expected_remaining(100'000);
  ASSERT_TRUE(remaining);
  ASSERT_GT(*remaining, 0U);
  // The same 35 values again and again, pilot aside: decided when it said.
  SequentialMean repeated(options);
  Random again(4);
  std::vector<double> seen;
  for (int i = 0; i < 40; ++i) seen.push_back(0.2 + again.normal());
  for (const double value : seen) repeated.add(value);
  std::size_t added = 0;
  while (!repeated.above_zero() && added < 10'000) repeated.add(seen[5 + added++ % 35]);
  EXPECT_NEAR(static_cast<double>(added), static_cast<double>(*remaining), 70);  // two rounds of the 35
}

TEST(SequentialMean, GoesOnFromItsState) {
  SequentialMeanOptions options;
  SequentialMean whole(options), first(options), second(options);
  Random random(6);
  for (int i = 0; i < 50; ++i) {
    const double value = random.normal();
    whole.add(value);
    (i < 23 ? first : second).add(value);
    if (i == 22) second.restore(first.state());
  }
  EXPECT_EQ(whole.state(), second.state());
}

}  // namespace
}  // namespace clm
