#include "learning/vintages/recipe_vintages.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/file_io.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/data/protocol.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using testing::kBars;

constexpr LineupOptions kEveryOne{24, 1, 0};

/// A recipe that is refreshed once a day, from the first bars of the easy market on.
class RecipeVintages : public testing::LearningTest {
 protected:
  RecipeVintages() {
    options_.training.models = {"lightgbm"};
    options_.trainers.lightgbm.rounds = 5;
    options_.ensemble.mode = EnsembleMode::off;
    options_.deployment.gate = PolicyGate::none;  // whatever it is worth
  }
  static std::size_t bars_on(int day) { return kBars + static_cast<std::size_t>(24 * day); }
  static Timestamp on(int day) { return close_of(bars_on(day)); }
  /// The refresh of that day; `mode`: whether it becomes active.
  VersionId refreshed_on(int day, PolicyMode mode = PolicyMode::enforced) {
    LearningOptions options = options_;
    options.deployment.mode = mode;
    const CycleReport report = cycle(options, Force::no, bars_on(day));
    EXPECT_FALSE(report.results.empty());
    return report.results.empty() ? VersionId() : report.results.back().version;
  }
  std::vector<VersionId> vintages(Timestamp as_of, VintageUse use, const LineupOptions& lineup = kEveryOne) {
    const auto recipe = recipe_in_force("lightgbm", options_);
    EXPECT_TRUE(recipe);
    const auto found = vintages_of(*registry_, *recipe, lineup, as_of, use);
    EXPECT_TRUE(found) << to_string(found.error());
    std::vector<VersionId> versions;
    for (const VersionRecord& one : *found) versions.push_back(one.version);
    return versions;
  }
  std::vector<VersionId> speakers(int day, const LineupOptions& lineup = kEveryOne) {
    return vintages(on(day), VintageUse::lineup, lineup);
  }

  LearningOptions options_ = testing::small_trees();
};

struct RecipeVintagesOf : RecipeVintages {
  void TestBody() override {}
  using RecipeVintages::manifest_of;
  using RecipeVintages::options_;
  using RecipeVintages::refreshed_on;
  using RecipeVintages::vintages;
};

using Versions = std::vector<VersionId>;

TEST_F(RecipeVintages, WhoWasJudgedSpeaksAndIsOfTheRecordAsItsRefreshesAre) {
  const VersionId first = refreshed_on(0), second = refreshed_on(1);
  const VersionId judged(manifest_of(first.str()).parent);
  ASSERT_EQ(status(judged), VersionStatus::retired);
  EXPECT_EQ(speakers(1), (Versions{judged, first, second}));
  EXPECT_EQ(vintages(on(2), VintageUse::record), (Versions{judged, first, second}));
  EXPECT_EQ(vintages(on(1), VintageUse::record), (Versions{judged, first})) << "its own moment's is not its record";
  EXPECT_EQ(vintages(on(0), VintageUse::record), Versions{judged});
  EXPECT_EQ(speakers(0), (Versions{judged, first})) << "as it was then";
}

// The one that was judged and its refresh are of one moment. What the judged one said of the rows that it did without
// is most of a young recipe's record, so that it has to be the one that keeps its place when the next vintage comes.
TEST_F(RecipeVintages, WhoWasJudgedKeepsItsPlaceInTheRecord) {
  const LineupOptions month{6, 1, 28};
  for (const std::int64_t seed : {1, 2, 3, 4}) {  // in whichever order their ids are
    RecipeVintagesOf place;
    place.options_.training.seed = seed;
    const VersionId judged(place.manifest_of(place.refreshed_on(0).str()).parent);
    const VersionId refresh = place.refreshed_on(1);
    EXPECT_EQ(place.vintages(on(2), VintageUse::record, month), (Versions{judged, refresh})) << "seed " << seed;
  }
}

TEST_F(RecipeVintages, WhoNeverWasActiveTakesNoPlace) {
  const VersionId first = refreshed_on(0), undecided = refreshed_on(1, PolicyMode::logging_only);
  ASSERT_EQ(status(undecided), VersionStatus::candidate);
  const VersionId judged(manifest_of(first.str()).parent);
  const LineupOptions two{2, 1, 3};
  EXPECT_EQ(speakers(1, two), (Versions{judged, first}));
  const VersionId refused = refreshed_on(2, PolicyMode::logging_only);
  ASSERT_TRUE(registry_->reject(refused, because("a person does not want it")));
  const VersionId third = refreshed_on(3);
  EXPECT_EQ(speakers(3, two), (Versions{first, third}));
  EXPECT_EQ(vintages(on(4), VintageUse::record).size(), 3U);
}

TEST_F(RecipeVintages, WhoWasRolledBackOrRetiredByAPersonTakesNoPlace) {
  const VersionId first = refreshed_on(0), second = refreshed_on(1);
  ASSERT_TRUE(registry_->rollback(Slot{"lightgbm"}, because("worse")));
  ASSERT_EQ(active_version("lightgbm"), first.str());
  const VersionId judged(manifest_of(first.str()).parent);
  EXPECT_EQ(speakers(2), (Versions{judged, first}));
  const VersionId third = refreshed_on(2);
  EXPECT_EQ(speakers(2), (Versions{judged, first, third}));
  ASSERT_TRUE(registry_->retire(third, because("a person does not want it")));
  EXPECT_EQ(speakers(2), (Versions{judged, first}));
  EXPECT_EQ(status(second), VersionStatus::rolled_back);
}

TEST_F(RecipeVintages, InThePlaceOfABrokenOneAnOlderSoundOneSpeaks) {
  const VersionId first = refreshed_on(0), second = refreshed_on(1), third = refreshed_on(2), fourth = refreshed_on(3);
  const LineupOptions two{2, 1, 1};
  EXPECT_EQ(speakers(3, two), (Versions{third, fourth}));
  ASSERT_TRUE(write_file_atomic(registry_->store().directory_of("lightgbm", third) / "model.txt", "tree\n"));
  EXPECT_EQ(speakers(3, two), (Versions{second, fourth}));
  ASSERT_TRUE(write_file_atomic(registry_->store().directory_of("lightgbm", fourth) / "model.txt", "tree\n"));
  EXPECT_EQ(speakers(3, two), (Versions{first, second}));
}

TEST_F(RecipeVintages, AnotherRecipesVersionsAreNone) {
  refreshed_on(0);
  options_.trainers.lightgbm.rounds = 6;
  EXPECT_TRUE(speakers(1).empty());
  EXPECT_TRUE(vintages(on(1), VintageUse::record).empty());
}

}  // namespace
}  // namespace clm
