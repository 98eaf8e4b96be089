// Several recipes of one model type side by side: each with a slot, a judging, vintages and a weight of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"
#include "learning/data/protocol.hpp"
#include "learning/recipes/recipe_list.hpp"

namespace clm {
namespace {

using testing::close_of;
using ::testing::Contains;
using testing::easy_candles;
using ::testing::HasSubstr;
using testing::kBars;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// lightgbm as the workspace has it, and once more on the newest 40 days with fewer rounds.
LearningOptions two_of_a_type() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.trainers.lightgbm.rounds = 5;
  options.lineup.spacing_days = 2;
  options.recipes = {
      {"short", "lightgbm", "clm.toml:9", {{"lightgbm.rounds", "4", ""}, {"training.window_days", "40.0", ""}}}};
  return options;
}
LearningOptions with_features() {
  LearningOptions options = two_of_a_type();
  options.recipes.front().settings = {{"features.set", "\"core\"", ""}};
  return options;
}

class NamedRecipes : public testing::LearningTest {
 protected:
  static std::size_t bars_on(int day) { return kBars + static_cast<std::size_t>(24 * day); }
  CycleReport on(int day, const LearningOptions& options = two_of_a_type(), int jobs = 1) {
    const CycleReport report = cycle(options, Force::no, bars_on(day), jobs);
    for (const CycleResult& result : report.results)
      EXPECT_NE(result.decision, "failed") << result.model_type << ::testing::PrintToString(result.reasons);
    return report;
  }
  Manifest lineup() const {
    const std::string active = active_version("ensemble");
    EXPECT_FALSE(active.empty());
    return active.empty() ? Manifest{} : manifest_of(active);
  }
  /// By recipe, how many of its vintages speak and what they weigh together.
  std::map<std::string, std::pair<int, double>> speaking() const {
    std::map<std::string, std::pair<int, double>> by_recipe;
    const Manifest manifest = lineup();
    for (const ManifestMember& member : manifest.members) {
      auto& [count, weight] = by_recipe[member.model_type];
      ++count;
      weight += member.weight;
    }
    return by_recipe;
  }
  /// Every version with its slot and status.
  std::vector<std::string> versions() const {
    std::vector<std::string> all;
    const auto records = registry_->list().value();
    for (const VersionRecord& record : records)
      all.push_back(slot_name(record.slot) + " " + record.version.str() + " " + std::string(to_string(record.status)));
    std::sort(all.begin(), all.end());
    return all;
  }
  void expect_made_again(const std::string& version) {
    const OpenCandles open = [](const Protocol& protocol) -> Result<std::unique_ptr<CandleSource>> {
      const auto bars = static_cast<std::size_t>((protocol.as_of - close_of(0)) / std::chrono::hours(1));
      return std::make_unique<MemoryCandleSource>(easy_candles(bars));
    };
    const auto made = reproduce(*registry_, *registry_->find(version), open, nullptr, undisturbed());
    ASSERT_TRUE(made) << version << ": " << to_string(made.error());
    EXPECT_TRUE(made->identical) << version << ": " << made->difference;
  }
};

struct NamedRecipesOf : NamedRecipes {
  void TestBody() override {}
  using NamedRecipes::active_version;
  using NamedRecipes::attempt;
  using NamedRecipes::cycle;
  using NamedRecipes::database_;
  using NamedRecipes::on;
  using NamedRecipes::versions;
};

TEST_F(NamedRecipes, EachIsJudgedAcceptedAndRefreshedByItself) {
  const CycleReport first = on(0);
  std::vector<std::string> made;
  for (const CycleResult& result : first.results) made.push_back(result.model_type);
  EXPECT_THAT(made, UnorderedElementsAre("lightgbm", "lightgbm/short", "lightgbm", "lightgbm/short", "ensemble"));
  const std::string plain = active_version("lightgbm"), own = active_version("lightgbm/short");
  ASSERT_FALSE(plain.empty() || own.empty());
  EXPECT_NE(plain, own);
  EXPECT_EQ(manifest_of(plain).scope, "default");
  EXPECT_EQ(manifest_of(own).scope, "short");
  EXPECT_EQ(manifest_of(own).model_type, "lightgbm") << "what it is does not depend on what it is called";
  EXPECT_EQ(read_protocol(manifest_of(own).protocol_json)->training.window_days, 40);
  EXPECT_EQ(read_protocol(manifest_of(plain).protocol_json)->training.window_days, 0);
  EXPECT_GE(manifest_of(own).training_span.from, close_of(kBars - 40 * 24 - 1));
  EXPECT_EQ(recipe_of(manifest_of(own))->id, recipe_in_force("lightgbm/short", two_of_a_type())->id);
  // What each was let in for is its own.
  const auto judged = [&](const std::string& version) {
    return nlohmann::json::parse(*registry_->latest_evidence(VersionId(version)))["refresh"]["accepted_by"]
        .get<std::string>();
  };
  EXPECT_EQ(manifest_of(judged(own)).scope, "short");
  EXPECT_EQ(manifest_of(judged(plain)).scope, "default");
  EXPECT_EQ(manifest_of(own).parent, judged(own));

  on(2);
  EXPECT_NE(active_version("lightgbm/short"), own) << "the next vintage";
  EXPECT_EQ(status(VersionId(own)), VersionStatus::retired);
  EXPECT_EQ(manifest_of(active_version("lightgbm/short")).parent, own);
}

TEST_F(NamedRecipes, EachHasItsVintagesAndTheSameWeightInTheLineup) {
  on(0);
  on(2);
  auto weights = speaking();
  ASSERT_EQ(weights.size(), 2U);
  EXPECT_EQ(weights["lightgbm"].first, 3) << "who was judged, and two refreshes";
  EXPECT_EQ(weights["lightgbm/short"].first, 3);
  EXPECT_NEAR(weights["lightgbm"].second, 0.5, 1e-12);
  EXPECT_NEAR(weights["lightgbm/short"].second, 0.5, 1e-12);

  LearningOptions fixed = two_of_a_type();
  fixed.ensemble.mode = EnsembleMode::fixed;
  fixed.ensemble.weights = {"lightgbm=0.2", "lightgbm/short=0.6"};
  on(4, fixed);
  EXPECT_NEAR(speaking()["lightgbm/short"].second, 0.75, 1e-12);
  fixed.ensemble.weights = {"lightgbm=0.2"};
  on(6, fixed);
  EXPECT_NEAR(speaking()["lightgbm/short"].second, 0.5, 1e-12) << "as its type";

  LearningOptions chosen = two_of_a_type();
  chosen.ensemble.models = {"lightgbm/short"};
  on(8, chosen);
  EXPECT_EQ(speaking().size(), 1U);
  EXPECT_EQ(speaking().count("lightgbm/short"), 1U);
}

TEST_F(NamedRecipes, JobsSideBySideGiveTheSameBitsAndEachCanBeMadeAgain) {
  NamedRecipesOf two_jobs;
  for (const int day : {0, 2}) {
    on(day);
    two_jobs.on(day, two_of_a_type(), 2);
  }
  EXPECT_EQ(two_jobs.versions(), versions());
  const auto records = registry_->list().value();
  for (const VersionRecord& record : records) expect_made_again(record.version.str());
}

TEST_F(NamedRecipes, WhatAKilledCycleLeftIsFinishedByTheNext) {
  on(0);
  on(2);
  const auto expected = versions();
  NamedRecipesOf other;
  other.on(0);
  LearningOptions logging = two_of_a_type();
  logging.deployment.mode = PolicyMode::logging_only;  // made, stored and entered; killed before anything was moved
  const CycleReport killed = other.on(2, logging);
  ASSERT_TRUE(other.database_->write("killing a cycle", [&](soci::session& session) -> Status {
    session << "UPDATE cycles SET status = 'running', results = '[]' WHERE id = :id", soci::use(killed.cycle);
    return {};
  }));
  EXPECT_NE(other.versions(), expected);
  other.on(2);
  EXPECT_EQ(other.versions(), expected);
}

TEST_F(NamedRecipes, OneThatIsTakenOutOfTheSettingsHasNoVoteFromTheNextCycleOn) {
  on(0);
  const std::string own = active_version("lightgbm/short");
  LearningOptions without = two_of_a_type();
  without.recipes.clear();
  on(2, without);
  EXPECT_EQ(speaking().count("lightgbm/short"), 0U);
  EXPECT_NEAR(speaking()["lightgbm"].second, 1, 1e-12);
  EXPECT_EQ(active_version("lightgbm/short"), own) << "its versions stay as they are";
  const auto listed = list_recipes(*registry_, without, {});
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_TRUE((*listed)[0].in_force);
  EXPECT_EQ((*listed)[1].recipe.name, "lightgbm/short");
  EXPECT_FALSE((*listed)[1].in_force);
  // Written again, it goes on where it was: it is the recipe that was accepted.
  const CycleReport again = on(4);
  EXPECT_EQ(speaking().count("lightgbm/short"), 1U);
  for (const CycleResult& result : again.results)
    if (result.model_type == "lightgbm/short") {
      EXPECT_THAT(result.reasons.front(), HasSubstr("A refresh of recipe"));
    }
}

TEST_F(NamedRecipes, AnotherSettingMakesAnotherRecipeOfTheNameAndLeavesTheOthersAlone) {
  on(0);
  const std::string plain = recipe_of(manifest_of(active_version("lightgbm")))->id;
  LearningOptions changed = two_of_a_type();
  changed.recipes.front().settings.front().value = "6";
  changed.deployment.gate = PolicyGate::none;  // whatever it is worth
  const CycleReport report = on(2, changed);
  EXPECT_EQ(recipe_of(manifest_of(active_version("lightgbm")))->id, plain);
  EXPECT_EQ(recipe_of(manifest_of(active_version("lightgbm/short")))->id,
            recipe_in_force("lightgbm/short", changed)->id);
  const auto judged = std::count_if(report.results.begin(), report.results.end(), [&](const CycleResult& result) {
    return result.model_type == "lightgbm/short" &&
           result.reasons.front().find("A refresh of recipe") == std::string::npos;
  });
  EXPECT_EQ(judged, 1) << "it was judged anew";
  const auto listed = list_recipes(*registry_, changed, {});
  ASSERT_TRUE(listed);
  const auto now = std::find_if(listed->begin(), listed->end(), [](const RecipeSummary& one) {
    return one.in_force && one.recipe.name == "lightgbm/short";
  });
  ASSERT_NE(now, listed->end());
  EXPECT_EQ(now->change, "lightgbm.rounds 4 -> 6");
  EXPECT_EQ(now->differs, "lightgbm.rounds 5 -> 6, training.window_days 0.0 -> 40.0");
}

TEST_F(NamedRecipes, OneMayReadOtherFeaturesThanTheWorkspace) {
  on(0, with_features());
  const std::string own = active_version("lightgbm/short");
  ASSERT_FALSE(own.empty());
  EXPECT_EQ(manifest_of(own).feature_set, "core");
  EXPECT_EQ(manifest_of(active_version("lightgbm")).feature_set, "classic22");
  EXPECT_EQ(speaking().size(), 2U);
  EXPECT_EQ(lineup().feature_set, "classic22");
  const Manifest made = lineup();
  for (const ManifestMember& member : made.members) expect_made_again(member.version);
  expect_made_again(active_version("ensemble"));
}

// The label that it learns begins three bars later and so ends three bars later. Were the workspace's label used to
// tell what is known, the newest rows would be fitted on before their outcome is there.
TEST_F(NamedRecipes, OneThatLearnsALaterEntryIsFittedOnNothingThatIsNotKnown) {
  LearningOptions later = two_of_a_type();
  later.recipes.front().settings = {{"label.entry_delay_bars", "4", ""}};
  on(0, later);
  const Manifest own = manifest_of(active_version("lightgbm/short")), plain = manifest_of(active_version("lightgbm"));
  EXPECT_EQ(read_label_options(own.label_json)->entry_delay_bars, 4);
  EXPECT_LE(own.learned_until, close_of(kBars));
  EXPECT_EQ(plain.training_span.to - own.training_span.to, Duration(3 * kHourMs));
  EXPECT_EQ(speaking().size(), 2U) << "both forecast the return from the next open";
  // Candles that come afterwards change nothing.
  NamedRecipesOf other;
  std::vector<CandleSeries> series;
  for (std::size_t i = 0; i < easy_candles(kBars + 24).symbols().size(); ++i) {
    series.push_back(easy_candles(kBars + 24).load(i).value());
    for (std::size_t bar = kBars; bar < series.back().candles.size(); ++bar) {
      Candle& candle = series.back().candles[bar];
      candle.open *= 3, candle.high *= 4, candle.low *= 2, candle.close *= 3;
    }
  }
  ASSERT_TRUE(other.attempt(MemoryCandleSource(std::move(series)), close_of(kBars), later));
  EXPECT_EQ(other.versions(), versions());
}

TEST_F(NamedRecipes, WhereEachVersionIsJudgedTheyAreToo) {
  LearningOptions ladder = two_of_a_type();
  ladder.policy.ladder = Ladder::on;
  const CycleReport report = on(0, ladder);
  EXPECT_FALSE(active_version("lightgbm").empty());
  EXPECT_FALSE(active_version("lightgbm/short").empty());
  EXPECT_EQ(manifest_of(active_version("lightgbm/short")).scope, "short");
  ASSERT_FALSE(active_version("ensemble").empty()) << report.ensemble.why;
  EXPECT_EQ(speaking().size(), 2U);
}

TEST_F(NamedRecipes, OneThatCannotBeJudgedStopsNobodyElse) {
  for (const Ladder ladder : {Ladder::off, Ladder::on}) {
    NamedRecipesOf place;
    LearningOptions a_day = two_of_a_type();
    a_day.policy.ladder = ladder;
    a_day.recipes.front().settings = {{"training.window_days", "1.0", ""}};
    const CycleReport report = place.cycle(a_day);
    EXPECT_FALSE(place.active_version("lightgbm").empty());
    const auto failed = std::find_if(report.results.begin(), report.results.end(),
                                     [](const CycleResult& one) { return one.model_type == "lightgbm/short"; });
    ASSERT_NE(failed, report.results.end());
    EXPECT_EQ(failed->decision, "failed");
    EXPECT_TRUE(failed->version.empty());
  }
}

TEST_F(NamedRecipes, ByItselfOneIsTrainedWithoutTheOthers) {
  LearningOptions asked = two_of_a_type();
  ASSERT_TRUE(train_only(asked, {"lightgbm/short"}, "--models"));
  on(0, asked);
  EXPECT_FALSE(active_version("lightgbm/short").empty());
  EXPECT_TRUE(active_version("lightgbm").empty());
}

}  // namespace
}  // namespace clm
