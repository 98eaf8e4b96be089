#include "learning/record/record.hpp"

#include <gtest/gtest.h>

#include "learning/record/record_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;

class RecipeLine : public testing::RecordTest {};

TEST_F(RecipeLine, IsThatOfTheNewestVintageInService) {
  const VersionId older = vintage(kFirst), newer = vintage(kSecond);
  ASSERT_NE(older, newer);
  const std::string recipe = recipe_of_version(older);
  ASSERT_EQ(recipe_of_version(newer), recipe);
  log({row_at(650, older.str()), served_at(650, "e1")});
  log({row_at(651, older.str()), row_at(651, newer.str(), 2), served_at(651, "e2")});
  log({row_at(652, older.str()), row_at(652, newer.str(), 2, Heard::for_a_trial), served_at(652, "e2")});
  log({row_at(653, newer.str(), 2, Heard::for_a_trial)});
  const Record record = record_of();
  ASSERT_EQ(record.of_recipe.size(), 1U);
  const auto& line = record.of_recipe.at(recipe);
  ASSERT_EQ(line.size(), 4U);
  EXPECT_EQ(line[0].vintage, older);
  EXPECT_EQ(line[1].vintage, newer);
  EXPECT_EQ(line[1].forecast, all_said(651, symbols().size(), 2));
  EXPECT_EQ(line[2].vintage, older) << "who is only on trial does not speak for its recipe";
  EXPECT_EQ(line[3].vintage, newer) << "where nobody else does, it does";
  ASSERT_EQ(record.served.size(), 3U);
  EXPECT_EQ(record.served[1].vintage, newer);
  EXPECT_EQ(record.served[2].vintage, older);
  ASSERT_TRUE(record.served[1].terms);
  EXPECT_EQ(record.served[1].terms->lineup, VersionId("e2"));
  EXPECT_EQ(record.served[1].terms->actions.front(), Action::sell);
  EXPECT_EQ(record_of({close_of(651), close_of(652)}).served.size(), 1U);
}

// The cardinal sin: the vintage may have learned what became of the bar.
TEST_F(RecipeLine, HasNoRowOfAVintageThatWasMadeAfterTheBar) {
  const VersionId older = vintage(kFirst), newer = vintage(kSecond);
  for (const std::size_t bars : {kSecond - 2, kSecond - 1, kSecond, kSecond + 1})
    log({row_at(bars, older.str()), row_at(bars, newer.str(), 2)});
  log({row_at(kFirst - 1, older.str())});
  const Record record = record_of();
  const auto& line = record.of_recipe.at(recipe_of_version(newer));
  for (const RecordedBar& bar : line) {
    EXPECT_LE(manifest_of(bar.vintage.str()).created_as_of, bar.decided_at);
    EXPECT_EQ(bar.vintage, bar.decided_at < close_of(kSecond) ? older : newer) << to_string(bar.decided_at);
  }
  EXPECT_EQ(line.size(), 4U) << "none of the bar before the older one";
}

TEST_F(RecipeLine, KeepsTheNamesOfAUniverseThatIsAnotherToday) {
  const VersionId version = vintage(kFirst);
  log({row_at(650, version.str()), served_at(650)});
  ASSERT_TRUE(life_log_.set_universe({Symbol("OTHER")}));
  const Record record = record_of();
  EXPECT_EQ(*record.served.front().symbols, symbols());
  EXPECT_EQ(record.of_recipe.begin()->second.front().forecast, all_said(650, symbols().size()));
}

}  // namespace
}  // namespace clm
