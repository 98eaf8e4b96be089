// `BrokenVersions` by itself; what a whole life cycle makes of it is in the tests of that.
#include "learning/life_cycle/broken_versions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>

#include "learning/life_cycle/life_cycle_parts_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::code_of;
using ::testing::HasSubstr;

class BrokenVersionsUnit : public testing::LifeCyclePartsTest {
 protected:
  /// Looks at everything, where the state knew `before`; what was known afterwards of the ridge.
  VersionId reconcile(const std::map<std::string, VersionId>& before) {
    const auto sound = broken_.reconcile(before);
    EXPECT_TRUE(sound) << to_string(sound.error());
    return sound ? sound->at("ridge") : VersionId();
  }
  void alter_record_of(const VersionId& version) const {
    const auto done = database_->write("altering a record", [&](soci::session& session) -> Status {
      session << "UPDATE versions SET manifest = replace(manifest, 'classic22', 'classic23') WHERE version = :version",
          soci::use(version.str());
      return {};
    });
    ASSERT_TRUE(done) << to_string(done.error());
  }
};

TEST_F(BrokenVersionsUnit, SoundOnesAreLeftAlone) {
  const VersionId before = served(1), active_one = served(2), candidate_one = in_the_shadow(3);
  EXPECT_EQ(reconcile(known()), active_one);
  EXPECT_EQ(happened(), Happened());
  EXPECT_EQ(status(before), VersionStatus::retired);
  EXPECT_EQ(status(active_one), VersionStatus::active);
  EXPECT_EQ(status(candidate_one), VersionStatus::shadow);
  EXPECT_EQ(journal_.type("ridge").lost, "");
}

TEST_F(BrokenVersionsUnit, TheNextOlderSoundOneTakesThePlaceOfAnActiveOneThatLacksAFile) {
  const VersionId oldest = served(1), before = served(2), lost = served(3);
  const auto was_known = known();
  lose_a_file_of(lost);
  lose_a_file_of(before);
  EXPECT_EQ(reconcile(was_known), oldest);
  EXPECT_EQ(active_version("ridge"), oldest.str());
  EXPECT_EQ(active(), oldest);
  EXPECT_EQ(status(lost), VersionStatus::failed);
  EXPECT_EQ(status(before), VersionStatus::failed);
  EXPECT_EQ(happened(),
            (Happened{{EventKind::failed, lost}, {EventKind::failed, before}, {EventKind::promoted, oldest}}));
  EXPECT_THAT(registry_->events_of(lost)->back().reason, HasSubstr(ForecastCalibration::kFileName));
  EXPECT_THAT(journal_.type("ridge").lost, HasSubstr(oldest.str() + " serves meanwhile"));
}

TEST_F(BrokenVersionsUnit, OneWhoseRecordWasAlteredIsBrokenLikeAnyOther) {
  const VersionId before = served(1), lost = served(2);
  const auto was_known = known();
  alter_record_of(lost);
  EXPECT_EQ(reconcile(was_known), before);
  EXPECT_EQ(status(lost), VersionStatus::failed);
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, lost}, {EventKind::promoted, before}}));
  EXPECT_THAT(registry_->events_of(lost)->back().reason, HasSubstr("in the database was altered"));
}

TEST_F(BrokenVersionsUnit, WithoutAnOlderOneNobodyServesAndThatIsSaid) {
  const VersionId only = served(1);
  const auto was_known = known();
  lose_a_file_of(only);
  EXPECT_TRUE(reconcile(was_known).empty());
  EXPECT_EQ(active_version("ridge"), "");
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, only}}));
  EXPECT_THAT(journal_.type("ridge").lost, HasSubstr("there is no older version that is sound"));
}

TEST_F(BrokenVersionsUnit, WhereNothingIsMovedTheSlotStaysEmptyAndTheWayBackIsNamed) {
  options_.deployment.mode = PolicyMode::logging_only;
  const VersionId before = served(1), lost = served(2);
  const auto was_known = known();
  lose_a_file_of(lost);
  EXPECT_TRUE(reconcile(was_known).empty());
  EXPECT_EQ(status(before), VersionStatus::retired);
  EXPECT_THAT(journal_.type("ridge").lost, HasSubstr("clm rollback ridge --reason TEXT puts " + before.str()));
}

TEST_F(BrokenVersionsUnit, AnOlderOneThatHasExpiredDoesNotServeInItsPlace) {
  const VersionId before = served(1), lost = served(2);
  options_.serving.max_data_age_days = silent_after_days("ridge", 1);
  const auto was_known = known();
  journal_.state().last_close = now_ + std::chrono::hours(30);
  lose_a_file_of(lost);
  EXPECT_TRUE(reconcile(was_known).empty());
  EXPECT_EQ(status(before), VersionStatus::retired);
  EXPECT_THAT(journal_.type("ridge").lost, HasSubstr("which is older"));
}

TEST_F(BrokenVersionsUnit, OfTheWayBackTheNearestIsLookedAt) {
  const VersionId far = served(1), nearest = served(2), active_one = served(3);
  const auto was_known = known();
  lose_a_file_of(nearest);
  EXPECT_EQ(reconcile(was_known), active_one);
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, nearest}}));
  EXPECT_EQ(status(far), VersionStatus::retired);
  EXPECT_EQ(journal_.type("ridge").lost, "") << "nobody who serves was lost";
}

TEST_F(BrokenVersionsUnit, ATrialOfABrokenVersionIsOver) {
  const VersionId active_one = served(1), on_trial = in_the_shadow(2);
  const auto was_known = known();
  trials_.begin("ridge", on_trial, Stage::shadow, active_one, VersionVerdict(), now_);
  happened();
  lose_a_file_of(on_trial);
  EXPECT_EQ(reconcile(was_known), active_one);
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, on_trial}, {EventKind::trial_ended, on_trial}}));
  EXPECT_FALSE(trials_.is_on_trial(on_trial));
}

TEST_F(BrokenVersionsUnit, AWatchWhoseWayBackIsBrokenEnds) {
  const VersionId before = served(1), active_one = served(2);
  const auto was_known = known();
  trials_.begin("ridge", active_one, Stage::watch, before, VersionVerdict(), now_);
  happened();
  lose_a_file_of(before);
  EXPECT_EQ(reconcile(was_known), active_one);
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, before}, {EventKind::watch_ended, active_one}}));
  EXPECT_THAT(last_text_, HasSubstr("the way back to " + before.str() + " is broken"));
  EXPECT_TRUE(journal_.state().trials.empty());
}

TEST_F(BrokenVersionsUnit, TrialsGoOnBesideWhoTakesThePlace) {
  const VersionId before = served(1), lost = served(2), on_trial = in_the_shadow(3);
  const auto was_known = known();
  trials_.begin("ridge", on_trial, Stage::shadow, lost, VersionVerdict(), now_);
  trials_.begin("ridge", lost, Stage::watch, before, VersionVerdict(), now_);
  happened();
  lose_a_file_of(lost);
  EXPECT_EQ(reconcile(was_known), before);
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, lost},
                                  {EventKind::promoted, before},
                                  {EventKind::watch_ended, lost},
                                  {EventKind::shadow, on_trial}}));
  ASSERT_EQ(journal_.state().trials.size(), 1U);
  EXPECT_EQ(journal_.state().trials.front().reference, before);
}

TEST_F(BrokenVersionsUnit, WhoeverWasKilledOnNoticingIsFinished) {
  const VersionId before = served(1), lost = served(2);
  const auto was_known = known();
  lose_a_file_of(lost);
  ASSERT_TRUE(registry_->advance(lost, VersionStatus::failed, because("noticed, and then killed")));
  EXPECT_EQ(reconcile(was_known), before);
  EXPECT_EQ(happened(), (Happened{{EventKind::promoted, before}}));
  EXPECT_FALSE(journal_.type("ridge").lost.empty());
  // And once is enough.
  journal_.type("ridge").lost.clear();
  EXPECT_EQ(reconcile(known()), before);
  EXPECT_EQ(happened(), Happened());
  EXPECT_EQ(journal_.type("ridge").lost, "");
}

TEST_F(BrokenVersionsUnit, AVersionThatHasEndedIsNotLookedAt) {
  const VersionId ended = entered(1);
  ASSERT_TRUE(registry_->reject(ended, because("not wanted")));
  lose_a_file_of(ended);
  EXPECT_FALSE(broken_.fail_if_broken(ended, now_).value());
  EXPECT_EQ(status(ended), VersionStatus::rejected);
  EXPECT_EQ(code_of(broken_.fail_if_broken(VersionId("ffffffffffff"), now_)), "registry.unknown_version");
}

TEST_F(BrokenVersionsUnit, ATypeThatNoSettingNamesIsLookedAtToo) {
  const VersionId unlisted = served(1, "lightgbm");
  const auto was_known = known();
  ASSERT_EQ(was_known.at("lightgbm"), unlisted);
  std::filesystem::remove_all(registry_->store().directory_of("lightgbm", unlisted));
  ASSERT_TRUE(broken_.reconcile(was_known));
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, unlisted}}));
  EXPECT_EQ(active_version("lightgbm"), "");
}

}  // namespace
}  // namespace clm
