#include "learning/life_cycle/job_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/life_cycle/life_cycle_parts_fixture.hpp"
#include "learning/options/hours.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using ::testing::HasSubstr;
using testing::kBars;

class JobRunnerTest : public testing::LifeCyclePartsTest {
 protected:
  static Job move_of(JobKind kind, const VersionId& version, VersionStatus to) {
    Job job;
    job.kind = kind;
    job.model_type = "ridge";
    job.version = version;
    job.to = to;
    job.reason = "the test says so";
    job.evidence_json = "{}";
    return job;
  }
  static Job training() {
    Job job;
    job.kind = JobKind::train;
    job.model_type = "ridge";
    job.reason = "it is time";
    return job;
  }
  void plan(Job job, Timestamp at = close_of(kBars)) {
    known();
    jobs_.plan(std::move(job));
    ASSERT_TRUE(jobs_.make_plan(at));
    happened();
  }
  void carry_out(Timestamp at = close_of(kBars)) {
    const auto done = runner_.carry_out(at, undisturbed());
    ASSERT_TRUE(done) << to_string(done.error());
  }
  Job last_job() const { return all_jobs().back(); }
  /// As a process that ends, and the next one, which reads the jobs again.
  void kill_and_recover() {
    const auto recovered = jobs_.recover();
    ASSERT_TRUE(recovered) << to_string(recovered.error());
  }

  JobRunner runner_{work_, journal_, jobs_, types_, trials_, reconciler_, options_};
};

TEST_F(JobRunnerTest, WithNothingDueNothingIsStored) {
  carry_out();
  EXPECT_FALSE(life_log_.state().value());
  EXPECT_FALSE(runner_.last_cycle());
}

TEST_F(JobRunnerTest, APromotionIsDoneWithTheEvidenceOfItsJob) {
  const VersionId before = served(1), next = entered(2);
  plan(move_of(JobKind::promote, next, VersionStatus::active));
  carry_out();
  EXPECT_EQ(active_version("ridge"), next.str());
  EXPECT_EQ(status(before), VersionStatus::retired);
  EXPECT_EQ(active(), next) << "the state knows";
  EXPECT_EQ(last_job().state, JobState::completed);
  EXPECT_EQ(last_job().outcome, "done");
  const Event event = registry_->events_of(next)->back();
  EXPECT_EQ(event.actor, "life cycle, job 1");
  EXPECT_EQ(event.reason, "the test says so");
  EXPECT_EQ(registry_->evidence(event.evidence_id).value(), "{}");
}

TEST_F(JobRunnerTest, WhatWaitsForAPersonIsNotDone) {
  const VersionId next = entered(1);
  Job job = move_of(JobKind::promote, next, VersionStatus::active);
  job.approval = Approval::awaited;
  plan(std::move(job));
  carry_out();
  EXPECT_EQ(status(next), VersionStatus::candidate);
  EXPECT_EQ(last_job().state, JobState::pending);
}

TEST_F(JobRunnerTest, ABrokenVersionIsNotPromotedAndHasFailed) {
  const VersionId before = served(1), next = entered(2);
  lose_a_file_of(next);
  plan(move_of(JobKind::promote, next, VersionStatus::active));
  carry_out();
  EXPECT_EQ(active_version("ridge"), before.str());
  EXPECT_EQ(status(next), VersionStatus::failed);
  EXPECT_EQ(last_job().state, JobState::failed);
  EXPECT_THAT(last_job().outcome, HasSubstr("it is not promoted"));
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, next}}));
}

TEST_F(JobRunnerTest, AVersionThatWasMovedMeanwhileStaysAndTheRestGoesOn) {
  const VersionId gone = entered(1), other = entered(2);
  known();
  jobs_.plan(move_of(JobKind::advance, gone, VersionStatus::shadow));
  jobs_.plan(move_of(JobKind::advance, other, VersionStatus::rejected));
  ASSERT_TRUE(jobs_.make_plan(now_));
  happened();
  ASSERT_TRUE(registry_->reject(gone, because("not wanted")));
  carry_out();
  ASSERT_EQ(all_jobs().size(), 2U);
  EXPECT_EQ(all_jobs()[0].state, JobState::failed);
  EXPECT_THAT(all_jobs()[0].outcome, HasSubstr("registry.transition"));
  EXPECT_EQ(all_jobs()[1].state, JobState::completed);
  EXPECT_EQ(status(other), VersionStatus::rejected);
}

TEST_F(JobRunnerTest, ARollbackPassesOverWhatIsBroken) {
  const VersionId oldest = served(1), before = served(2), poor = served(3);
  lose_a_file_of(before);
  plan(move_of(JobKind::roll_back, poor, VersionStatus::rolled_back));
  carry_out();
  EXPECT_EQ(active(), oldest);
  EXPECT_EQ(status(poor), VersionStatus::rolled_back);
  EXPECT_EQ(status(before), VersionStatus::failed);
  EXPECT_EQ(last_job().outcome,
            "done; " + before.str() + " is broken and was passed over; " + oldest.str() + " is active again");
  EXPECT_EQ(happened(), (Happened{{EventKind::failed, before}}));
}

TEST_F(JobRunnerTest, WithNoWayBackTheVersionStaysAndNothingCoolsDown) {
  const VersionId poor = served(1);
  known();
  journal_.type("ridge").rolled_back_at = now_;
  plan(move_of(JobKind::roll_back, poor, VersionStatus::rolled_back));
  carry_out();
  EXPECT_EQ(active(), poor);
  EXPECT_EQ(last_job().state, JobState::failed);
  EXPECT_FALSE(journal_.type("ridge").rolled_back_at);
}

TEST_F(JobRunnerTest, AMoveThatWasDoneBeforeAKillIsNotDoneTwice) {
  const VersionId before = served(1), next = entered(2);
  plan(move_of(JobKind::promote, next, VersionStatus::active));
  ASSERT_TRUE(jobs_.begin_due(now_).moves);
  ASSERT_TRUE(jobs_.commit({}));
  ASSERT_TRUE(registry_->promote(next, {now_, "life cycle, job 1", "the test says so", "{}"}));
  const std::size_t events = registry_->history("ridge")->size();
  kill_and_recover();
  EXPECT_EQ(jobs_.open().at(0).state, JobState::pending);
  carry_out();
  EXPECT_EQ(last_job().state, JobState::completed);
  EXPECT_EQ(last_job().recoveries, 1);
  EXPECT_EQ(registry_->history("ridge")->size(), events);
  EXPECT_EQ(active(), next);
  EXPECT_EQ(status(before), VersionStatus::retired);
}

TEST_F(JobRunnerTest, TrialsGoOnBesideWhoBecomesActive) {
  const VersionId before = served(1), next = entered(2), on_trial = in_the_shadow(3);
  known();
  trials_.begin("ridge", on_trial, Stage::shadow, before, VersionVerdict(), now_);
  plan(move_of(JobKind::promote, next, VersionStatus::active));
  carry_out();
  ASSERT_EQ(journal_.state().trials.size(), 1U);
  EXPECT_EQ(journal_.state().trials.front().reference, next);
}

TEST_F(JobRunnerTest, ATrainingIsOneCycleAndItsVersionIsToldOf) {
  plan(training());
  carry_out();
  ASSERT_TRUE(runner_.last_cycle() && *runner_.last_cycle());
  const CycleReport& report = **runner_.last_cycle();
  ASSERT_EQ(report.results.size(), 2U) << "what was judged, and its refresh";
  const CycleResult& result = report.results.front();
  EXPECT_EQ(last_job().state, JobState::completed);
  EXPECT_EQ(last_job().outcome, result.version.str() + ": " + result.decision);
  EXPECT_EQ(last_job().settings, jobs_.settings());
  EXPECT_GT(last_job().seconds, 0);
  EXPECT_EQ(journal_.type("ridge").last_attempt, now_);
  const Happened news = happened();
  ASSERT_FALSE(news.empty());
  EXPECT_EQ(news.front(), (std::pair(EventKind::trained, result.version)));
  EXPECT_TRUE(registry_->find(result.version.str()));
}

TEST_F(JobRunnerTest, ATrainingThatIsInterruptedIsDoneByTheNext) {
  plan(training());
  cancel_.request();
  const auto stopped = runner_.carry_out(now_, undisturbed());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
  EXPECT_EQ(last_job().state, JobState::running) << "as a killed process leaves it";
  EXPECT_TRUE(registry_->list()->empty());
  kill_and_recover();
  CancelToken nobody;
  const RunContext run{clock_, nobody, progress_, 1};
  ASSERT_TRUE(runner_.carry_out(now_, run));
  EXPECT_EQ(last_job().state, JobState::completed);
  EXPECT_EQ(registry_->list()->size(), 2U);
}

TEST_F(JobRunnerTest, AProcessThatEndsEachTimeIsGivenUpOn) {
  options_.jobs.max_recoveries = 1;
  plan(training());
  for (int ended = 0; ended < 2; ++ended) {
    jobs_.begin_due(now_);
    ASSERT_TRUE(jobs_.commit({}));
    kill_and_recover();
  }
  carry_out();
  EXPECT_EQ(last_job().state, JobState::failed);
  EXPECT_THAT(last_job().outcome, HasSubstr("given up"));
  EXPECT_FALSE(runner_.last_cycle()) << "it is not begun again";
}

TEST_F(JobRunnerTest, WhatIsTheDatasFaultIsTriedAgainLaterAndThenGivenUp) {
  options_.jobs.max_attempts = 2;
  options_.jobs.backoff_hours = 3;
  const MemoryCandleSource too_few = testing::easy_candles(200);
  CycleWorkplace poor = workplace(too_few);
  JobRunner runner(poor, journal_, jobs_, types_, trials_, reconciler_, options_);
  plan(training());
  ASSERT_TRUE(runner.carry_out(now_, undisturbed()));
  EXPECT_EQ(last_job().state, JobState::pending);
  EXPECT_EQ(last_job().attempts, 1);
  EXPECT_EQ(last_job().not_before, now_ + hours(3));
  EXPECT_EQ(journal_.type("ridge").last_attempt, now_);
  ASSERT_TRUE(runner.carry_out(now_ + hours(2), undisturbed()));
  EXPECT_EQ(last_job().attempts, 1) << "not yet";
  ASSERT_TRUE(runner.carry_out(now_ + hours(3), undisturbed()));
  EXPECT_EQ(last_job().state, JobState::failed);
  EXPECT_EQ(last_job().attempts, 2);
  happened();
  EXPECT_TRUE(jobs_.open().empty());
  ASSERT_TRUE(runner.last_cycle());
  EXPECT_EQ(runner.last_cycle()->error().kind, ErrorKind::data);
}

TEST_F(JobRunnerTest, WithTheEnsembleNothingIsTrained) {
  options_.ensemble.mode = EnsembleMode::learned;
  Job job;
  job.kind = JobKind::ensemble;
  job.model_type = kEnsembleType;
  job.reason = "its members have changed";
  plan(std::move(job));
  carry_out();
  EXPECT_EQ(last_job().state, JobState::completed);
  EXPECT_THAT(last_job().outcome, HasSubstr("an ensemble needs two members"));
  EXPECT_TRUE((*runner_.last_cycle())->results.empty());
}

}  // namespace
}  // namespace clm
