#include "learning/life_cycle/harm_control.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/life_cycle/life_cycle_parts_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using ::testing::HasSubstr;
using testing::kBars;

using Happened = std::vector<std::pair<EventKind, VersionId>>;

/// Two versions of ridge, the second one active; the state stands at the close of bar `kBars`.
class HarmControlTest : public testing::LifeCyclePartsTest {
 protected:
  HarmControlTest() : first_(served(1)), second_(served(2)) {
    known();
    EXPECT_TRUE(harm_.read());
    happened();
  }
  LifeCycleState& state() { return journal_.state(); }
  /// So many bars with this rank IC, up to now; the first alarm stands.
  void hear(SkillWatch& watch, double rank_ic, std::size_t bars) {
    for (std::size_t i = 0; i < bars; ++i) watch.add(close_of(kBars + 1 - bars + i), rank_ic);
  }
  std::vector<Trigger> decided(HarmControl& harm, std::size_t bar = kBars - 1) {
    std::vector<Trigger> wanted;
    const auto done = harm.decide(bar, wanted);
    EXPECT_TRUE(done) << to_string(done.error());
    return wanted;
  }
  std::vector<Trigger> decided() { return decided(harm_); }
  void carry_out() {
    const auto done = harm_.carry_out(now_);
    EXPECT_TRUE(done) << to_string(done.error());
  }
  std::vector<VersionId> suspended() const {
    std::vector<VersionId> versions;
    const auto all = registry_->suspensions();
    for (const Suspension& one : *all) versions.push_back(one.version);
    return versions;
  }
  static std::vector<VersionId> sorted(std::vector<VersionId> versions) {
    std::sort(versions.begin(), versions.end());
    return versions;
  }
  LearningOptions with(PolicyMode mode, PolicyGate gate = PolicyGate::evidence) const {
    LearningOptions options = options_;
    options.deployment.mode = mode;
    options.deployment.gate = gate;
    return options;
  }

  HarmControl harm_{journal_, *registry_, monitor_, tape_, options_};
  const VersionId first_, second_;
};

TEST_F(HarmControlTest, WatchesWhoSpeaksWithWhatWasPromisedOfIt) {
  ASSERT_TRUE(state().served_watch);
  ASSERT_EQ(state().voter_watches.size(), 1U);
  EXPECT_EQ(state().voter_watches.begin()->first, second_);
  const auto promise = monitor_.promise_of(second_).value();
  ASSERT_TRUE(promise);
  EXPECT_EQ(state().served_watch->options().sigma, promise->standard_deviation);
  EXPECT_TRUE(decided().empty());
  EXPECT_TRUE(happened().empty()) << "no alarm";
}

TEST_F(HarmControlTest, WhenWhatIsServedDoesHarmEverybodyFromBeforeTheChangeLosesTheVote) {
  hear(*state().served_watch, -0.4, 150);
  ASSERT_TRUE(state().served_watch->alarm());
  const auto wanted = decided();
  // Said at once, and that rows since the change are enough for a first vintage: 120 bars of ten symbols and more.
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted.front().model_type, "ridge");
  EXPECT_THAT(wanted.front().reason, HasSubstr("the market changed at"));
  EXPECT_EQ(happened(), (Happened{{EventKind::suspended, VersionId()}, {EventKind::trigger, second_}}));
  ASSERT_EQ(state().withdrawals.size(), 1U);
  EXPECT_EQ(state().withdrawals.front().heard, (std::vector{second_})) << "who did not speak is not asked";
  EXPECT_TRUE(suspended().empty()) << "it is stored before it is carried out";
  carry_out();
  EXPECT_EQ(suspended(), sorted({first_, second_})) << "a rollback would have led to the first";
  EXPECT_EQ(*registry_->newest_break(), state().withdrawals.front().changed_at);
  EXPECT_TRUE(state().suspended.contains(second_));
  EXPECT_TRUE(state().voter_watches.empty());
  carry_out();  // once more, as after a kill
  EXPECT_EQ(suspended().size(), 2U);
  EXPECT_TRUE(decided().empty()) << "one vintage for each number of labels";
}

TEST_F(HarmControlTest, WhereTheOnlyVoterDoesHarmTheMarketHasChanged) {
  hear(state().voter_watches.at(second_), -0.4, 150);
  EXPECT_EQ(decided().size(), 1U);
  EXPECT_EQ(happened(), (Happened{{EventKind::suspended, VersionId()}, {EventKind::trigger, second_}}));
  carry_out();
  EXPECT_EQ(suspended(), sorted({first_, second_}));
}

TEST_F(HarmControlTest, HarmOfOneVoterOfManyIsItsOwnAndCallsForNoOtherRows) {
  served(1, "xgboost");
  served(1, "lightgbm");
  known();
  ASSERT_TRUE(harm_.read());
  happened();
  ASSERT_EQ(state().voter_watches.size(), 3U);
  hear(state().voter_watches.at(second_), -0.4, 150);
  EXPECT_TRUE(decided().empty());
  EXPECT_EQ(happened(), (Happened{{EventKind::suspended, second_}}));
  carry_out();
  EXPECT_EQ(suspended(), (std::vector{second_}));
  EXPECT_EQ(*registry_->newest_break(), std::nullopt);
}

TEST_F(HarmControlTest, WhatIsSaidByThoseWhoWereSuspendedBringsThemBack) {
  hear(*state().served_watch, -0.4, 150);
  decided();
  carry_out();
  happened();
  hear(state().withdrawals.front().recovery, 0.4, 150);
  const auto wanted = decided();
  ASSERT_EQ(wanted.size(), 1U) << "of everything known";
  EXPECT_EQ(happened(), (Happened{{EventKind::reinstated, VersionId()}, {EventKind::trigger, second_}}));
  EXPECT_EQ(suspended().size(), 2U);
  carry_out();
  EXPECT_TRUE(suspended().empty());
  EXPECT_TRUE(state().withdrawals.empty());
  EXPECT_TRUE(state().voter_watches.contains(second_)) << "watched anew";
}

TEST_F(HarmControlTest, WhatAPersonReinstatedIsNotSuspendedAgain) {
  hear(*state().served_watch, -0.4, 150);
  decided();
  carry_out();
  ASSERT_TRUE(registry_->reinstate({first_}, because("I know better")));
  ASSERT_TRUE(harm_.read());
  ASSERT_EQ(state().withdrawals.size(), 1U);
  EXPECT_EQ(state().withdrawals.front().versions, (std::vector{second_}));
  ASSERT_TRUE(registry_->reinstate({second_}, because("I know better")));
  ASSERT_TRUE(harm_.read());
  EXPECT_TRUE(state().withdrawals.empty());
  carry_out();
  EXPECT_TRUE(suspended().empty());
}

TEST_F(HarmControlTest, InModeLoggingOnlyItIsToldAndNothingIsDone) {
  const LearningOptions options = with(PolicyMode::logging_only);
  HarmControl harm(journal_, *registry_, monitor_, tape_, options);
  ASSERT_TRUE(harm.read());
  hear(*state().served_watch, -0.4, 150);
  EXPECT_TRUE(decided(harm).empty());
  EXPECT_EQ(happened(), (Happened{{EventKind::proposed, VersionId()}}));
  EXPECT_THAT(last_text_, HasSubstr("mode logging_only, so nothing is done"));
  EXPECT_TRUE(state().withdrawals.empty());
  EXPECT_FALSE(state().served_watch->alarm()) << "said once";
}

TEST_F(HarmControlTest, InModeAdvisoryHarmEndsWithoutAPerson) {
  const LearningOptions options = with(PolicyMode::advisory);
  HarmControl harm(journal_, *registry_, monitor_, tape_, options);
  ASSERT_TRUE(harm.read());
  hear(*state().served_watch, -0.4, 150);
  decided(harm);
  ASSERT_TRUE(harm.carry_out(now_));
  EXPECT_EQ(suspended().size(), 2U);
}

TEST_F(HarmControlTest, NobodyIsWatchedWhereNothingIsGatedOrNothingIsRefreshed) {
  LearningOptions ladder = options_, off = options_;
  ladder.policy.ladder = Ladder::on;
  off.deployment.harm.run_length = 0;
  for (const LearningOptions& options : {with(PolicyMode::enforced, PolicyGate::none), ladder, off}) {
    state().served_watch.reset();
    state().voter_watches.clear();
    HarmControl harm(journal_, *registry_, monitor_, tape_, options);
    ASSERT_TRUE(harm.read());
    EXPECT_FALSE(state().served_watch);
    EXPECT_TRUE(state().voter_watches.empty());
  }
}

TEST_F(HarmControlTest, AStateWithAWithdrawalIsReadBackToTheSame) {
  served(1, "xgboost");
  served(1, "lightgbm");
  known();
  ASSERT_TRUE(harm_.read());
  hear(state().voter_watches.at(second_), -0.4, 150);
  decided();
  carry_out();
  EXPECT_EQ(state().voter_watches.size(), 2U);
  hear(*state().served_watch, -0.4, 150);
  decided();
  hear(state().withdrawals.front().recovery, 0.1, 12);
  const std::string text = to_json_text(state());
  const auto read = read_life_cycle_state(text, options_.deployment.stages, options_.label, tape_.interval());
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(to_json_text(*read), text);
  ASSERT_EQ(read->withdrawals.size(), 2U);
  EXPECT_EQ(read->withdrawals.back().versions, state().withdrawals.back().versions);
  EXPECT_EQ(read->voter_watches.size(), state().voter_watches.size());
}

}  // namespace
}  // namespace clm
