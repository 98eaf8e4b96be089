#include "learning/triggers/next_training.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clm {
namespace {

using ::testing::HasSubstr;

const Timestamp kAskedAt = from_calendar(2024, 5, 1);

bool fires(const ModelFreshness& model, Timestamp at, std::int64_t new_bars, const TriggerOptions& options) {
  if (!model.active_as_of) return check_vacancy(model, at, new_bars, options).has_value();
  return check_age(model, at, options) || check_new_bars(model, at, new_bars, options);
}

TEST(NextTraining, IsWhenTheTriggerFiresAndNotBefore) {
  TriggerOptions options;
  options.retrain_hours = 100;
  options.new_bars = 5'000;
  options.cooldown_hours = 10;
  for (const bool served : {false, true}) {
    for (const int hours_since_try : {11, 40, 99}) {
      SCOPED_TRACE(::testing::Message() << (served ? "served, " : "refused, ") << hours_since_try);
      ModelFreshness model{"lightgbm", std::nullopt, kAskedAt - hours_since_try * kHour};
      if (served) {
        model.active_as_of = kAskedAt - 200 * kHour;
        model.newest_as_of = model.last_attempt;
      }
      const NextTraining next = next_training(model, 1'200, options);
      EXPECT_EQ(next.served, served);
      ASSERT_TRUE(next.at);
      EXPECT_FALSE(fires(model, *next.at - Duration(1), 1'200, options));
      EXPECT_TRUE(fires(model, *next.at, 1'200, options));
      ASSERT_TRUE(next.new_bars);
      EXPECT_FALSE(fires(model, kAskedAt, 1'200 + *next.new_bars - 1, options));
      EXPECT_TRUE(fires(model, kAskedAt, 1'200 + *next.new_bars, options));
    }
  }
}

TEST(NextTraining, IsNeverInTheCoolDown) {
  TriggerOptions options;
  options.retrain_hours = 24;
  options.cooldown_hours = 72;
  const NextTraining next = next_training({"lightgbm", std::nullopt, kAskedAt}, 0, options);
  EXPECT_EQ(next.at, kAskedAt + 72 * kHour);
  EXPECT_EQ(next.not_before, kAskedAt + 72 * kHour);
  EXPECT_EQ(describe(next),
            "lightgbm: no version is served; last tried as of 2024-05-01T00:00:00Z; tried again "
            "from 2024-05-04T00:00:00Z")
      << "new bars do not hasten it";
}

TEST(NextTraining, OfATrainingThatWasGivenUpSaysWhyAndWhatHelps) {
  TriggerOptions options;
  options.retrain_hours = 24;
  options.cooldown_hours = 72;
  NextTraining next = next_training({"lightgbm", std::nullopt, kAskedAt}, 0, options);
  next.given_up = GivenUpTraining{3, 2, "dataset.no_rows: nothing to learn from"};
  EXPECT_THAT(describe(next),
              HasSubstr("tried again from 2024-05-04T00:00:00Z, or at once with clm cycle --force; job 3 "
                        "was given up after 2 attempts: dataset.no_rows: nothing to learn from"));
  next.given_up = GivenUpTraining{3, 0, "given up: begun 4 times, and each time its process ended"};
  EXPECT_THAT(describe(next), HasSubstr("; job 3 was given up: begun 4 times"));
}

TEST(NextTraining, ConcernsOnlyTriggersThatAreListenedTo) {
  TriggerOptions options;
  options.kinds = {"drift_detected"};
  ModelFreshness model{"lightgbm", kAskedAt, kAskedAt, kAskedAt};
  EXPECT_FALSE(next_training(model, 0, options).at);
  EXPECT_FALSE(next_training(model, 0, options).new_bars);
  EXPECT_THAT(describe(next_training(model, 0, options)), HasSubstr("neither time nor new bars"));
  model.active_as_of = std::nullopt;  // nobody is served: it is tried again all the same
  EXPECT_TRUE(next_training(model, 0, options).at);
}

TEST(NextTraining, OfWhoIsServedIsTheNextVintage) {
  TriggerOptions options;
  options.retrain_hours = 168;
  NextTraining next = next_training({"lightgbm", kAskedAt, kAskedAt, kAskedAt}, 40, options);
  EXPECT_EQ(describe(next),
            "lightgbm: the next vintage is due from 2024-05-08T00:00:00Z or after 99960 more bars, though not before "
            "2024-05-02T00:00:00Z; the newest training was as of 2024-05-01T00:00:00Z");
  next.waits_for = "job 3, which is tried again";
  EXPECT_EQ(describe(next),
            "lightgbm: the next vintage waits: job 3, which is tried again; the newest training was as of "
            "2024-05-01T00:00:00Z");
}

TEST(NextTraining, IsSaidWithTheRefusalBeforeIt) {
  TriggerOptions options;
  options.retrain_hours = 168;
  NextTraining next = next_training({"lightgbm", std::nullopt, kAskedAt}, 40, options);
  EXPECT_EQ(describe(next),
            "lightgbm: no version is served; last tried as of 2024-05-01T00:00:00Z; tried again "
            "from 2024-05-08T00:00:00Z or after 99960 more bars, though not before 2024-05-02T00:00:00Z");
  next.waits_for = "3 on trial, and there are no more places";
  EXPECT_THAT(describe(next), HasSubstr("; waits: 3 on trial"));
}

}  // namespace
}  // namespace clm
