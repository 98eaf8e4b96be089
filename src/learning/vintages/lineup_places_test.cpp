#include "learning/vintages/lineup_places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clm {
namespace {

using ::testing::ElementsAre;

std::vector<Timestamp> days(const std::vector<int>& all) {
  std::vector<Timestamp> times;
  for (const int day : all) times.emplace_back(day * kDayMs);
  return times;
}

LineupOptions three(int spacing) { return {3, 1, spacing}; }

TEST(LineupPlaces, MonthlyVintagesEachHaveAPlace) {
  EXPECT_THAT(lineup_places(days({0}), three(28)), ElementsAre(0));
  EXPECT_THAT(lineup_places(days({0, 30}), three(28)), ElementsAre(1, 0));
  EXPECT_THAT(lineup_places(days({0, 30, 60, 90}), three(28)), ElementsAre(3, 2, 1)) << "the oldest leaves";
  EXPECT_THAT(lineup_places(days({0, 30, 60, 90}), {1, 1, 28}), ElementsAre(3));
}

TEST(LineupPlaces, ANewerFitTakesThePlaceOfTheNewestUntilTheSpacingHasGoneBy) {
  std::vector<int> daily;
  for (int day = 0; day <= 28; ++day) daily.push_back(day);
  EXPECT_THAT(lineup_places(days(daily), three(28)), ElementsAre(28, 0));
  daily.push_back(29);
  EXPECT_THAT(lineup_places(days(daily), three(28)), ElementsAre(29, 28, 0));
  for (int day = 30; day <= 84; ++day) daily.push_back(day);
  EXPECT_THAT(lineup_places(days(daily), three(28)), ElementsAre(84, 56, 28));
}

TEST(LineupPlaces, ThoseThatStayAreTheSpacingApartHoweverOftenIsFitted) {
  for (const int step : {1, 3, 7, 10, 27, 28, 40}) {
    std::vector<int> all;
    for (int day = 0; day < 400; day += step) {
      all.push_back(day);
      const auto places = lineup_places(days(all), {6, 1, 28});
      ASSERT_EQ(places.front(), all.size() - 1) << "the newest always speaks";
      for (std::size_t i = 2; i < places.size(); ++i) EXPECT_GE(all[places[i - 1]] - all[places[i]], 28) << step;
    }
    EXPECT_EQ(lineup_places(days(all), {6, 1, 28}).size(), 6U) << step;
  }
}

TEST(LineupPlaces, WithoutASpacingTheNewestStay) {
  EXPECT_THAT(lineup_places(days({0, 1, 2, 3}), three(0)), ElementsAre(3, 2, 1));
}

}  // namespace
}  // namespace clm
