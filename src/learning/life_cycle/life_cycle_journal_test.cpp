#include "learning/life_cycle/life_cycle_journal.hpp"

#include <gtest/gtest.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

class LifeCycleJournalTest : public testing::RegistryTest {
 protected:
  LifeCycleJournalTest() : log_(*LifeCycleLog::open(*database_)) {}
  LifeCycleLog log_;
  LifeCycleJournal journal_{log_};
};

TEST_F(LifeCycleJournalTest, NothingIsStoredBeforeACommitAndThenOnce) {
  journal_.record_event(Timestamp(1), EventKind::trigger, "lightgbm", {}, "it is time");
  journal_.state().last_close = Timestamp(1);
  EXPECT_TRUE(journal_.has_news());
  EXPECT_FALSE(log_.state().value());
  ASSERT_TRUE(journal_.commit({}));
  EXPECT_FALSE(journal_.has_news());
  ASSERT_TRUE(journal_.commit({}));
  EXPECT_EQ(log_.events()->size(), 1U);
  EXPECT_EQ(log_.events()->front().sequence, 1);
  EXPECT_EQ(journal_.state().events, 1);
  EXPECT_TRUE(log_.state().value());
}

TEST_F(LifeCycleJournalTest, AJobIsStoredAsItStoodLast) {
  journal_.save(Plan{1, Timestamp(1), std::nullopt});
  Job job;
  job.id = job.plan = 1;
  job.model_type = "lightgbm";
  job.reason = "it is time";
  journal_.save(job);
  job.state = JobState::running;
  journal_.save(job);
  ASSERT_TRUE(journal_.commit({}));
  EXPECT_EQ(log_.jobs(WhichJobs::all)->at(0).state, JobState::running);
}

}  // namespace
}  // namespace clm
