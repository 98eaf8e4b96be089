#include "learning/data/expiry.hpp"

#include <gtest/gtest.h>

#include "learning/options/hours.hpp"

namespace clm {
namespace {

TEST(Expiry, AVersionVotesUpToTheVeryAge) {
  ServingOptions options;
  options.max_data_age_days = 1.5;
  const Timestamp data_end(1'000'000);
  EXPECT_FALSE(is_expired(data_end, data_end + hours(36), options));
  EXPECT_TRUE(is_expired(data_end, data_end + hours(36) + Duration(1), options));
}

TEST(Expiry, WithoutALimitNothingExpires) {
  ServingOptions options;
  options.max_data_age_days = 0;
  EXPECT_FALSE(is_expired(Timestamp(0), Timestamp(0) + hours(24 * 10'000), options));
}

}  // namespace
}  // namespace clm
