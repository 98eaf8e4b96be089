#include "learning/life_cycle/registry_reconciler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/life_cycle/life_cycle_parts_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using ::testing::HasSubstr;

class RegistryReconcilerTest : public testing::LifeCyclePartsTest {
 protected:
  static CycleResult result_of(const VersionId& version) {
    CycleResult result;
    result.model_type = "ridge";
    result.version = version;
    result.decision = "deploy";
    return result;
  }
  void trained(const VersionId& version, Timestamp at) {
    const auto met = reconciler_.reconcile_trained({result_of(version)}, at);
    ASSERT_TRUE(met) << to_string(met.error());
  }
  void person_did(const std::map<std::string, VersionId>& before) {
    const auto met = reconciler_.reconcile_what_a_person_did(before);
    ASSERT_TRUE(met) << to_string(met.error());
  }
  const Trial& only_trial() {
    EXPECT_EQ(journal_.state().trials.size(), 1U);
    return journal_.state().trials.at(0);
  }
  /// When versions that the tests call new were trained.
  const Timestamp later_ = now_ + std::chrono::hours(1);
};

TEST_F(RegistryReconcilerTest, TheFirstActiveOneIsToldOfAndNotWatched) {
  known();
  const VersionId first = entered(1, "ridge", later_);
  ASSERT_TRUE(registry_->promote(first, {later_, "test, cycle 1", "it is good", "{}"}));
  trained(first, later_);
  EXPECT_EQ(happened(), (Happened{{EventKind::trained, first}, {EventKind::promoted, first}}));
  EXPECT_THAT(last_text_, HasSubstr("the first active one"));
  EXPECT_EQ(active(), first);
  EXPECT_TRUE(journal_.state().trials.empty()) << "there is nobody to be held against";
}

TEST_F(RegistryReconcilerTest, WhoLeavesWithoutASuccessorIsToldOf) {
  const VersionId floor = served(1);
  known();
  ASSERT_TRUE(registry_->retire(floor, {later_, "test, cycle 2", "it spoke while nobody else did", {}}));
  const auto met = reconciler_.reconcile_trained({}, later_);
  ASSERT_TRUE(met) << to_string(met.error());
  EXPECT_EQ(happened(), (Happened{{EventKind::retired, floor}}));
  EXPECT_EQ(last_text_, "it spoke while nobody else did");
  EXPECT_EQ(active(), VersionId());
  ASSERT_TRUE(reconciler_.reconcile_trained({}, later_));
  EXPECT_TRUE(happened().empty()) << "once";
}

TEST_F(RegistryReconcilerTest, OneThatTookThePlaceOfAnotherIsWatchedBesideIt) {
  const VersionId before = served(1);
  known();
  const VersionId next = entered(2, "ridge", later_);
  ASSERT_TRUE(registry_->promote(next, {later_, "test, cycle 1", "it is better", "{}"}));
  trained(next, later_);
  EXPECT_EQ(happened(), (Happened{{EventKind::trained, next}, {EventKind::promoted, next}, {EventKind::watch, next}}));
  EXPECT_EQ(only_trial().stage, Stage::watch);
  EXPECT_EQ(only_trial().reference, before);
}

// A recipe that was accepted just now, and is served by its refresh: what is on trial begins anew beside it.
TEST_F(RegistryReconcilerTest, ARefreshOfAnotherRecipeThanBeforeIsNotWatchedAndTrialsStartOver) {
  const VersionId before = served(1), tried = in_the_shadow(2);
  known();
  person_did({{"ridge", before}});
  ASSERT_EQ(only_trial().reference, before);
  journal_.state().trials.front().started = now_ - std::chrono::hours(9);
  const VersionId refresh = entered(3, "ridge", later_);
  ASSERT_TRUE(registry_->promote(refresh, because("accepted", 0, R"({"refresh": {"recipe": "r"}})")));
  trained(refresh, later_);
  EXPECT_EQ(only_trial().challenger, tried);
  EXPECT_EQ(only_trial().reference, refresh);
  EXPECT_EQ(only_trial().started, later_);
  EXPECT_TRUE(only_trial().earlier_references.empty());
}

TEST_F(RegistryReconcilerTest, OneInTheShadowIsTriedBesideTheActiveOne) {
  const VersionId before = served(1);
  known();
  const VersionId next = entered(2, "ridge", later_);
  ASSERT_TRUE(registry_->advance(next, VersionStatus::shadow, {later_, "test, cycle 1", "let it try", {}}));
  trained(next, later_);
  EXPECT_EQ(happened(), (Happened{{EventKind::trained, next}, {EventKind::shadow, next}}));
  EXPECT_EQ(only_trial().reference, before);
  EXPECT_EQ(only_trial().started, later_);
}

TEST_F(RegistryReconcilerTest, WhatWasTrainedBeforeIsNoNews) {
  const VersionId before = served(1);
  known();
  trained(before, later_);
  EXPECT_EQ(happened(), (Happened{{EventKind::trained, before}}));
  EXPECT_THAT(last_text_, HasSubstr("this very model was trained before, at " + to_string(now_)));
  EXPECT_TRUE(journal_.state().trials.empty());
}

TEST_F(RegistryReconcilerTest, ATrainingThatFailedHasMadeNothing) {
  known();
  trained(VersionId(), later_);
  EXPECT_EQ(happened(), Happened());
}

TEST_F(RegistryReconcilerTest, InModeAdvisoryAGoodOneIsProposed) {
  options_.deployment.mode = PolicyMode::advisory;
  options_.deployment.gate = PolicyGate::none;  // so that it does not matter how good it is
  known();
  const VersionId next = entered(1, "ridge", later_);
  trained(next, later_);
  EXPECT_EQ(happened(), (Happened{{EventKind::trained, next}, {EventKind::proposed, next}}));
  ASSERT_EQ(all_jobs().size(), 1U);
  const Job job = all_jobs().front();
  EXPECT_EQ(job.kind, JobKind::promote);
  EXPECT_EQ(job.version, next);
  EXPECT_EQ(job.approval, Approval::awaited);
  EXPECT_EQ(job.evidence_json, *registry_->latest_evidence(next));
  EXPECT_EQ(status(next), VersionStatus::candidate);
}

TEST_F(RegistryReconcilerTest, APersonsPromotionIsWatched) {
  const VersionId before = served(1), on_trial = in_the_shadow(3);
  const auto was_known = known();
  trials_.begin("ridge", on_trial, Stage::shadow, before, VersionVerdict(), now_);
  happened();
  const VersionId chosen = served(2);
  person_did(was_known);
  EXPECT_EQ(happened(),
            (Happened{{EventKind::promoted, chosen}, {EventKind::shadow, on_trial}, {EventKind::watch, chosen}}));
  EXPECT_EQ(active(), chosen);
  ASSERT_EQ(journal_.state().trials.size(), 2U);
  EXPECT_EQ(journal_.state().trials[0].reference, chosen) << "the shadow starts over beside the chosen one";
  EXPECT_EQ(journal_.state().trials[1].reference, before);
  person_did(known());
  EXPECT_EQ(happened(), Happened()) << "once is enough";
}

TEST_F(RegistryReconcilerTest, APersonsFirstChoiceIsHeldAgainstNobody) {
  const auto was_known = known();
  const VersionId chosen = served(1);
  person_did(was_known);
  EXPECT_EQ(happened(), Happened());
  EXPECT_EQ(active(), chosen);
  EXPECT_TRUE(journal_.state().trials.empty());
}

TEST_F(RegistryReconcilerTest, APersonsRollbackEndsTheWatch) {
  const VersionId before = served(1), active_one = served(2);
  const auto was_known = known();
  trials_.begin("ridge", active_one, Stage::watch, before, VersionVerdict(), now_);
  happened();
  ASSERT_TRUE(registry_->rollback(Slot{"ridge"}, because("worse")));
  person_did(was_known);
  EXPECT_EQ(active(), before);
  EXPECT_FALSE(trials_.is_on_trial(active_one));
  const Happened news = happened();
  EXPECT_THAT(news, ::testing::Contains(std::pair(EventKind::trial_ended, active_one)));
  EXPECT_THAT(news, ::testing::Contains(std::pair(EventKind::promoted, before)));
}

TEST_F(RegistryReconcilerTest, AfterAPersonsRetirementNobodyServesAndNothingIsWatched) {
  const VersionId before = served(1), active_one = served(2);
  const auto was_known = known();
  trials_.begin("ridge", active_one, Stage::watch, before, VersionVerdict(), now_);
  happened();
  ASSERT_TRUE(registry_->retire(active_one, because("enough")));
  person_did(was_known);
  EXPECT_EQ(happened(), (Happened{{EventKind::trial_ended, active_one}}));
  EXPECT_THAT(last_text_, HasSubstr("it was made retired"));
  EXPECT_TRUE(active().empty());
}

TEST_F(RegistryReconcilerTest, WhoAPersonPutIntoTheShadowIsTriedAndWhoIsBrokenIsNot) {
  const VersionId active_one = served(1);
  const auto was_known = known();
  const VersionId sound = in_the_shadow(2), broken = in_the_shadow(3);
  lose_a_file_of(broken);
  person_did(was_known);
  EXPECT_EQ(only_trial().challenger, sound);
  EXPECT_EQ(only_trial().reference, active_one);
  EXPECT_EQ(status(broken), VersionStatus::failed);
  EXPECT_THAT(happened(), ::testing::UnorderedElementsAre(std::pair(EventKind::failed, broken),
                                                          std::pair(EventKind::shadow, sound)));
}

TEST_F(RegistryReconcilerTest, WhatWasProposedAndHasBecomeImpossibleWaitsForNobody) {
  const VersionId proposed = entered(1), other = entered(2);
  const auto was_known = known();
  for (const VersionId& version : {proposed, other}) {
    Job job;
    job.kind = JobKind::promote;
    job.model_type = "ridge";
    job.version = version;
    job.to = VersionStatus::active;
    job.reason = "it is good";
    job.approval = Approval::awaited;
    jobs_.plan(job);
  }
  ASSERT_TRUE(jobs_.make_plan(now_));
  happened();
  ASSERT_TRUE(registry_->reject(proposed, because("not wanted")));
  person_did(was_known);
  happened();
  ASSERT_EQ(all_jobs().size(), 2U);
  EXPECT_EQ(all_jobs()[0].state, JobState::cancelled);
  EXPECT_EQ(all_jobs()[0].outcome, "somebody has moved the version");
  EXPECT_EQ(all_jobs()[1].state, JobState::pending);
}

TEST_F(RegistryReconcilerTest, ATypeThatNoSettingNamesIsFollowed) {
  const VersionId before = served(1, "lightgbm");
  auto was_known = known();
  EXPECT_EQ(was_known.at("lightgbm"), before) << "it is in service";
  ASSERT_TRUE(registry_->retire(before, because("enough")));
  person_did(was_known);
  EXPECT_TRUE(journal_.type("lightgbm").active.empty()) << "and not any more";
}

}  // namespace
}  // namespace clm
