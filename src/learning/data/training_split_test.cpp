#include "learning/data/training_split.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace clm {
namespace {

constexpr int kSplitHorizon = 5;

/// `symbols` x `bars` rows, one per bar, with labels over the next kSplitHorizon + 1 bars.
Dataset hourly(std::size_t symbols, std::size_t bars) {
  auto frame = std::make_shared<FeatureFrame>();
  frame->interval = Interval::one_hour();
  for (std::size_t s = 0; s < symbols; ++s) frame->symbols.emplace_back("S" + std::to_string(100 + s));
  Dataset data;
  for (std::size_t t = 0; t < bars; ++t) {
    for (std::size_t s = 0; s < symbols; ++s) {
      data.frame_row.push_back(0);
      data.symbol.push_back(static_cast<std::uint16_t>(s));
      data.decided_at_ms.push_back(static_cast<std::int64_t>(t + 1) * kHourMs);
      data.known_at_ms.push_back(static_cast<std::int64_t>(t + 2 + kSplitHorizon) * kHourMs);
      data.label.push_back(0);
      data.forward_return.push_back(0);
      data.volatility.push_back(1);
      data.weight.push_back(1);
    }
  }
  data.frame = frame;
  return data;
}

std::int64_t last_known(const RowSet& rows) {
  std::int64_t last = 0;
  for (const auto row : rows.rows) last = std::max(last, rows.data->known_at_ms[row]);
  return last;
}

TEST(TrainingSplit, PartsFollowEachOtherWithTheEmbargoBetween) {
  const Dataset data = hourly(10, 1000);
  TrainingOptions options;
  options.embargo_bars = 24;
  const auto split = split_for_training(data, options, Timestamp::max());
  ASSERT_TRUE(split);
  const auto first_decision = [&](const RowSet& rows) { return data.decided_at_ms[rows.rows.front()]; };
  EXPECT_LT(last_known(split->fit) + 24 * kHourMs, first_decision(split->validation));
  EXPECT_LT(last_known(split->validation) + 24 * kHourMs, first_decision(split->holdout));
  EXPECT_EQ(split->holdout.size(), 2500U);
  EXPECT_LE(split->training_span.to.ms(), first_decision(split->holdout));
}

TEST(TrainingSplit, RowsUnknownAsOfTheMomentDoNotExist) {
  const Dataset data = hourly(10, 1000);
  const Timestamp as_of(600 * kHourMs);
  const auto split = split_for_training(data, TrainingOptions{}, as_of);
  ASSERT_TRUE(split);
  EXPECT_LE(last_known(split->holdout), as_of.ms());
}

TEST(TrainingSplit, TheWindowReachesBackItsDaysAndNoFurther) {
  const Dataset data = hourly(10, 2000);
  TrainingOptions options;
  options.window_days = 40;
  const Timestamp as_of(2000 * kHourMs);
  const auto split = split_for_training(data, options, as_of);
  ASSERT_TRUE(split);
  EXPECT_GE(data.decided_at_ms[split->fit.rows.front()], as_of.ms() - 40 * 24 * kHourMs);
}

TrainingOptions at_most(std::int64_t max_fit_rows) {
  TrainingOptions options;
  options.max_fit_rows = max_fit_rows;
  return options;
}

std::vector<std::uint32_t> fit_rows(const Dataset& data, const TrainingOptions& options,
                                    Timestamp as_of = Timestamp(100'000 * kHourMs)) {
  const auto split = split_for_training(data, options, as_of);
  EXPECT_TRUE(split);
  return split ? split->fit.rows : std::vector<std::uint32_t>();
}

/// (symbol, decision time) of rows.
using Decisions = std::set<std::pair<std::string, std::int64_t>>;
Decisions decisions_of(const Dataset& data, const std::vector<std::uint32_t>& rows) {
  Decisions decisions;
  for (const auto row : rows) decisions.emplace(data.frame->symbols[data.symbol[row]].str(), data.decided_at_ms[row]);
  return decisions;
}

std::size_t shared(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both.size();
}

TEST(TrainingSplit, ThinningKeepsExactlySoManyRowsInOrderOfTime) {
  const Dataset data = hourly(24, 2000);
  const std::size_t all = fit_rows(data, at_most(1'000'000)).size();
  for (const std::size_t most : {1'000UL, 7'777UL, all - 1, all, all + 1}) {
    const auto rows = fit_rows(data, at_most(static_cast<std::int64_t>(most)));
    EXPECT_EQ(rows.size(), std::min(most, all));
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end())) << "ascending rows are in order of time";
    EXPECT_TRUE(std::adjacent_find(rows.begin(), rows.end()) == rows.end()) << "each once";
  }
}

// Every n-th bar is half of them as soon as there is one row too many.
TEST(TrainingSplit, OneMoreRowCostsNoRows) {
  const Dataset data = hourly(24, 2000);
  const std::size_t all = fit_rows(data, at_most(1'000'000)).size();
  TrainingOptions before = at_most(static_cast<std::int64_t>(all) - 1);
  before.thinning = Thinning::every_nth_bar;
  EXPECT_LT(fit_rows(data, before).size(), all / 2 + 24);
  EXPECT_EQ(fit_rows(data, at_most(static_cast<std::int64_t>(all) - 1)).size(), all - 1);
}

TEST(TrainingSplit, TheSameTrainingTakesTheSameRowsAndAnotherVintageTakesOthers) {
  const Dataset data = hourly(24, 2000);
  const TrainingOptions options = at_most(3'000);
  const auto rows = fit_rows(data, options);
  EXPECT_EQ(fit_rows(hourly(24, 2000), options), rows);
  TrainingOptions other_seed = options;
  other_seed.seed = 2;
  // Of 3,000 of some 30,500 rows two independent choices share a tenth, give or take 50.
  const double expected = 3'000.0 * 3'000.0 / static_cast<double>(fit_rows(data, at_most(1'000'000)).size());
  for (const auto& others : {fit_rows(data, other_seed), fit_rows(data, options, Timestamp(100'001 * kHourMs))}) {
    ASSERT_EQ(others.size(), rows.size());
    EXPECT_NEAR(static_cast<double>(shared(rows, others)), expected, 100);
  }
}

// Which rows these are is written down: another machine, compiler or release must take them as well.
TEST(TrainingSplit, WhichRowsAreKeptIsAPromise) {
  const Dataset data = hourly(3, 1000);
  const auto rows = fit_rows(data, at_most(1'000));
  ASSERT_EQ(rows.size(), 1'000U);
  std::uint64_t sum = 0;
  for (const auto row : rows) sum = sum * 31 + row;
  EXPECT_EQ(sum, 16'470'103'917'431'253'562U);
  EXPECT_EQ(std::vector<std::uint32_t>(rows.begin(), rows.begin() + 6),
            (std::vector<std::uint32_t>{1, 2, 4, 5, 9, 12}));
}

TEST(TrainingSplit, ThinningIsBalancedOverHoursAndSymbols) {
  const Dataset data = hourly(24, 2000);
  std::map<std::int64_t, int> by_hour, by_symbol;
  for (const auto row : fit_rows(data, at_most(12'000))) {
    ++by_hour[data.decided_at_ms[row] / kHourMs % 24];
    ++by_symbol[data.symbol[row]];
  }
  // 500 each, with a standard deviation of 17.
  for (const auto& counts : {by_hour, by_symbol}) {
    ASSERT_EQ(counts.size(), 24U);
    for (const auto& [which, count] : counts) EXPECT_NEAR(count, 500, 75) << which;
  }
}

TEST(TrainingSplit, ThinningLooksAtNoLabelsAndAtNoOrderOfSymbols) {
  const Dataset data = hourly(10, 2000);
  const auto rows = fit_rows(data, at_most(3'000));
  Dataset other = hourly(10, 2000);
  for (std::size_t i = 0; i < other.size(); ++i) {
    other.label[i] = static_cast<float>(i % 7);
    other.forward_return[i] = static_cast<float>(i % 5);
    other.weight[i] = static_cast<float>(1 + i % 3);
  }
  EXPECT_EQ(fit_rows(other, at_most(3'000)), rows);

  Dataset turned = hourly(10, 2000);
  auto frame = std::make_shared<FeatureFrame>(*turned.frame);
  std::reverse(frame->symbols.begin(), frame->symbols.end());
  turned.frame = frame;
  EXPECT_EQ(decisions_of(turned, fit_rows(turned, at_most(3'000))), decisions_of(data, rows));
}

// A symbol that is listed later changes the number of rows and so how many of each are kept, but not which come first.
TEST(TrainingSplit, OfTheOthersNothingChangesButTheirNumber) {
  const Dataset data = hourly(10, 2000), more = hourly(11, 2000);
  const auto few = decisions_of(more, fit_rows(more, at_most(3'000)));
  const auto many = decisions_of(data, fit_rows(data, at_most(3'000)));
  for (const auto& decision : few)
    if (decision.first != more.frame->symbols.back().str()) {
      EXPECT_EQ(many.count(decision), 1U) << decision.first;
    }
}

TEST(TrainingSplit, OfAllThatIsKnownNothingIsKeptBackButWhatStopsATraining) {
  const Dataset data = hourly(10, 2000);
  RowSet known{&data, {}};
  for (std::uint32_t row = 0; row < 15'000; ++row) known.rows.push_back(row);
  const auto all = split_of_known(known, StopsEarly::no, at_most(20'000), Timestamp(1));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->fit.rows, known.rows);
  EXPECT_EQ(all->validation.size() + all->holdout.size(), 0U);
  EXPECT_EQ(all->training_span.to, Timestamp(data.decided_at_ms[14'999] + 1));
  const auto stopped = split_of_known(known, StopsEarly::yes, at_most(20'000), Timestamp(1));
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->validation.rows.back(), known.rows.back());
  EXPECT_LT(last_label_known(stopped->fit).ms(), data.decided_at_ms[stopped->validation.rows.front()]);
  const auto thinned = split_of_known(known, StopsEarly::no, at_most(3'000), Timestamp(1));
  const auto another = split_of_known(known, StopsEarly::no, at_most(3'000), Timestamp(2));
  ASSERT_TRUE(thinned && another);
  EXPECT_EQ(thinned->fit.size(), 3'000U);
  EXPECT_LT(shared(thinned->fit.rows, another->fit.rows), 1'500U) << "another vintage draws other rows";
  known.rows.resize(150);
  EXPECT_EQ(split_of_known(known, StopsEarly::no, at_most(3'000), Timestamp(1)).error().code, "training.too_few_rows");
}

TEST(TrainingSplit, TheRuleOfReleasesBeforeStaggersSymbolsSoThatNoHourIsLeftOut) {
  const Dataset data = hourly(24, 2000);
  TrainingOptions options = at_most(2000);
  options.thinning = Thinning::every_nth_bar;
  const auto split = split_for_training(data, options, Timestamp::max());
  ASSERT_TRUE(split);
  EXPECT_LE(split->fit.size(), 2000U);
  EXPECT_GE(split->fit.size(), 1000U);
  std::map<std::int64_t, int> by_hour;
  for (const auto row : split->fit.rows) ++by_hour[data.decided_at_ms[row] / kHourMs % 24];
  EXPECT_EQ(by_hour.size(), 24U);
}

TEST(TrainingSplit, TooLittleIsAnErrorThatSaysSo) {
  const Dataset data = hourly(2, 60);
  const auto split = split_for_training(data, TrainingOptions{}, Timestamp::max());
  ASSERT_FALSE(split);
  EXPECT_TRUE(split.error().code == "training.too_few_rows" || split.error().code == "split.no_folds");
}

}  // namespace
}  // namespace clm
