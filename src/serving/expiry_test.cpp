#include "serving/expiry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clm {
namespace {

using std::chrono::hours;

TEST(Expiry, AtTheVeryAgeAVersionStillVotes) {
  const Timestamp learned_until = from_calendar(2024, 3, 1);
  EXPECT_FALSE(is_expired(learned_until, learned_until + hours(36), hours(36)));
  EXPECT_EQ(why_expired(learned_until, learned_until + hours(36), hours(36)), "");
  const Timestamp later = learned_until + hours(36) + Duration(1);
  EXPECT_TRUE(is_expired(learned_until, later, hours(36)));
  EXPECT_THAT(why_expired(learned_until, later, hours(36)), ::testing::HasSubstr("the limit is 1 d 12 h"));
}

TEST(Expiry, WithoutALimitNothingExpires) {
  EXPECT_FALSE(is_expired(Timestamp(0), Timestamp(0) + hours(24 * 10'000), Duration(0)));
}

TEST(Expiry, ItIsSaidUntilWhenAVersionLearnedAndAsOfWhenItWasTrained) {
  const Timestamp learned(0), made = learned + hours(24 * 31);
  EXPECT_EQ(describe_age({learned, made}, made + hours(1)),
            "it learned until 1970-01-01T00:00:00Z, 31 d 1 h ago (trained as of 1970-02-01T00:00:00Z)");
}

}  // namespace
}  // namespace clm
