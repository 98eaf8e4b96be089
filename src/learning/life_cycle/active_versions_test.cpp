#include "learning/life_cycle/active_versions.hpp"

#include <gtest/gtest.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::because;

class ActiveVersionsTest : public testing::RegistryTest {
 protected:
  /// As if the process had ended: what is active is not stored.
  VersionId restored(const LifeCycleState& stored) {
    LifeCycleState state = stored;
    state.types["xgboost"].active = VersionId();
    const auto done = restore_active(*registry_, state);
    EXPECT_TRUE(done) << to_string(done.error());
    return state.types["xgboost"].active;
  }
  void read(LifeCycleState& state) {
    const auto done = read_active(*registry_, "xgboost", state.types["xgboost"]);
    EXPECT_TRUE(done) << to_string(done.error());
  }
};

TEST_F(ActiveVersionsTest, WhatWasActiveIsToldFromTheAuditTrail) {
  LifeCycleState none, first_active, second_active, back, retired;
  read(none);
  EXPECT_TRUE(none.types["xgboost"].active.empty());
  const VersionId first = promoted(1);
  read(first_active);
  EXPECT_EQ(first_active.types["xgboost"].active, first);
  EXPECT_EQ(first_active.types["xgboost"].active_as_of, testing::sample_manifest().created_as_of);
  EXPECT_EQ(first_active.types["xgboost"].active_learned_until, testing::sample_manifest().learned_until);
  const VersionId second = promoted(2);
  read(second_active);
  ASSERT_TRUE(registry_->rollback(Slot{"xgboost"}, because("worse")));
  read(back);
  ASSERT_TRUE(registry_->retire(first, because("enough")));
  read(retired);
  EXPECT_TRUE(restored(none).empty());
  EXPECT_EQ(restored(first_active), first);
  EXPECT_EQ(restored(second_active), second) << "though it is rolled back by now";
  EXPECT_EQ(restored(back), first);
  EXPECT_TRUE(restored(retired).empty());
}

TEST_F(ActiveVersionsTest, EventsThatMoveNothingChangeNothing) {
  const VersionId active = promoted(1);
  LifeCycleState state;
  read(state);
  candidate(2);
  ASSERT_TRUE(registry_->reject(candidate(3), because("no better")));
  EXPECT_EQ(restored(state), active);
}

TEST_F(ActiveVersionsTest, AStateThatNamesTheVersionItselfIsRead) {
  const VersionId first = promoted(1);
  promoted(2);
  LifeCycleState old;
  old.types["xgboost"].active = first;
  ASSERT_TRUE(restore_active(*registry_, old));
  EXPECT_EQ(old.types["xgboost"].active, first);
  EXPECT_EQ(old.types["xgboost"].active_as_of, testing::sample_manifest().created_as_of);
  EXPECT_EQ(old.types["xgboost"].active_learned_until, testing::sample_manifest().learned_until);
}

TEST_F(ActiveVersionsTest, ABrokenOrExpiredVersionHasNoVote) {
  const VersionId version = promoted(1);
  const Timestamp learned_until = testing::sample_manifest().learned_until;
  ServingOptions options;
  options.max_data_age_days = 1;
  EXPECT_TRUE(has_vote(*registry_, version, learned_until, options).value());
  EXPECT_FALSE(has_vote(*registry_, version, learned_until + std::chrono::hours(25), options).value());
  ASSERT_TRUE(registry_->advance(version, VersionStatus::failed, because("broken")));
  EXPECT_FALSE(has_vote(*registry_, version, learned_until, options).value());
}

}  // namespace
}  // namespace clm
