#include "features/engine/cross_section.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace clm {
namespace {

// Column 0 is the value, column 1 its rank, column 2 its distance from the mean.
FeatureSet one_value_set() {
  FeatureSet set("test");
  set.add(symbol_feature({"x", 1, "close", "close"}, [](const Bar& bar) { return bar.close; }));
  set.add(CrossFeature{"rank_x", CrossOperation::rank, "x"});
  set.add(CrossFeature{"relative_x", CrossOperation::minus_mean, "x"});
  return set;
}

// The oracle: counts, for every value, how many are below and how many are equal.
float rank_by_counting(const std::vector<float>& values, std::size_t i) {
  double below = 0, equal = 0, count = 0;
  for (const float other : values) {
    if (std::isnan(other)) continue;
    ++count;
    below += other < values[i] ? 1.0 : 0.0;
    equal += other == values[i] ? 1.0 : 0.0;
  }
  if (std::isnan(values[i]) || count < 2) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>((below + 0.5 * equal) / count - 0.5);
}

// Small universes are counted, large ones sorted: from an order that is nearly right, and from one that is not. With
// ties, NaN and absent rows.
TEST(CrossSection, RanksAreThoseOfCounting) {
  for (const bool slow : {true, false}) {
    for (const std::size_t symbols : {1U, 2U, 7U, 60U, 500U}) {
      CrossSection section(one_value_set());
      Random random(symbols);
      std::vector<double> level(symbols);
      for (int block = 0; block < 3; ++block) {
        constexpr std::size_t kTimes = 5;
        std::vector<std::vector<float>> seen(kTimes, std::vector<float>(symbols));
        std::vector<float> rows(kTimes * symbols * 3, 99.0F);
        std::vector<char> present(kTimes * symbols);
        for (std::size_t t = 0; t < kTimes; ++t) {
          section.begin();
          for (std::size_t s = 0; s < symbols; ++s) {
            level[s] = slow ? level[s] + 0.01 * random.normal() : random.normal();
            const double x = std::round(level[s] * 20) / 20;
            seen[t][s] = static_cast<float>(random.uniform() < 0.05 ? kMissing : x);
            float* const row = rows.data() + (t * symbols + s) * 3;
            *row = seen[t][s];
            if (random.uniform() < 0.05) {
              seen[t][s] = static_cast<float>(kMissing);
              continue;
            }
            present[t * symbols + s] = 1;
            section.add_row(row);
          }
          section.finish();
        }
        for (std::size_t t = 0; t < kTimes; ++t)
          for (std::size_t s = 0; s < symbols; ++s) {
            const float rank = rows[(t * symbols + s) * 3 + 1];
            const float wanted = present[t * symbols + s] != 0 ? rank_by_counting(seen[t], s) : 99.0F;
            if (std::isnan(wanted)) {
              EXPECT_TRUE(std::isnan(rank));
            } else {
              EXPECT_NEAR(rank, wanted, 1e-6) << symbols << ' ' << t << ' ' << s;
            }
          }
      }
    }
  }
}

}  // namespace
}  // namespace clm
