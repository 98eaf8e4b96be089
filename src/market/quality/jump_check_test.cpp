#include "market/quality/jump_check.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

std::vector<Candle> bars(int from_hour, const std::vector<double>& closes) {
  std::vector<Candle> result;
  for (std::size_t i = 0; i < closes.size(); ++i)
    result.push_back({Timestamp((from_hour + static_cast<std::int64_t>(i)) * kHourMs), closes[i], closes[i], closes[i],
                      closes[i], 1.0});
  return result;
}
std::vector<Candle> flat(int from_hour, int count, double close) {
  return bars(from_hour, std::vector<double>(static_cast<std::size_t>(count), close));
}

TEST(JumpCheck, NothingStoredTakesEverything) {
  const JumpVerdict verdict = check_jump(flat(0, 10, 0.0001), {}, {});
  EXPECT_EQ(verdict.whole, "");
  EXPECT_TRUE(verdict.rows.empty());
}

TEST(JumpCheck, AFileOfAnotherLevelIsRefusedWhole) {
  const JumpVerdict verdict = check_jump(flat(0, 10, 0.0001), flat(0, 10, 30'000), {});
  EXPECT_NE(verdict.whole.find("close 0.0001"), std::string::npos) << verdict.whole;
  EXPECT_NE(verdict.whole.find("30000 is stored"), std::string::npos) << verdict.whole;
  EXPECT_NE(check_jump(flat(0, 10, 160), flat(0, 10, 100), {}).whole, "");
  EXPECT_NE(check_jump(flat(0, 10, 60), flat(0, 10, 100), {}).whole, "");
}

TEST(JumpCheck, CorrectionsOfAFewPerCentAreTaken) {
  const JumpVerdict verdict = check_jump(flat(0, 10, 104), flat(0, 10, 100), {});
  EXPECT_EQ(verdict.whole, "");
  EXPECT_TRUE(verdict.rows.empty());
}

TEST(JumpCheck, SingleBarsThatContradictAreNamed) {
  const JumpVerdict verdict = check_jump(bars(0, {100, 101, 0.01, 99, 100}), flat(0, 5, 100), {});
  EXPECT_EQ(verdict.whole, "");
  EXPECT_EQ(verdict.rows, std::vector<std::size_t>{2});
  EXPECT_NE(verdict.row_reason.find("close 0.01"), std::string::npos) << verdict.row_reason;
}

TEST(JumpCheck, WithoutACommonBarTheNeighboursDecide) {
  EXPECT_NE(check_jump(flat(100, 50, 0.0001), flat(0, 100, 30'000), {}).whole, "") << "behind";
  EXPECT_NE(check_jump(flat(0, 50, 0.0001), flat(50, 100, 30'000), {}).whole, "") << "before";
  EXPECT_EQ(check_jump(flat(100, 50, 28'000), flat(0, 100, 30'000), {}).whole, "");
  EXPECT_EQ(check_jump(bars(100, {10'500, 9'000, 5'000, 900, 20, 0.3}), flat(0, 100, 30'000), {}).whole, "")
      << "a crash begins where the stored bars end";
}

TEST(JumpCheck, AGapAllowsForWhatAMarketDoesMeanwhile) {
  const auto stored = flat(0, 100, 100.0);
  EXPECT_NE(check_jump(flat(101, 20, 1.0), stored, {}).whole, "") << "99 % within an hour";
  EXPECT_EQ(check_jump(flat(100 + 24 * 60, 20, 1.0), stored, {}).whole, "") << "99 % in two months";
  EXPECT_EQ(check_jump(flat(100 + 24 * 60, 20, 10'000.0), stored, {}).whole, "") << "a hundredfold in two months";
  EXPECT_NE(check_jump(flat(100 + 24 * 60, 20, 3e-7), stored, {}).whole, "");
}

TEST(JumpCheck, WhatFitsOnOneSideOfAHoleFits) {
  // The token was redenominated while nothing was stored.
  auto stored = flat(0, 50, 0.001);
  const auto later = flat(100, 50, 1.0);
  stored.insert(stored.end(), later.begin(), later.end());
  EXPECT_EQ(check_jump(flat(50, 10, 0.001), stored, {}).whole, "");
  EXPECT_EQ(check_jump(flat(90, 10, 1.0), stored, {}).whole, "");
  EXPECT_NE(check_jump(flat(60, 20, 30'000), stored, {}).whole, "");
}

TEST(JumpCheck, OneOddBarAtTheSeamDecidesNothing) {
  auto stored = flat(0, 50, 100);
  stored.back().close = 1e-4;
  EXPECT_EQ(check_jump(flat(50, 10, 100), stored, {}).whole, "");
}

TEST(JumpCheck, LimitsCanBeMoved) {
  JumpLimits wide;
  wide.most_correction = 20;
  wide.most_step = 1e9;
  EXPECT_EQ(check_jump(flat(0, 10, 1'000), flat(0, 10, 100), wide).whole, "");
  EXPECT_EQ(check_jump(flat(10, 10, 1), flat(0, 10, 30'000), wide).whole, "");
}

}  // namespace
}  // namespace clm
