#include "learning/life_cycle/skill_watch.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace clm {
namespace {

const Timestamp kFirst = from_calendar(2024, 1, 1);
constexpr Duration kHour = std::chrono::hours(1);

Timestamp bar(std::size_t number) { return kFirst + kHour * static_cast<std::int64_t>(number); }

SkillWatchOptions usual() { return {0.15, 1000, 5, Interval::one_hour()}; }

/// Rank ICs of bars as they come about: labels of five bars overlap, so that a bar's is a sum over five.
std::vector<double> overlapping(std::size_t bars, double mean, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> shocks(bars + 4), out;
  for (double& one : shocks) one = random.normal();
  for (std::size_t i = 0; i < bars; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k) sum += shocks[i + k];
    out.push_back(mean + 0.15 * sum / std::sqrt(5.0));
  }
  return out;
}

/// Bars until an alarm; none: it did not come.
std::optional<std::size_t> found_after(SkillWatch watch, const std::vector<double>& rank_ics) {
  for (std::size_t i = 0; i < rank_ics.size(); ++i) {
    watch.add(bar(i), rank_ics[i]);
    if (watch.alarm()) return i + 1;
  }
  return std::nullopt;
}

TEST(SkillWatch, FindsThatASignTurnedAndWhen) {
  SkillWatch watch(WatchedFor::harm, usual());
  const auto before = overlapping(1'000, 0.1, 1), after = overlapping(500, -0.1, 2);
  std::size_t i = 0;
  for (const double rank_ic : before) watch.add(bar(i++), rank_ic);
  ASSERT_FALSE(watch.alarm());
  for (const double rank_ic : after)
    if (!watch.alarm()) watch.add(bar(i++), rank_ic);
  ASSERT_TRUE(watch.alarm());
  EXPECT_LE(i, 1'350U);
  EXPECT_GE(watch.alarm()->changed_at, bar(940));
  EXPECT_LE(watch.alarm()->changed_at, bar(1'100));
  EXPECT_NEAR(watch.alarm()->mean_rank_ic, -0.1, 0.06);
  EXPECT_EQ(watch.alarm()->changed_at + kHour * static_cast<std::int64_t>(5 * watch.alarm()->blocks), bar(i));
  EXPECT_GE(watch.alarm()->evidence, 1'000);
  EXPECT_EQ(watch.nearness(), 1);
  watch.answer();
  EXPECT_FALSE(watch.alarm());
}

TEST(SkillWatch, TheMeanSinceTheChangeIsThatOfTheBlocks) {
  SkillWatch watch(WatchedFor::harm, usual());
  for (std::size_t i = 0; !watch.alarm(); ++i) watch.add(bar(i), -0.2);
  EXPECT_NEAR(watch.alarm()->mean_rank_ic, -0.2, 1e-9);
  EXPECT_EQ(watch.alarm()->changed_at, bar(0));
}

// With the standard deviation of a bar the overlap of labels is paid for: a forecaster without any skill is suspected
// no more often than is said; one with some skill far less.
TEST(SkillWatch, AlarmsNoMoreOftenThanIsSaid) {
  constexpr int kLives = 60;
  constexpr std::size_t kLifeBars = 10'000;  // 2,000 blocks
  std::size_t bars = 0;
  int alarms = 0, with_skill = 0;
  for (int life = 0; life < kLives; ++life) {
    const auto found =
        found_after(SkillWatch(WatchedFor::harm, usual()), overlapping(kLifeBars, 0, static_cast<std::uint64_t>(life)));
    bars += found.value_or(kLifeBars);
    alarms += found ? 1 : 0;
    if (found_after(SkillWatch(WatchedFor::harm, usual()),
                    overlapping(kLifeBars, 0.05, static_cast<std::uint64_t>(life))))
      ++with_skill;
  }
  EXPECT_GE(bars / 5, static_cast<std::size_t>(alarms) * 900U) << "blocks between alarms";
  EXPECT_GT(alarms, 5) << "or the test says nothing";
  EXPECT_EQ(with_skill, 0);
}

TEST(SkillWatch, RecoveryIsTheSameTheOtherWayRound) {
  auto rank_ics = overlapping(2'000, -0.1, 3);
  const auto harm = found_after(SkillWatch(WatchedFor::harm, usual()), rank_ics);
  EXPECT_FALSE(found_after(SkillWatch(WatchedFor::recovery, usual()), rank_ics));
  for (double& one : rank_ics) one = -one;
  EXPECT_EQ(found_after(SkillWatch(WatchedFor::recovery, usual()), rank_ics), harm);
  SkillWatch watch(WatchedFor::recovery, usual());
  for (std::size_t i = 0; !watch.alarm(); ++i) watch.add(bar(i), rank_ics[i]);
  EXPECT_GT(watch.alarm()->mean_rank_ic, 0);
}

TEST(SkillWatch, BarsWithoutAScoreArePassedOver) {
  const auto rank_ics = overlapping(400, -0.1, 4);
  SkillWatch watch(WatchedFor::harm, usual()), with_gaps(WatchedFor::harm, usual());
  for (std::size_t i = 0; i < rank_ics.size(); ++i) {
    watch.add(bar(i), rank_ics[i]);
    with_gaps.add(bar(i), rank_ics[i]);
    with_gaps.add(bar(i), std::numeric_limits<double>::quiet_NaN());
  }
  EXPECT_EQ(watch.state(), with_gaps.state());
}

TEST(SkillWatch, GoesOnFromItsStateToTheSameBits) {
  const auto rank_ics = overlapping(700, -0.08, 5);
  SkillWatch whole(WatchedFor::harm, usual()), parts(WatchedFor::harm, usual());
  for (std::size_t i = 0; i < rank_ics.size(); ++i) {
    whole.add(bar(i), rank_ics[i]);
    parts.add(bar(i), rank_ics[i]);
    auto read = SkillWatch::from_state(nlohmann::json::parse(parts.state().dump()), 5, Interval::one_hour());
    ASSERT_TRUE(read) << to_string(read.error());
    parts = *read;
    ASSERT_EQ(parts.alarm(), whole.alarm());
  }
  EXPECT_TRUE(whole.alarm());
  EXPECT_EQ(parts.state(), whole.state());
  auto broken = whole.state();
  broken["sigma"] = 0;
  EXPECT_FALSE(SkillWatch::from_state(broken, 5, Interval::one_hour()));
}

}  // namespace
}  // namespace clm
