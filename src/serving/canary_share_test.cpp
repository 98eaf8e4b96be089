#include "serving/canary_share.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(CanaryShare, IsStableAndGrows) {
  std::size_t first = 0, second = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Symbol symbol("SIM" + std::to_string(i));
    const VersionId version("abcdef012345");
    const bool in_first = in_canary_share(symbol, version, 0.1), in_second = in_canary_share(symbol, version, 0.5);
    EXPECT_TRUE(!in_first || in_second);
    EXPECT_FALSE(in_canary_share(symbol, version, 0));
    EXPECT_TRUE(in_canary_share(symbol, version, 1));
    first += in_first ? 1 : 0;
    second += in_second ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(first), 100, 30);
  EXPECT_NEAR(static_cast<double>(second), 500, 50);
}

}  // namespace
}  // namespace clm
