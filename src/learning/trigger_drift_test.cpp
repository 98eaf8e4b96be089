#include "learning/trigger_drift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kReference = 720, kCurrent = 168, kSeries = 20;

/// Autocorrelated series, from white to slow, in rows.
struct History {
  std::vector<std::string> names;
  std::vector<float> values;
  std::span<const float> reference() const { return std::span<const float>(values).first(kReference * names.size()); }
  std::span<const float> current() const { return std::span<const float>(values).last(kCurrent * names.size()); }
};

History history(std::uint64_t seed, double shift_of_the_third = 0) {
  Random random(seed);
  History out;
  for (std::size_t i = 0; i < kSeries; ++i) out.names.push_back("f" + std::to_string(i));
  std::vector<double> level(kSeries, 0);
  for (std::size_t bar = 0; bar < kReference + kCurrent; ++bar)
    for (std::size_t i = 0; i < kSeries; ++i) {
      const double memory = 0.97 * static_cast<double>(i) / static_cast<double>(kSeries - 1);
      level[i] = memory * level[i] + std::sqrt(1 - memory * memory) * random.normal();
      out.values.push_back(static_cast<float>(level[i] + (i == 3 && bar >= kReference ? shift_of_the_third : 0.0)));
    }
  return out;
}

DriftFinding compare(const History& history) {
  return DriftReference(history.names, history.reference(), 0).compare(history.current());
}

TEST(DriftTrigger, AlarmsFalselyAsOftenAsStated) {
  int at_5 = 0, at_20 = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const double p = compare(history(seed)).least_p();
    at_5 += p < 0.05 ? 1 : 0;
    at_20 += p < 0.2 ? 1 : 0;
  }
  EXPECT_LE(at_5, 15) << "5 % of 150 are 7.5";
  EXPECT_LE(at_20, 42) << "20 % of 150 are 30";
  EXPECT_GE(at_20, 4) << "a test that never fires is none";
}

TEST(DriftTrigger, FindsAPlantedShiftAndNamesTheSeries) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const DriftFinding finding = compare(history(seed, 1.2));
    ASSERT_EQ(finding.worst.size(), kWorstSeries);
    found += finding.least_p() < 0.0007 && finding.worst.front().name == "f3" ? 1 : 0;
    EXPECT_LE(finding.worst[0].p, finding.worst[1].p);
  }
  EXPECT_GE(found, 19);
  EXPECT_NE(describe(compare(history(1, 1.2)).worst).find("f3 (PSI "), std::string::npos);
}

TEST(DriftTrigger, LeavesOutWhatCannotDrift) {
  const std::vector<std::string> names{"rank", "hour", "level", "absent"};
  std::vector<float> values;
  Random random(2);
  for (std::size_t bar = 0; bar < kReference; ++bar) {
    values.push_back(static_cast<float>(1e-9 * random.normal()));
    values.push_back(static_cast<float>(std::sin(static_cast<double>(bar % 24))));
    values.push_back(static_cast<float>(random.normal()));
    values.push_back(std::numeric_limits<float>::quiet_NaN());
  }
  const DriftReference reference(names, values, 168);
  ASSERT_EQ(reference.series(), 1U);
  const auto finding = reference.compare(std::span<const float>(values).first(kCurrent * 4));
  ASSERT_EQ(finding.worst.size(), 1U);
  EXPECT_EQ(finding.worst.front().name, "level");
}

TEST(DriftTrigger, MissingValuesAreLeftOut) {
  History gaps = history(4);
  for (std::size_t i = 0; i < gaps.values.size(); i += 3) gaps.values[i] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_GT(compare(gaps).least_p(), 0.001);
  for (std::size_t i = kReference * kSeries; i < gaps.values.size(); ++i)
    gaps.values[i] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(compare(gaps).least_p(), 1);
}

}  // namespace
}  // namespace clm
