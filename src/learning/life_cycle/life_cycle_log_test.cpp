#include "learning/life_cycle/life_cycle_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;

class LifeCycleLogTest : public testing::RegistryTest {
 protected:
  LifeCycleLogTest() : log_(*LifeCycleLog::open(*database_)) {}

  static LifeCycleLog::Step forecast_at(Timestamp at, std::vector<float> forecast) {
    LifeCycleLog::Step step;
    step.state_json = "{}";
    step.forecasts = {{at, "a", std::move(forecast)}};
    return step;
  }
  static Job job(std::int64_t id, JobState state) {
    Job job;
    job.id = id;
    job.plan = 1;
    job.kind = JobKind::advance;
    job.model_type = "lightgbm";
    job.version = VersionId("0123456789ab");
    job.to = VersionStatus::canary;
    job.priority = Priority::high;
    job.reason = "better";
    job.evidence_json = R"({"gain": 1})";
    job.state = state;
    job.approval = Approval::awaited;
    job.data_until = Timestamp(1'000);
    job.decided_at = Timestamp(1'500);
    job.not_before = Timestamp(2'000);
    job.attempts = 2;
    job.recoveries = 1;
    job.seconds = 1.5;
    job.outcome = "so far";
    job.settings = "0123456789abcdef";
    return job;
  }
  LifeCycleLog log_;
};

TEST_F(LifeCycleLogTest, ForecastsAreAboutTheUniverseOfTheReader) {
  ASSERT_TRUE(log_.set_universe({Symbol("A"), Symbol("B")}));
  ASSERT_TRUE(log_.commit(forecast_at(Timestamp(1), {0.1F, std::numeric_limits<float>::quiet_NaN()})));
  // A symbol is listed, another is taken out, and the order is another one.
  ASSERT_TRUE(log_.set_universe({Symbol("C"), Symbol("B"), Symbol("A")}));
  ASSERT_TRUE(log_.commit(forecast_at(Timestamp(2), {1, 2, 3})));
  auto rows = log_.forecasts(Timestamp(0), Timestamp(10)).value();
  ASSERT_EQ(rows.size(), 2U);
  ASSERT_EQ(rows[0].forecast.size(), 3U);
  EXPECT_TRUE(std::isnan(rows[0].forecast[0])) << "nothing was said of it then";
  EXPECT_TRUE(std::isnan(rows[0].forecast[1]));
  EXPECT_EQ(rows[0].forecast[2], 0.1F);
  EXPECT_EQ(rows[1].forecast, (std::vector<float>{1, 2, 3}));

  ASSERT_TRUE(log_.set_universe({Symbol("B")}));
  rows = log_.forecasts(Timestamp(2), Timestamp(10)).value();
  EXPECT_EQ(rows[0].forecast, (std::vector<float>{2}));
}

TEST_F(LifeCycleLogTest, RegretIsAddedUpByDayToTheBit) {
  EXPECT_TRUE(log_.regret()->empty());
  const Timestamp first = from_calendar(2024, 1, 1);
  const double a = 1.0 / 3, b = -0.1, c = 0.7 / 9;
  LifeCycleLog::Step step;
  step.state_json = "{}";
  step.regret = {{first, "newest", 1, a, b}, {first, "newest", 1, c, a}, {first + kDay, "newest", 1, b, c}};
  ASSERT_TRUE(log_.commit(step));
  step.regret = {{first, "newest", 1, b, b}, {first, "static", 2, a, c}};
  ASSERT_TRUE(log_.commit(step));
  const auto days = log_.regret().value();
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[0].day, first);
  EXPECT_EQ(days[0].forecaster, "newest");
  EXPECT_EQ(days[0].bars, 3);
  EXPECT_EQ(days[0].forecaster_ic, a + c + b);
  EXPECT_EQ(days[0].served_ic, b + a + b);
  EXPECT_EQ(days[1].forecaster, "static");
  EXPECT_EQ(days[1].bars, 2);
  EXPECT_EQ(days[1].served_ic, c);
  EXPECT_EQ(days[2].day, first + kDay);
  EXPECT_EQ(days[2].forecaster_ic, b);
}

TEST_F(LifeCycleLogTest, APauseStandsUntilSomebodyEndsIt) {
  EXPECT_TRUE(log_.refresh_pauses()->empty());
  ASSERT_TRUE(log_.pause_refreshes({"xgboost", Timestamp(1'000), "a person", "losses"}));
  ASSERT_TRUE(log_.pause_refreshes({"lightgbm/yearly", Timestamp(2'000), "a person", "too old"}));
  ASSERT_TRUE(log_.pause_refreshes({"xgboost", Timestamp(3'000), "another", "again"})) << "the first one stands";
  auto log = LifeCycleLog::open(*database_);
  ASSERT_TRUE(log);
  auto pauses = log->refresh_pauses().value();
  ASSERT_EQ(pauses.size(), 2U);
  EXPECT_EQ(pauses[0].model_type, "lightgbm/yearly");
  EXPECT_EQ(pauses[1].at, Timestamp(1'000));
  EXPECT_EQ(describe(pauses[1]),
            "refreshes are paused since 1970-01-01T00:00:01Z by a person (losses); clm resume xgboost goes on");
  EXPECT_EQ(pause_of(pauses, "xgboost"), &pauses[1]);
  EXPECT_EQ(pause_of(pauses, "lightgbm"), nullptr) << "another recipe of the type";

  ASSERT_TRUE(log->resume_refreshes({"xgboost", Timestamp(4'000), "a person", "better"}));
  ASSERT_TRUE(log->resume_refreshes({"xgboost", Timestamp(5'000), "a person", "twice is once"}));
  ASSERT_EQ(log->refresh_pauses()->size(), 1U);
  ASSERT_TRUE(log->pause_refreshes({"xgboost", Timestamp(6'000), "a person", "worse"})) << "once more";
  EXPECT_EQ(log->refresh_pauses()->at(1).reason, "worse");
}

// Who was only on trial must not count as in service after a restart.
TEST_F(LifeCycleLogTest, WhyAForecastWasHeardIsReadBack) {
  ASSERT_TRUE(log_.set_universe({Symbol("A")}));
  LifeCycleLog::Step step = forecast_at(Timestamp(1), {0.5F});
  step.forecasts.push_back({Timestamp(1), "b", {0.5F}, Heard::for_a_trial});
  ASSERT_TRUE(log_.commit(step));
  const auto rows = log_.forecasts(Timestamp(0), Timestamp(10)).value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].heard, Heard::in_service);
  EXPECT_EQ(rows[1].heard, Heard::for_a_trial);
}

TEST_F(LifeCycleLogTest, AForecastThatWasLoggedStands) {
  ASSERT_TRUE(log_.set_universe({Symbol("A")}));
  ASSERT_TRUE(log_.commit(forecast_at(Timestamp(1), {0.5F})));
  ASSERT_TRUE(log_.commit(forecast_at(Timestamp(1), {0.7F})));
  EXPECT_EQ(log_.forecasts(Timestamp(0), Timestamp(10))->front().forecast, (std::vector<float>{0.5F}));
}

TEST_F(LifeCycleLogTest, AJobIsReadAsItWasWritten) {
  LifeCycleLog::Step step;
  step.state_json = "{}";
  step.plans = {{1, Timestamp(1'000), 12.5}, {2, Timestamp(3'000), std::nullopt}};
  step.jobs = {job(1, JobState::pending), job(2, JobState::completed)};
  ASSERT_TRUE(log_.commit(step));
  const auto jobs = log_.jobs(WhichJobs::all).value();
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(to_json(jobs[0]), to_json(job(1, JobState::pending)));
  EXPECT_EQ(jobs[0].evidence_json, R"({"gain": 1})");
  EXPECT_EQ(jobs[0].settings, "0123456789abcdef");
  ASSERT_EQ(log_.jobs(WhichJobs::open)->size(), 1U);
  const auto plans = log_.plans().value();
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].expected_seconds, 12.5);
  EXPECT_FALSE(plans[1].expected_seconds);
}

TEST_F(LifeCycleLogTest, JobsOfBeforeClockAndSettingsWereNotedHaveNone) {
  LifeCycleLog::Step step;
  step.state_json = "{}";
  step.plans = {{1, Timestamp(1'000), std::nullopt}};
  step.jobs = {job(1, JobState::pending)};
  ASSERT_TRUE(log_.commit(step));
  ASSERT_TRUE(database_->write("going back to the tables of before", [](soci::session& session) -> Status {
    session << "ALTER TABLE jobs DROP COLUMN clocked_at";
    session << "ALTER TABLE jobs DROP COLUMN settings";
    session << "ALTER TABLE forecasts DROP COLUMN in_service";
    session << "DROP TABLE served_terms";
    session << "DROP TABLE regret";
    session << "DROP TABLE refresh_pauses";
    session << "UPDATE schema_versions SET version = 3 WHERE component = 'life_cycle'";
    return {};
  }));
  auto log = LifeCycleLog::open(*database_);
  ASSERT_TRUE(log) << to_string(log.error());
  const auto jobs = log->jobs(WhichJobs::all).value();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].data_until, Timestamp(1'000));
  EXPECT_FALSE(jobs[0].decided_at);
  EXPECT_EQ(jobs[0].settings, "");
  EXPECT_TRUE(to_json(jobs[0])["decided_at"].is_null());
}

TEST_F(LifeCycleLogTest, ForecastsOfBeforeTheRecordWasKeptCountAsInServiceAndHaveNoTerms) {
  ASSERT_TRUE(log_.set_universe({Symbol("A")}));
  ASSERT_TRUE(log_.commit(forecast_at(Timestamp(1'000), {0.5F})));
  LifeCycleLog::Step served;
  served.state_json = "{}";
  served.forecasts = {{Timestamp(1'000), kServed, {0.5F}}};
  ASSERT_TRUE(log_.commit(served));
  ASSERT_TRUE(database_->write("going back to the tables of before", [](soci::session& session) -> Status {
    session << "ALTER TABLE forecasts DROP COLUMN in_service";
    session << "DROP TABLE served_terms";
    session << "DROP TABLE regret";
    session << "DROP TABLE refresh_pauses";
    session << "UPDATE schema_versions SET version = 5 WHERE component = 'life_cycle'";
    return {};
  }));
  auto log = LifeCycleLog::open(*database_);
  ASSERT_TRUE(log) << to_string(log.error());
  const auto rows = log->named_forecasts(Timestamp::min(), Timestamp::max());
  ASSERT_TRUE(rows) << to_string(rows.error());
  ASSERT_EQ(rows->size(), 2U);
  for (const NamedForecast& one : *rows) {
    EXPECT_EQ(one.row.heard, Heard::in_service);
    EXPECT_FALSE(one.row.terms);
    EXPECT_EQ(one.row.forecast, std::vector<float>{0.5F});
    EXPECT_EQ(*one.symbols, std::vector<Symbol>{Symbol("A")});
  }
}

TEST_F(LifeCycleLogTest, AJobThatEndedIsNotChanged) {
  LifeCycleLog::Step step;
  step.state_json = "{}";
  step.plans = {{1, Timestamp(1'000), std::nullopt}};
  step.jobs = {job(1, JobState::cancelled)};
  ASSERT_TRUE(log_.commit(step));
  const auto again = log_.update(job(1, JobState::pending));
  ASSERT_FALSE(again);
  EXPECT_THAT(to_string(again.error()), HasSubstr("a job that has ended is not changed"));
}

TEST_F(LifeCycleLogTest, TypicalSecondsAreTheMedianOfTheLastFive) {
  EXPECT_FALSE(log_.typical_training_seconds("lightgbm").value());
  LifeCycleLog::Step step;
  step.state_json = "{}";
  step.plans = {{1, Timestamp(1'000), std::nullopt}};
  std::int64_t id = 0;
  for (const double seconds : {1000.0, 5.0, 1.0, 3.0, 2.0, 4.0}) {
    Job one = job(++id, JobState::completed);
    one.kind = JobKind::train;
    one.seconds = seconds;
    step.jobs.push_back(one);
  }
  ASSERT_TRUE(log_.commit(step));
  EXPECT_EQ(log_.typical_training_seconds("lightgbm").value(), 3.0);
  EXPECT_FALSE(log_.typical_training_seconds("xgboost").value());
}

TEST(Jobs, MovesComeFirstThenTrainingsByPriorityThenTheEnsemble) {
  std::vector<Job> jobs(4);
  jobs[0].kind = JobKind::ensemble;
  jobs[1].kind = JobKind::train;
  jobs[1].priority = Priority::medium;
  jobs[2].kind = JobKind::train;
  jobs[2].priority = Priority::urgent;
  jobs[3].kind = JobKind::promote;
  order(jobs);
  EXPECT_EQ(jobs[0].kind, JobKind::promote);
  EXPECT_EQ(jobs[1].priority, Priority::urgent);
  EXPECT_EQ(jobs[2].priority, Priority::medium);
  EXPECT_EQ(jobs[3].kind, JobKind::ensemble);
}

}  // namespace
}  // namespace clm
