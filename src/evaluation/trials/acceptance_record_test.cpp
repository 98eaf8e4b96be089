#include "evaluation/trials/acceptance_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr double kBudget = 0.005;

TEST(AcceptanceLevel, SharesOfAYearAddUpToTheBudgetAndTheFirstFiveAreEqual) {
  double sum = 0;
  for (std::size_t t = 1; t <= 100'000; ++t) {
    sum += acceptance_share(t);
    ASSERT_LE(sum, 1 + 1e-12);
    if (t > 1) {
      ASSERT_LE(acceptance_share(t), acceptance_share(t - 1));
    }
  }
  EXPECT_NEAR(sum, 1, 1e-4) << "nothing of it is given away";
  EXPECT_DOUBLE_EQ(acceptance_share(1), 0.1);
  EXPECT_DOUBLE_EQ(acceptance_share(5), 0.1);
  EXPECT_DOUBLE_EQ(acceptance_share(6), 3.0 / 42);
  EXPECT_DOUBLE_EQ(acceptance_level(kBudget, 1, 0), 0.0005);
  EXPECT_DOUBLE_EQ(acceptance_level(kBudget, 1, 2), 0.0015) << "who was accepted makes room for others (e-LOND)";
}

/// Rank ICs of bars whose labels span `horizon` bars: sums over as many shocks, of standard deviation .155.
class OverlappingScores {
 public:
  OverlappingScores(int horizon, Random random)
      : random_(random), shocks_(static_cast<std::size_t>(horizon), 0.0), scale_(0.155 / std::sqrt(horizon)) {
    for (double& shock : shocks_) shock = random_.normal();
  }
  double next() {
    shocks_[at_] = random_.normal();
    at_ = (at_ + 1) % shocks_.size();
    return scale_ * std::accumulate(shocks_.begin(), shocks_.end(), 0.0);
  }

 private:
  Random random_;
  std::vector<double> shocks_;
  std::size_t at_ = 0;
  double scale_;
};

// With the level of one look this would be three of ten.
TEST(ScoreSequence, OfNoiseIsShownInNoMoreThanItsLevelThoughItIsLookedAtAfterEveryBar) {
  constexpr int kHistories = 400;
  constexpr double kLevel = 0.05;
  int shown = 0;
  for (int i = 0; i < kHistories; ++i) {
    OverlappingScores scores(5, Random::stream(3, "noise", static_cast<std::uint64_t>(i)));
    ScoreSequence sequence(5, kLevel, 0);
    bool ever = false;
    for (int bar = 0; bar < 4'000 && !ever; ++bar) {
      sequence.add(scores.next());
      ever = sequence.is_shown();
    }
    shown += ever ? 1 : 0;
  }
  EXPECT_LE(shown, static_cast<int>(kHistories * kLevel));
  EXPECT_GT(shown, 0) << "nor is it never";
}

TEST(ScoreSequence, TellsTheBoundThatItIsDecidedByAndHowManyBarsWouldDecide) {
  OverlappingScores scores(5, Random::stream(4, "skill", 0));
  ScoreSequence sequence(5, 0.001, 0);
  std::optional<std::size_t> foreseen;
  std::size_t at = 0;
  while (!sequence.is_shown()) {
    sequence.add(0.03 + scores.next());
    const ShownMean found = sequence.finding();
    if (std::isfinite(found.lo)) {
      EXPECT_EQ(found.shown, found.lo > 0) << sequence.bars();
    }
    if (sequence.bars() == 600) foreseen = found.expected_bars, at = 600;
    ASSERT_LT(sequence.bars(), 20'000U);
  }
  ASSERT_TRUE(foreseen);
  EXPECT_GT(at + *foreseen, sequence.bars() / 3);
  EXPECT_LT(at + *foreseen, sequence.bars() * 3);
  EXPECT_FALSE(sequence.finding().expected_bars) << "it is shown";
}

TEST(ScoreSequence, AtALevelOfOneHalfTheEstimateDecides) {
  const auto after = [](double level, double least) {
    ScoreSequence sequence(5, level, least);
    for (int bar = 0; bar < 65; ++bar) sequence.add(bar % 2 == 0 ? 1.01 : -1);
    return sequence.finding();
  };
  EXPECT_FALSE(after(0.05, 0).shown);
  EXPECT_TRUE(after(0.5, 0).shown);
  EXPECT_FALSE(after(0.5, 0.01).shown);
}

AcceptanceOptions options() { return {5, 0.0005, 0.05, 0.003}; }

TEST(AcceptanceRecord, AsksForForesightAndForALineupThatIsNoWorse) {
  const auto after = [](double alone, double difference, double spread) {
    OverlappingScores own(5, Random::stream(5, "own", 0)), other(5, Random::stream(5, "other", 0));
    AcceptanceRecord record(options());
    for (int bar = 0; bar < 6'000; ++bar) {
      const double without = 0.05 + other.next();
      record.add({alone + own.next(), without + difference + spread * own.next(), without});
    }
    EXPECT_EQ(record.accepts(), record.finding().is_accepted());
    return record.finding();
  };
  EXPECT_TRUE(after(0.05, 0.005, 0.3).is_accepted());
  EXPECT_FALSE(after(0, 0.005, 0.3).skill.shown) << "no foresight of its own";
  EXPECT_FALSE(after(0.05, -0.008, 0.3).lineup.shown) << "it spoils what is served";
  EXPECT_TRUE(after(0.05, 0, 0).is_accepted()) << "as good as what is served: within the margin";
  EXPECT_FALSE(after(0.05, -0.0031, 0).is_accepted()) << "just beyond it";
}

TEST(AcceptanceRecord, NoLineupFallsBelowTheBenchmarkStepByStep) {
  AcceptanceRecord record(options());
  OverlappingScores own(5, Random::stream(6, "own", 0));
  // Not worse than who speaks now by the margin, who is himself below the benchmark.
  for (int bar = 0; bar < 6'000; ++bar) {
    const double noise = own.next();
    record.add({0.05 + noise, 0.046 + noise, 0.048 + noise, 0.05 + noise, 0.046 + noise});
  }
  const AcceptanceFinding found = record.finding();
  EXPECT_TRUE(found.skill.shown);
  EXPECT_TRUE(found.lineup.shown);
  ASSERT_TRUE(found.benchmark);
  EXPECT_FALSE(found.benchmark->shown);
  EXPECT_FALSE(found.is_accepted());
  EXPECT_FALSE(record.accepts());
}

}  // namespace
}  // namespace clm
