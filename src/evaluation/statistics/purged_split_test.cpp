#include "evaluation/statistics/purged_split.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>

namespace clm {
namespace {

/// Row i decided at `decided[i]`, known `lasts` later; times in plain ms.
Dataset make_data(const std::vector<std::int64_t>& decided, const std::vector<std::int64_t>& known) {
  Dataset data;
  data.decided_at_ms = decided;
  data.known_at_ms = known;
  data.frame_row.resize(decided.size());
  return data;
}

Dataset evenly_spaced(std::size_t rows, std::int64_t lasts) {
  std::vector<std::int64_t> decided, known;
  for (std::size_t i = 0; i < rows; ++i) {
    decided.push_back(static_cast<std::int64_t>(i));
    known.push_back(static_cast<std::int64_t>(i) + lasts);
  }
  return make_data(decided, known);
}

TEST(WalkForward, TrainsOnlyOnWhatWasKnownBefore) {
  const auto data = evenly_spaced(100, 5);
  const std::vector<TimeRange> blocks{
      {Timestamp(50), Timestamp(70)}, {Timestamp(70), Timestamp(90)}, {Timestamp(90), Timestamp(100)}};
  const auto folds = walk_forward(all_rows(data), blocks, {Duration(0), Duration(2), Timestamp(95)});
  ASSERT_TRUE(folds);
  ASSERT_EQ(folds->size(), 3U);
  const Fold& first = folds->front();
  EXPECT_EQ(first.train.rows.front(), 0U);
  EXPECT_EQ(first.train.rows.back(), 42U);  // known at 47, and 47 + 2 < 50
  EXPECT_EQ(first.test.rows.front(), 50U);
  EXPECT_EQ(first.test.rows.back(), 69U);
  EXPECT_EQ(folds->back().test.rows.back(), 90U);  // the label of row 91 was not known by 95
}

TEST(WalkForward, RollsItsWindow) {
  const auto data = evenly_spaced(100, 1);
  const std::vector<TimeRange> blocks{{Timestamp(60), Timestamp(70)}};
  const auto folds = walk_forward(all_rows(data), blocks, {Duration(20), Duration(0), Timestamp::max()});
  ASSERT_TRUE(folds);
  EXPECT_EQ(folds->front().train.rows.front(), 40U);
  EXPECT_EQ(folds->front().train.rows.back(), 58U);
}

TEST(WalkForward, SaysSoWhenThereIsNothingToTrainOn) {
  const auto data = evenly_spaced(10, 1);
  const std::vector<TimeRange> blocks{{Timestamp(0), Timestamp(5)}};
  EXPECT_EQ(walk_forward(all_rows(data), blocks, {}).error().code, "split.no_folds");
}

TEST(HoldoutSplit, TakesTheLastShareOfTimeNotOfRows) {
  // Twice as many rows per time in the second half.
  std::vector<std::int64_t> decided, known;
  for (std::int64_t t = 0; t < 100; ++t)
    for (int copy = 0; copy < (t < 50 ? 1 : 2); ++copy) {
      decided.push_back(t);
      known.push_back(t + 3);
    }
  const auto data = make_data(decided, known);
  const auto fold = holdout_split(all_rows(data), {0.2, Duration(0), Timestamp::max()});
  ASSERT_TRUE(fold);
  EXPECT_EQ(data.decided_at_ms[fold->test.rows.front()], 80);
  EXPECT_EQ(data.known_at_ms[fold->train.rows.back()], 79);
  const auto inner = inner_split(fold->train, 0.25, Duration(1));
  ASSERT_TRUE(inner);
  EXPECT_LT(data.known_at_ms[inner->train.rows.back()] + 1, data.decided_at_ms[inner->test.rows.front()]);
  EXPECT_EQ(inner->test.rows.back(), fold->train.rows.back());
}

TEST(HoldoutSplit, DoesNotKnowWhatWasNotKnownYet) {
  // Adding later rows must not change a split made as of an earlier time.
  const auto small = evenly_spaced(80, 4);
  const auto large = evenly_spaced(200, 4);
  const HoldoutOptions options{0.3, Duration(2), Timestamp(60)};
  const auto a = holdout_split(all_rows(small), options);
  const auto b = holdout_split(all_rows(large), options);
  EXPECT_EQ(a->train.rows, b->train.rows);
  EXPECT_EQ(a->test.rows, b->test.rows);
  for (const auto row : b->test.rows) EXPECT_LE(large.known_at_ms[row], 60);
}

bool touch(const Dataset& data, std::uint32_t a, std::uint32_t b) {
  return data.decided_at_ms[a] <= data.known_at_ms[b] && data.known_at_ms[a] >= data.decided_at_ms[b];
}

void expect_no_leak(const Dataset& data, const Fold& fold) {
  for (const auto train : fold.train.rows)
    for (const auto test : fold.test.rows) RC_ASSERT(!touch(data, train, test));
}

TEST(PurgedSplit, NeverLetsATrainingSpanTouchATestSpan) {
  ::setenv("RC_PARAMS", "seed=20240115", 1);  // the same cases every time
  const bool holds = rc::check("no training span touches a test span", [] {
    // Labels of very different length, several rows at a time: what gaps and delistings make of real rows.
    std::vector<std::int64_t> decided, known;
    std::int64_t now = 0;
    const auto rows = *rc::gen::inRange<std::size_t>(8, 50);
    for (std::size_t i = 0; i < rows; ++i) {
      now += *rc::gen::inRange<std::int64_t>(0, 4);
      decided.push_back(now);
      known.push_back(now + *rc::gen::inRange<std::int64_t>(0, 9));
    }
    const auto data = make_data(decided, known);
    const Duration embargo(*rc::gen::inRange<std::int64_t>(0, 5));
    const Timestamp as_of(*rc::gen::inRange<std::int64_t>(now / 2, now + 10));
    const auto set = all_rows(data);

    if (const auto fold = holdout_split(set, {0.3, embargo, as_of})) {
      expect_no_leak(data, *fold);
      std::int64_t first_test = data.decided_at_ms[fold->test.rows.front()];
      std::vector<std::uint32_t> expected;
      for (std::uint32_t row = 0; row < data.size(); ++row)
        if (known[row] <= as_of.ms() && known[row] + embargo.count() < first_test) expected.push_back(row);
      RC_ASSERT(fold->train.rows == expected);
    }
    std::vector<TimeRange> blocks;  // of which neighbours share some days
    for (std::int64_t from = now / 3; from <= now; from += 5)
      blocks.push_back({Timestamp(from), Timestamp(std::min(from + 7, now + 1))});
    if (const auto forward = walk_forward(set, blocks, {Duration(0), embargo, as_of}))
      for (const auto& fold : *forward) {
        expect_no_leak(data, fold);
        for (const auto train : fold.train.rows)
          for (const auto test : fold.test.rows) RC_ASSERT(known[train] < decided[test]);
      }
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace clm
