#include "registry/cycle_log.hpp"

#include <gtest/gtest.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::code_of;

class CycleLogTest : public testing::RegistryTest {
 protected:
  CycleLogTest() : log_(*CycleLog::open(*database_)) {}
  CycleLog log_;
};

TEST_F(CycleLogTest, KeepsWhatACycleDid) {
  const Timestamp as_of = from_calendar(2023, 5, 1);
  const Timestamp clock = as_of + Duration(5'000);
  EXPECT_FALSE(log_.find(log_.begin(as_of, "[]").value()).value()->decided_at) << "nobody said so";
  const auto id = log_.begin(as_of, R"([{"trigger":"manual"}])", clock);
  EXPECT_EQ(log_.find(*id).value()->decided_at, clock);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ((*log_.find(*id))->status, CycleStatus::running);
  ASSERT_TRUE(log_.finish(*id, CycleStatus::done, R"([{"decision":"keep"}])", 1.5).has_value());
  const auto record = *log_.find(*id);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->as_of, as_of);
  EXPECT_EQ(record->status, CycleStatus::done);
  EXPECT_EQ(record->triggers_json, R"([{"trigger":"manual"}])");
  EXPECT_EQ(record->results_json, R"([{"decision":"keep"}])");
  EXPECT_EQ(record->seconds, 1.5);
  EXPECT_EQ(code_of(log_.finish(*id, CycleStatus::failed, "[]", 1)), "cycle.not_running");
  EXPECT_FALSE((*log_.find(99)).has_value());
}

TEST_F(CycleLogTest, CyclesOfKilledProcessesAreClosed) {
  const auto done = *log_.begin(Timestamp(1), "[]");
  ASSERT_TRUE(log_.finish(done, CycleStatus::done, "[]", 1).has_value());
  const auto killed = *log_.begin(Timestamp(2), "[]");
  const auto lock = *place_.lock("test");
  EXPECT_EQ(*log_.close_interrupted(lock), 1);
  EXPECT_EQ((*log_.find(killed))->status, CycleStatus::interrupted);
  EXPECT_EQ((*log_.find(done))->status, CycleStatus::done);
  const auto all = *log_.list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, killed) << "newest first";
  EXPECT_EQ(log_.list(1)->size(), 1U);
}

TEST_F(CycleLogTest, AVersionIsSettledByACycleThatEnded) {
  const VersionId version("0123456789ab");
  const std::string results =
      R"([{"decision":"failed","version":null},{"decision":"canary","version":"0123456789ab"}])";
  EXPECT_FALSE(*log_.is_settled(version));
  const auto failed = *log_.begin(Timestamp(1), "[]");
  ASSERT_TRUE(log_.finish(failed, CycleStatus::failed, results, 1).has_value());
  EXPECT_FALSE(*log_.is_settled(version));
  const auto done = *log_.begin(Timestamp(2), "[]");
  ASSERT_TRUE(log_.finish(done, CycleStatus::done, results, 1).has_value());
  EXPECT_TRUE(*log_.is_settled(version));
  EXPECT_FALSE(*log_.is_settled(VersionId("0123456789ac")));
}

TEST_F(CycleLogTest, CountsCandidatesThatEverSawRowsOfAHoldout) {
  const auto span = [](int from, int to) { return TimeRange{Timestamp(from), Timestamp(to)}; };
  const auto note = [&](const char* type, TimeRange range, const char* version) {
    ASSERT_TRUE(log_.note_holdout_use(type, range, VersionId(version), Timestamp(0)).has_value());
  };
  EXPECT_EQ(*log_.other_holdout_uses("xgboost", span(0, 100), VersionId("none")), 0);
  note("xgboost", span(0, 100), "a");
  note("xgboost", span(0, 100), "a");  // the same use, noted again after a kill
  note("xgboost", span(50, 150), "b");
  note("xgboost", span(50, 150), "a");
  note("lightgbm", span(0, 100), "c");
  EXPECT_EQ(*log_.other_holdout_uses("xgboost", span(0, 100), VersionId("none")), 2);
  EXPECT_EQ(*log_.other_holdout_uses("xgboost", span(0, 50), VersionId("none")), 1);
  EXPECT_EQ(*log_.other_holdout_uses("xgboost", span(150, 200), VersionId("none")), 0) << "half-open";
  EXPECT_EQ(*log_.other_holdout_uses("lightgbm", span(99, 200), VersionId("none")), 1);
}

TEST_F(CycleLogTest, RecipesAreCountedInTheOrderInWhichTheyAreTriedInAYear) {
  const Timestamp may = from_calendar(2023, 5, 1), june = from_calendar(2023, 6, 1), later = from_calendar(2024, 1, 1);
  const Duration month = june - may;
  const auto begin = [&](const char* slot, const char* recipe, Timestamp at) {
    return log_.begin_recipe_try(slot, recipe, at, at - month, month).value();
  };
  EXPECT_EQ(begin("lightgbm", "a", may).number, 1U);
  EXPECT_EQ(begin("xgboost", "b", may).number, 2U);
  EXPECT_EQ(begin("lightgbm", "a", may).number, 1U) << "of a cycle that was killed and carried out again";
  EXPECT_EQ(begin("lightgbm", "changed", june).number, 3U);
  EXPECT_EQ(begin("lightgbm/yearly", "a", june).number, 4U) << "under another name it begins anew";
  EXPECT_EQ(begin("nhits", "c", later).number, 1U) << "another year";

  EXPECT_FALSE(*log_.recipe_try("lightgbm", "a", may - month)) << "it was not begun then";
  const auto anchor = *log_.recipe_try("lightgbm", "a", later);
  ASSERT_TRUE(anchor);
  EXPECT_EQ(anchor->tried_at, may);
  EXPECT_EQ(anchor->first_origin, may - month);
  EXPECT_EQ(anchor->spacing, month);
  EXPECT_EQ(anchor->year, 2023);
  EXPECT_EQ(begin("lightgbm", "a", later).number, 2U);
  EXPECT_EQ((*log_.recipe_try("lightgbm", "a", later))->tried_at, later) << "begun anew, as another try";
  EXPECT_EQ((*log_.recipe_try("lightgbm", "a", june))->tried_at, may);
}

TEST_F(CycleLogTest, AcceptancesCountOnceAndNotAtTheMomentItself) {
  const Timestamp may = from_calendar(2023, 5, 1), june = from_calendar(2023, 6, 1), july = from_calendar(2023, 7, 1);
  for (const char* slot : {"lightgbm", "xgboost"}) ASSERT_TRUE(log_.begin_recipe_try(slot, "a", may, may, june - may));
  EXPECT_EQ(*log_.recipes_accepted(2023, july), 0U);
  ASSERT_TRUE(log_.note_acceptance("lightgbm", "a", june));
  ASSERT_TRUE(log_.note_acceptance("lightgbm", "a", july));
  ASSERT_TRUE(log_.note_acceptance("nhits", "b", june)) << "accepted without a record, as by a person";
  EXPECT_EQ(*log_.recipes_accepted(2023, june), 0U) << "who is judged beside it is judged as before, killed or not";
  EXPECT_EQ(*log_.recipes_accepted(2023, july), 1U);
  EXPECT_EQ(*log_.recipes_accepted(2024, july), 0U);
}

}  // namespace
}  // namespace clm
