#include "evaluation/statistics/ranks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.hpp"

namespace clm {
namespace {

TEST(Spearman, AgreesWithScipyWithTies) {  // tools/oracles/significance.py
  const std::vector<float> x{1, 2, 2, 3, 5, 8}, y{2, 1, 4, 4, 9, 3};
  EXPECT_NEAR(spearman(x, y), 0.4852941176470589, 1e-12);
  EXPECT_EQ(average_ranks(x), (std::vector<double>{1, 2.5, 2.5, 4, 5, 6}));
}

TEST(AverageRanks, AreWhatCountingSays) {
  Random random(5);
  for (const std::size_t n :
       std::vector<std::size_t>{1, 2, 60, 128, 129, 300}) {  // few are compared all with all, many are sorted
    std::vector<float> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<float>(random.below(n)) - 20.0F);
    const auto ranks = average_ranks(values);
    ASSERT_EQ(ranks.size(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto below = std::count_if(values.begin(), values.end(), [&](float v) { return v < values[i]; });
      const auto equal = std::count(values.begin(), values.end(), values[i]);
      EXPECT_EQ(ranks[i], static_cast<double>(below) + 0.5 * static_cast<double>(equal + 1)) << n << " " << i;
    }
  }
}

TEST(Spearman, IsZeroWhereNothingIsRanked) {
  EXPECT_EQ(spearman(std::vector<float>{1, 1, 1}, std::vector<float>{1, 2, 3}), 0);
}

}  // namespace
}  // namespace clm
