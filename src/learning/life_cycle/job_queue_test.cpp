#include "learning/life_cycle/job_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/options/hours.hpp"
#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;

constexpr Timestamp kNow(1'000'000);

class JobQueueTest : public testing::RegistryTest {
 protected:
  JobQueueTest() : log_(*LifeCycleLog::open(*database_)) {}

  static Job training(const std::string& model_type, Priority priority = Priority::medium) {
    Job job;
    job.kind = JobKind::train;
    job.model_type = model_type;
    job.priority = priority;
    job.reason = "it is time";
    return job;
  }

  LearningOptions options_;
  LifeCycleLog log_;
  LifeCycleJournal journal_{log_};
  JobQueue jobs_{journal_, *registry_, options_};
};

TEST_F(JobQueueTest, APlanNumbersItsJobsTheMostUrgentFirst) {
  ASSERT_TRUE(jobs_.make_plan(kNow));
  EXPECT_EQ(journal_.state().plans, 0) << "nothing was planned";
  jobs_.plan(training("lightgbm"));
  jobs_.plan(training("xgboost", Priority::urgent));
  ASSERT_TRUE(jobs_.make_plan(kNow));
  ASSERT_EQ(jobs_.open().size(), 2U);
  EXPECT_TRUE(jobs_.planned().empty());
  EXPECT_EQ(jobs_.open()[0].model_type, "xgboost");
  EXPECT_EQ(jobs_.open()[0].id, 1);
  EXPECT_EQ(jobs_.open()[1].id, 2);
  EXPECT_EQ(jobs_.open()[1].plan, 1);
  ASSERT_TRUE(jobs_.commit({}));
  EXPECT_EQ(log_.jobs(WhichJobs::open)->size(), 2U);
}

TEST_F(JobQueueTest, AFailedTrainingWaitsTwiceAsLongEachTimeAndIsThenGivenUp) {
  jobs_.plan(training("lightgbm"));
  ASSERT_TRUE(jobs_.make_plan(kNow));
  Job& job = jobs_.open().front();
  EXPECT_TRUE(jobs_.begin_due(kNow).trainings);
  EXPECT_EQ(job.settings, jobs_.settings());
  jobs_.end_attempt(job, kNow, "no rows", {});
  EXPECT_EQ(job.not_before, kNow + hours(options_.jobs.backoff_hours));
  EXPECT_FALSE(jobs_.begin_due(kNow).trainings) << "not yet";
  jobs_.bring_forward(job, kNow);
  EXPECT_TRUE(jobs_.begin_due(kNow).trainings);
  jobs_.end_attempt(job, kNow, "no rows", {});
  EXPECT_EQ(job.not_before, kNow + hours(2 * options_.jobs.backoff_hours));
  jobs_.end_attempt(job, kNow, "no rows", {});
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_NE(jobs_.waiting_training("lightgbm"), nullptr) << "until it is stored";
  ASSERT_TRUE(jobs_.commit({}));
  EXPECT_EQ(jobs_.waiting_training("lightgbm"), nullptr);
}

TEST_F(JobQueueTest, AJobWhoseProcessDiedIsPendingAgainAndGivenUpInTheEnd) {
  jobs_.plan(training("lightgbm"));
  ASSERT_TRUE(jobs_.make_plan(kNow));
  options_.jobs.max_recoveries = 1;
  for (int times = 0; times < 2; ++times) {
    jobs_.begin_due(kNow);
    ASSERT_TRUE(jobs_.commit({}));
    ASSERT_TRUE(jobs_.recover());
    EXPECT_EQ(jobs_.open().at(0).state, times == 0 ? JobState::pending : JobState::failed);
  }
  ASSERT_TRUE(jobs_.commit({}));
  EXPECT_THAT(log_.events()->back().text, HasSubstr("given up"));
}

TEST_F(JobQueueTest, WhatAPersonHasDoneIsCompletedAndWhatIsPointlessCancelled) {
  const VersionId done = candidate(1), pointless = candidate(2);
  for (const VersionId& version : {done, pointless}) {
    Job job = training("xgboost");
    job.kind = JobKind::promote;
    job.version = version;
    job.to = VersionStatus::active;
    job.approval = Approval::awaited;
    jobs_.plan(job);
  }
  ASSERT_TRUE(jobs_.make_plan(kNow));
  EXPECT_FALSE(jobs_.begin_due(kNow).moves) << "a person has to agree first";
  ASSERT_TRUE(jobs_.commit({}));
  ASSERT_TRUE(registry_->promote(done, testing::because("looks good")));
  ASSERT_TRUE(jobs_.recover());
  jobs_.cancel_proposals(pointless, "it has come to look different");
  ASSERT_TRUE(jobs_.commit({}));
  EXPECT_TRUE(jobs_.open().empty());
  const auto all = log_.jobs(WhichJobs::all).value();
  EXPECT_EQ(all.at(0).outcome, "done by test: looks good");
  EXPECT_EQ(all.at(1).state, JobState::cancelled);
}

}  // namespace
}  // namespace clm
