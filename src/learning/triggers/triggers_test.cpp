#include "learning/triggers/triggers.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

const Timestamp kCheckedAt = from_calendar(2024, 5, 1);

ModelFreshness fresh(Duration age) { return {"xgboost", kCheckedAt - age, kCheckedAt - age}; }

TEST(Triggers, NoActiveVersionIsUrgent) {
  const auto trigger = check_vacancy({"xgboost", {}, {}}, kCheckedAt, 0, TriggerOptions{});
  ASSERT_TRUE(trigger);
  EXPECT_EQ(trigger->priority, Priority::urgent);
  EXPECT_EQ(trigger->reason, "no version has a vote");
}

TEST(Triggers, ARefusalStandsUntilTimeOrDataAreWorthAnotherTry) {
  TriggerOptions options;
  options.retrain_hours = 168;
  options.new_bars = 5'000;
  const ModelFreshness refused{"xgboost", {}, kCheckedAt - 100 * kHour};
  EXPECT_FALSE(check_vacancy(refused, kCheckedAt, 4'999, options)) << "each try costs the next one power";
  const auto data = check_vacancy(refused, kCheckedAt, 5'000, options);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->kind, TriggerKind::data_volume);
  EXPECT_EQ(data->priority, Priority::urgent);
  const ModelFreshness long_ago{"xgboost", {}, kCheckedAt - 168 * kHour};
  const auto time = check_vacancy(long_ago, kCheckedAt, 0, options);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->kind, TriggerKind::time_based);
  EXPECT_NE(time->reason.find("no version has a vote, and the newest training was made"), std::string::npos)
      << time->reason;
}

TEST(Triggers, NothingIsTrainedTwiceOnTheSameData) {
  EXPECT_FALSE(check_vacancy({"xgboost", {}, kCheckedAt}, kCheckedAt, 0, TriggerOptions{}));
  TriggerOptions at_once;
  at_once.new_bars = 1;
  EXPECT_FALSE(check_new_bars(fresh(Duration(0)), kCheckedAt, 1, at_once));
}

TEST(Triggers, TimeIsCountedFromWhatTheTrainingWasMadeAsOf) {
  TriggerOptions options;
  options.retrain_hours = 24;
  EXPECT_FALSE(check_age(fresh(23 * kHour), kCheckedAt, options));
  const auto trigger = check_age(fresh(24 * kHour), kCheckedAt, options);
  ASSERT_TRUE(trigger);
  EXPECT_EQ(trigger->kind, TriggerKind::time_based);
  EXPECT_NE(trigger->reason.find(to_string(kCheckedAt - 24 * kHour)), std::string::npos);
}

TEST(Triggers, TimeIsCountedFromTheNewestTrainingWhereItIsKnown) {
  TriggerOptions options;
  options.retrain_hours = 24;
  ModelFreshness model = fresh(100 * kHour);
  model.newest_as_of = kCheckedAt - 23 * kHour;
  EXPECT_FALSE(check_age(model, kCheckedAt, options)) << "what was refused is not tried again before its time";
  model.newest_as_of = kCheckedAt - 30 * kHour;
  const auto trigger = check_age(model, kCheckedAt, options);
  ASSERT_TRUE(trigger);
  EXPECT_NE(trigger->reason.find("the newest training was made"), std::string::npos) << trigger->reason;
  model.newest_as_of = model.active_as_of;
  EXPECT_NE(check_age(model, kCheckedAt, options)->reason.find("the active version was trained"), std::string::npos);
}

TEST(Triggers, EnoughNewBarsFireBeforeTheClockDoes) {
  TriggerOptions options;
  options.new_bars = 1000;
  EXPECT_FALSE(check_new_bars(fresh(2 * kHour), kCheckedAt, 999, options));
  const auto trigger = check_new_bars(fresh(2 * kHour), kCheckedAt, 1000, options);
  ASSERT_TRUE(trigger);
  EXPECT_EQ(trigger->kind, TriggerKind::data_volume);
}

}  // namespace
}  // namespace clm
