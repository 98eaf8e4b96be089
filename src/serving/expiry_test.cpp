#include "serving/expiry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clm {
namespace {

using std::chrono::hours;

TEST(Expiry, AtTheVeryAgeAVersionStillVotes) {
  const Timestamp data_end = from_calendar(2024, 3, 1);
  EXPECT_FALSE(is_expired(data_end, data_end + hours(36), hours(36)));
  EXPECT_EQ(why_expired(data_end, data_end + hours(36), hours(36)), "");
  const Timestamp later = data_end + hours(36) + Duration(1);
  EXPECT_TRUE(is_expired(data_end, later, hours(36)));
  EXPECT_THAT(why_expired(data_end, later, hours(36)), ::testing::HasSubstr("the limit is 1 d 12 h"));
}

TEST(Expiry, WithoutALimitNothingExpires) {
  EXPECT_FALSE(is_expired(Timestamp(0), Timestamp(0) + hours(24 * 10'000), Duration(0)));
}

}  // namespace
}  // namespace clm
