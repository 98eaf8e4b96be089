#include "evaluation/trials/paired_trial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "evaluation/trials/behaviour.hpp"

namespace clm {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

TEST(BarScore, CountsWhatIsKnownOnBothSides) {
  const std::vector<float> forecast{1, -1, 2, kNone, 3, 0}, label{2, 1, 4, 5, kNone, 1};
  const BarScore score = score_bar(forecast, label, 3);
  EXPECT_EQ(score.rows, 4U);
  EXPECT_EQ(score.calls, 3U) << "a forecast of zero calls nothing";
  EXPECT_EQ(score.hits, 2U);
  EXPECT_EQ(score.up, 2U);
  // Ranks of {1, -1, 2, 0} are {3, 1, 4, 2}, of {2, 1, 4, 1} {3, 1.5, 4, 1.5}: 4.5 / sqrt(5 x 4.5).
  EXPECT_NEAR(score.rank_ic, 4.5 / std::sqrt(22.5), 1e-12);
  EXPECT_NEAR(score.squared_error, (1 + 4 + 4 + 1) / 4.0, 1e-12);
  EXPECT_NEAR(score.spread, std::sqrt(1.25), 1e-12);
  EXPECT_TRUE(std::isnan(score_bar(forecast, label, 5).rank_ic));
  EXPECT_FALSE(loss_of(score_bar(forecast, label, 5), BarLoss::rank));
  EXPECT_TRUE(loss_of(score_bar(forecast, label, 5), BarLoss::squared_error));
  EXPECT_FALSE(loss_of(score_bar({}, {}, 5), BarLoss::squared_error));
}

BarScore with_rank_ic(double rank_ic) {
  BarScore score;
  score.rows = 20;
  score.rank_ic = rank_ic;
  return score;
}

/// Rank ICs of two forecasters whose labels overlap over `horizon` bars: sums of that many shocks.
class OverlappingSkill {
 public:
  OverlappingSkill(std::uint64_t seed, int horizon) : random_(seed), shocks_(static_cast<std::size_t>(horizon)) {}
  double next(double mean) {
    shocks_[at_++ % shocks_.size()] = random_.student_t(4);
    double sum = 0;
    for (const double shock : shocks_) sum += shock;
    return mean + 0.2 * sum / std::sqrt(static_cast<double>(shocks_.size()));
  }

 private:
  Random random_;
  std::vector<double> shocks_;
  std::size_t at_ = 0;
};

TEST(PairedTrial, FindsTheBetterOneAndTheWorse) {
  for (const double lead : {0.06, -0.06}) {
    OverlappingSkill reference(1, 5), challenger(2, 5);
    PairedTrialOptions options;
    options.max_bars = 5'000;
    PairedTrial trial(options);
    while (trial.outcome() == TrialOutcome::open)
      trial.add(with_rank_ic(reference.next(0.03)), with_rank_ic(challenger.next(0.03 + lead)));
    EXPECT_EQ(trial.outcome(), lead > 0 ? TrialOutcome::better : TrialOutcome::worse);
    const TrialReport report = trial.report();
    EXPECT_GT(report.bars, 100U);
    EXPECT_EQ(report.observations, report.bars / 5);
    EXPECT_NEAR(report.gain, lead, 0.05);
    EXPECT_EQ(report.lo > 0, lead > 0);
    EXPECT_EQ(report.hi < 0, lead < 0);
  }
}

TEST(PairedTrial, TwinsWithOverlappingLabelsAreRarelyToldApart) {
  int better = 0, worse = 0, naive = 0;
  constexpr int kTrials = 400;
  for (std::uint64_t i = 0; i < kTrials; ++i) {
    OverlappingSkill reference(2 * i, 12), challenger(2 * i + 1, 12);
    PairedTrialOptions options;
    options.horizon_bars = 12;
    options.alpha = 0.05;
    options.max_bars = 2'400;
    PairedTrialOptions wrong = options;
    wrong.horizon_bars = 1;
    PairedTrial trial(options), blind(wrong);
    while (trial.outcome() == TrialOutcome::open) {
      const BarScore a = with_rank_ic(reference.next(0.03)), b = with_rank_ic(challenger.next(0.03));
      trial.add(a, b);
      blind.add(a, b);
    }
    better += trial.outcome() == TrialOutcome::better ? 1 : 0;
    worse += trial.outcome() == TrialOutcome::worse ? 1 : 0;
    naive += blind.outcome() == TrialOutcome::better ? 1 : 0;
  }
  EXPECT_LE(better, kTrials / 20);
  EXPECT_LE(worse, kTrials / 20);
  EXPECT_GT(naive, kTrials / 8) << "a trial that knows nothing of the overlap is fooled by it";
}

TEST(PairedTrial, DecidesOnceAndNotBeforeItMay) {
  PairedTrialOptions options;
  options.horizon_bars = 1;
  PairedTrial trial(options);
  for (int i = 0; i < 99; ++i) trial.add(with_rank_ic(0.0), with_rank_ic(0.5 + 0.01 * (i % 3)));
  EXPECT_EQ(trial.outcome(), TrialOutcome::open) << "the least number of bars";
  trial.add(with_rank_ic(0), with_rank_ic(0.5));
  EXPECT_EQ(trial.outcome(), TrialOutcome::better);
  for (int i = 0; i < 500; ++i) trial.add(with_rank_ic(0.9), with_rank_ic(-0.5));
  EXPECT_EQ(trial.outcome(), TrialOutcome::better);
  EXPECT_EQ(trial.bars(), 100U);
}

TEST(PairedTrial, EndsWithoutADecision) {
  PairedTrialOptions options;
  options.max_bars = 200;
  PairedTrial trial(options);
  for (int i = 0; i < 300; ++i) {
    trial.add(with_rank_ic(std::nan("")), with_rank_ic(0.1));
    trial.add(with_rank_ic(0.1), with_rank_ic(i % 2 == 0 ? 0.2 : 0.0));
  }
  EXPECT_EQ(trial.outcome(), TrialOutcome::ended);
  EXPECT_EQ(trial.bars(), 200U) << "bars that cannot be scored do not count";
}

TEST(PairedTrial, AMarginLetsAnEqualOnePass) {
  PairedTrialOptions strict, lenient;
  lenient.margin = 0.05;
  PairedTrial one(strict), other(lenient);
  OverlappingSkill reference(1, 5), challenger(2, 5);
  for (int i = 0; i < 700; ++i) {
    const BarScore a = with_rank_ic(0.2 * reference.next(0.3)), b = with_rank_ic(0.2 * challenger.next(0.3));
    one.add(a, b);
    other.add(a, b);
  }
  EXPECT_NE(one.outcome(), TrialOutcome::better);
  EXPECT_EQ(other.outcome(), TrialOutcome::better);
}

TEST(PairedTrial, GoesOnFromItsStateToTheSameBits) {
  PairedTrialOptions options;
  PairedTrial whole(options), part(options);
  OverlappingSkill reference(1, 5), challenger(2, 5);
  for (int i = 0; i < 333; ++i) {
    const BarScore a = with_rank_ic(reference.next(0.03)), b = with_rank_ic(challenger.next(0.05));
    whole.add(a, b);
    part.add(a, b);
    if (i % 50 != 7) continue;
    PairedTrial resumed(options);
    resumed.restore(nlohmann::json::parse(part.state().dump()));
    part = resumed;
  }
  EXPECT_EQ(whole.state(), part.state());
  EXPECT_EQ(whole.report().distributions.p_value, part.report().distributions.p_value);
  EXPECT_GT(part.report().distributions.statistic, 0);
}

TEST(PairedTrial, TellsLossesApartThatAreTheSameOnAverage) {
  PairedTrialOptions options;
  options.max_bars = 2'000;
  PairedTrial trial(options);
  OverlappingSkill reference(1, 5), challenger(2, 5);
  for (int i = 0; i < 1'500; ++i) {
    // The challenger's rank IC varies a third as much about the same mean.
    trial.add(with_rank_ic(reference.next(0.03)), with_rank_ic(0.03 + (challenger.next(0.03) - 0.03) / 3));
  }
  const TrialReport report = trial.report();
  EXPECT_EQ(report.outcome, TrialOutcome::open) << "it informs, it does not decide";
  EXPECT_LT(report.distributions.p_value, 0.001);
  EXPECT_GT(report.distributions.statistic, 0.2);
}

Behaviour behaviour(std::size_t bars, double up_share, double spread, double hit_rate) {
  Behaviour out;
  for (std::size_t i = 0; i < bars; ++i) {
    BarScore score;
    score.rows = score.calls = 100;
    score.up = static_cast<std::uint32_t>(100 * up_share);
    score.hits = static_cast<std::uint32_t>(100 * hit_rate);
    score.spread = spread;
    out.add(score);
  }
  return out;
}

TEST(Behaviour, NamesWhatIsWrong) {
  const BehaviourLimits limits;
  const Behaviour normal = behaviour(50, 0.5, 0.1, 0.52);
  const auto findings = [&](const Behaviour& one) { return misbehaviour(one, normal, limits, 5); };
  EXPECT_TRUE(findings(normal).empty());
  EXPECT_TRUE(findings(behaviour(1, 1.0, 0, 0)).empty()) << "too few to say";
  EXPECT_TRUE(findings(behaviour(20, 1.0, 0, 0)).empty()) << "2,000 forecasts, but of 20 bars";
  EXPECT_EQ(findings(behaviour(50, 0.75, 0.1, 0.52)).size(), 1U);
  EXPECT_EQ(findings(behaviour(50, 0.25, 0.1, 0.52)).size(), 1U);
  EXPECT_EQ(findings(behaviour(50, 0.5, 0, 0.52)).size(), 1U) << "constant";
  EXPECT_EQ(findings(behaviour(50, 0.5, 0.01, 0.52)).size(), 1U);
  EXPECT_TRUE(findings(behaviour(50, 0.5, 0.1, 0.46)).empty()) << "six points of 1,000 independent calls are not shown";
  EXPECT_EQ(findings(behaviour(500, 0.5, 0.1, 0.40)).size(), 1U);
}

}  // namespace
}  // namespace clm
