// Lineups of vintages of accepted recipes in the cycle: who is in them, when they change, what is kept, and the way
// back.
#include "learning/cycle/lineup_step.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using ::testing::Contains;
using testing::easy_candles;
using ::testing::HasSubstr;
using testing::kBars;
using ::testing::Not;
using Json = nlohmann::json;

const Slot kLineupSlot{std::string(kEnsembleType)};

/// One recipe that is refreshed once a day; vintages two days apart stay.
LearningOptions daily() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.trainers.lightgbm.rounds = 5;
  options.trainers.xgboost.rounds = 5;
  options.lineup.spacing_days = 2;
  return options;
}
LearningOptions daily_of_two() {
  LearningOptions options = daily();
  options.training.models = {"lightgbm", "xgboost"};
  return options;
}

class LineupStep : public testing::LearningTest {
 protected:
  /// How many days before a recipe is accepted the version was fitted that it is judged by, whole days.
  static constexpr int kJudgedDays = 10;
  static std::size_t bars_on(int day) { return kBars + static_cast<std::size_t>(24 * day); }
  /// The cycle of that day; day 0 accepts the recipes.
  CycleReport on(int day, const LearningOptions& options = daily(), int jobs = 1) {
    const CycleReport report = cycle(options, Force::no, bars_on(day), jobs);
    for (const CycleResult& result : report.results) {
      EXPECT_NE(result.decision, "failed") << ::testing::PrintToString(result.reasons);
      if (result.model_type == kEnsembleType) continue;
      const bool is_judged = read_protocol(manifest_of(result.version.str()).protocol_json)->origin.has_value();
      made_on_[result.version.str()] = is_judged ? day - kJudgedDays : day;
    }
    return report;
  }
  Manifest lineup() const {
    const std::string active = active_version("ensemble");
    EXPECT_FALSE(active.empty());
    return active.empty() ? Manifest{} : manifest_of(active);
  }
  /// On which days the members of the lineup were fitted.
  std::set<int> days(const std::string& model_type = "lightgbm") const {
    std::set<int> days;
    for (const ManifestMember& member : lineup().members)
      if (member.model_type == model_type) days.insert(made_on_.at(member.version));
    return days;
  }
  std::vector<std::string> members() const {
    std::vector<std::string> names;
    for (const ManifestMember& member : lineup().members) names.push_back(member.version);
    return names;
  }
  void alter(const VersionId& version) {
    const auto file = registry_->store().directory_of("lightgbm", version) / "model.txt";
    ASSERT_TRUE(write_file_atomic(file, "tree\n"));
  }
  Result<Reproduction> again(const std::string& version) {
    const OpenCandles open = [](const Protocol& protocol) -> Result<std::unique_ptr<CandleSource>> {
      const auto bars = static_cast<std::size_t>((protocol.as_of - close_of(0)) / std::chrono::hours(1));
      return std::make_unique<MemoryCandleSource>(easy_candles(bars));
    };
    return reproduce(*registry_, *registry_->find(version), open, nullptr, undisturbed());
  }
  void expect_made_again(const std::string& version) {
    const auto made = again(version);
    ASSERT_TRUE(made) << version << ": " << to_string(made.error());
    EXPECT_TRUE(made->identical) << version << ": " << made->difference;
  }

  /// What a person's command does after the version was taken out.
  std::optional<RemadeLineup> remade_without(const std::string& out, const LearningOptions& options) {
    auto remade = remake_lineup_without(VersionId(out), *registry_, log_, options, {"test", {}}, because("worse"));
    EXPECT_TRUE(remade) << to_string(remade.error());
    return remade.value_or(std::nullopt);
  }

  std::map<std::string, int> made_on_;
};

struct LineupStepOf : LineupStep {
  void TestBody() override {}
  using LineupStep::active_version;
  using LineupStep::cycle_without_triggers;
  using LineupStep::database_;
  using LineupStep::lineup;
  using LineupStep::on;
  using LineupStep::registry_;
  using LineupStep::status;
};

// A newer fit takes the place of the newest one until that is two days younger than the one before it; then it opens a
// place of its own, and of four the oldest leaves.
TEST_F(LineupStep, VintagesStayWhoAreSoManyDaysApartAndTheOldestLeaves) {
  on(0);
  EXPECT_EQ(days(), (std::set<int>{-kJudgedDays, 0})) << "who was judged, and its refresh";
  const std::vector<std::set<int>> expected{{-10, 0, 1}, {-10, 0, 2}, {0, 2, 3}, {0, 2, 4},
                                            {2, 4, 5},   {2, 4, 6},   {4, 6, 7}};
  std::string before = active_version("ensemble");
  for (int day = 1; day <= 7; ++day) {
    const CycleReport report = on(day);
    ASSERT_EQ(report.results.size(), 2U) << "a refresh and the lineup";
    EXPECT_EQ(days(), expected[static_cast<std::size_t>(day - 1)]) << "on day " << day;
    EXPECT_EQ(active_version("lightgbm"), report.results[0].version.str());
    EXPECT_THAT(members(), Contains(active_version("lightgbm"))) << "the newest is always among them";
    EXPECT_EQ(active_version("ensemble"), report.results[1].version.str()) << "at once";
    EXPECT_EQ(lineup().parent, before);
    before = active_version("ensemble");
    EXPECT_TRUE(Json::parse(report.results[1].evidence_json)["lineup"].is_object());
  }
}

TEST_F(LineupStep, RecipesWeighTheSameAndTheirVintagesShareThat) {
  for (int day = 0; day <= 3; ++day) on(day);
  on(4, daily_of_two());
  EXPECT_EQ(days("lightgbm").size(), 3U);
  EXPECT_EQ(days("xgboost"), (std::set<int>{4 - kJudgedDays, 4})) << "accepted today, by the fit of ten days ago";
  for (const ManifestMember& member : lineup().members)
    EXPECT_NEAR(member.weight, member.model_type == "xgboost" ? 0.5 / 2 : 0.5 / 3, 1e-12);
  LearningOptions configured = daily_of_two();
  configured.ensemble.mode = EnsembleMode::fixed;
  configured.ensemble.weights = {"lightgbm=0.8", "xgboost=0.2"};
  on(5, configured);
  std::map<std::string, double> of_type;
  for (const ManifestMember& member : lineup().members) of_type[member.model_type] += member.weight;
  EXPECT_NEAR(of_type["lightgbm"], 0.8, 1e-12);
  EXPECT_NEAR(of_type["xgboost"], 0.2, 1e-12);
}

// Ranks among symbols are what is learned where the label is relative, and there the size of a member says nothing.
TEST_F(LineupStep, MembersAreBroughtToOneScaleWhereTheLabelIsRelative) {
  const auto rule = [&] {
    const VersionId active(active_version("ensemble"));
    return EnsembleRule::load(registry_->store().directory_of("ensemble", active) / EnsembleRule::kFileName).value();
  };
  on(0);
  EXPECT_EQ(rule().standardised_from, daily().judging.min_symbols);
  expect_made_again(active_version("ensemble"));
  LearningOptions plain = daily();
  plain.label.target = LabelTarget::plain;
  on(1, plain);
  EXPECT_EQ(rule().standardised_from, 0U);
}

TEST_F(LineupStep, WithOneVintageARecipeOnlyItsNewestSpeaks) {
  LearningOptions one = daily_of_two();
  one.lineup.vintages = 1;
  for (int day = 0; day <= 2; ++day) on(day, one);
  EXPECT_EQ(days("lightgbm"), std::set<int>{2});
  EXPECT_EQ(days("xgboost"), std::set<int>{2});
}

TEST_F(LineupStep, WhoIsRefusedOrBrokenHasNoSayInTheNextOne) {
  std::vector<std::string> refreshed;
  for (int day = 0; day <= 4; ++day) {
    on(day);
    refreshed.push_back(active_version("lightgbm"));
  }
  ASSERT_EQ(days(), (std::set<int>{0, 2, 4}));
  alter(VersionId(refreshed[2]));
  const CycleReport report = cycle_without_triggers(daily(), bars_on(4));
  ASSERT_EQ(report.results.size(), 1U) << report.ensemble.why;
  EXPECT_EQ(days(), (std::set<int>{0, 3, 4})) << "in its place one that is sound";
  LearningOptions logging = daily();
  logging.deployment.mode = PolicyMode::logging_only;
  const std::string undecided = on(5, logging).results[0].version.str();
  on(6);
  EXPECT_THAT(members(), Not(Contains(undecided)));
  EXPECT_EQ(days(), (std::set<int>{0, 3, 6}));
}

TEST_F(LineupStep, AfterTheRollbackOfATypeTheNextOneDoesWithout) {
  for (int day = 0; day <= 4; ++day) on(day);
  const std::string rolled_back = active_version("lightgbm");
  ASSERT_TRUE(registry_->rollback(Slot{"lightgbm"}, because("worse")));
  const CycleReport report = cycle_without_triggers(daily(), bars_on(4));
  ASSERT_EQ(report.results.size(), 1U) << report.ensemble.why;
  EXPECT_THAT(members(), Not(Contains(rolled_back)));
  EXPECT_EQ(days(), (std::set<int>{0, 2, 3}));
  on(5);
  EXPECT_THAT(members(), Not(Contains(rolled_back)));
  EXPECT_EQ(days(), (std::set<int>{0, 2, 5}));
}

TEST_F(LineupStep, IsMadeAgainAtOnceWithoutAVintageThatAPersonRolledBack) {
  for (int day = 0; day <= 4; ++day) on(day, daily_of_two());
  const std::string before = active_version("ensemble"), rolled_back = active_version("lightgbm");
  ASSERT_TRUE(registry_->rollback(Slot{"lightgbm"}, because("worse")));
  LearningOptions logging = daily_of_two();
  logging.deployment.mode = PolicyMode::logging_only;  // a person decided
  const auto remade = remade_without(rolled_back, logging);
  ASSERT_TRUE(remade);
  EXPECT_EQ(remade->before.str(), before);
  EXPECT_EQ(active_version("ensemble"), remade->now.str());
  EXPECT_THAT(members(), Not(Contains(rolled_back)));
  EXPECT_EQ(days("lightgbm"), (std::set<int>{0, 2, 3})) << "its vintages of before";
  EXPECT_EQ(days("xgboost"), (std::set<int>{0, 2, 4}));
  EXPECT_EQ(lineup().created_as_of, close_of(bars_on(4))) << "of the newest that a member learned from";
  EXPECT_EQ(lineup().parent, before);
  expect_made_again(remade->now.str());
  EXPECT_EQ(status(VersionId(before)), VersionStatus::retired);
  const auto ways_back = registry_->ways_back(kLineupSlot);
  for (const VersionRecord& way : *ways_back) EXPECT_NE(way.version.str(), before);
  EXPECT_TRUE(cycle_without_triggers(daily_of_two(), bars_on(4)).results.empty())
      << "the next cycle has nothing to add";
  EXPECT_FALSE(remade_without(rolled_back, daily_of_two())) << "it is no member any more";
  on(5, daily_of_two());
  EXPECT_EQ(days("lightgbm"), (std::set<int>{0, 2, 5}));
}

TEST_F(LineupStep, NoWayBackLeadsToOneWithAMemberThatWasRolledBack) {
  for (int day = 0; day <= 5; ++day) on(day);
  EXPECT_EQ(days(), (std::set<int>{2, 4, 5}));
  std::set<std::string> out;
  for (int i = 0; i < 2; ++i) {
    out.insert(active_version("lightgbm"));
    ASSERT_TRUE(registry_->rollback(Slot{"lightgbm"}, because("worse")));
  }
  const auto ways_back = registry_->ways_back(kLineupSlot).value();
  std::set<std::string> they_hold;
  for (const VersionRecord& way : ways_back)
    for (const ManifestMember& member : manifest_of(way.version.str()).members) they_hold.insert(member.version);
  for (const std::string& version : out) EXPECT_FALSE(they_hold.contains(version)) << version;
  ASSERT_FALSE(ways_back.empty()) << "earlier lineups did without them";
  const auto back = registry_->rollback(kLineupSlot, because("worse"));
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->active.version, ways_back.front().version);
}

TEST_F(LineupStep, IsMadeAgainWithoutATypeThatAPersonRetiredAndLeavesWithTheLast) {
  LearningOptions one = daily_of_two();
  one.lineup.vintages = 1;
  on(0, one);
  const std::string trees = active_version("lightgbm"), last = active_version("xgboost");
  ASSERT_TRUE(registry_->retire(VersionId(trees), because("it is wanted no more")));
  ASSERT_TRUE(remade_without(trees, one));
  EXPECT_EQ(members(), std::vector<std::string>{last}) << "one vintage alone is a lineup";
  expect_made_again(active_version("ensemble"));
  ASSERT_TRUE(registry_->retire(VersionId(last), because("it is wanted no more")));
  const auto remade = remade_without(last, one);
  ASSERT_TRUE(remade);
  EXPECT_TRUE(remade->now.empty());
  EXPECT_EQ(active_version("ensemble"), "");
}

TEST_F(LineupStep, AnEnsembleThatWasJudgedAsAWholeGoesOn) {
  LearningOptions ladder = daily_of_two();
  ladder.policy.ladder = Ladder::on;
  const CycleReport report = cycle(ladder);
  ASSERT_NE(active_version("ensemble"), "") << report.ensemble.why;
  const std::string before = active_version("ensemble"), member = members().front();
  ASSERT_TRUE(registry_->retire(VersionId(member), because("it is wanted no more")));
  EXPECT_FALSE(remade_without(member, ladder));
  EXPECT_EQ(active_version("ensemble"), before);
}

TEST_F(LineupStep, WhoAPersonPutInThePlaceOfANewerOneIsTheNewestThatSpeaks) {
  std::vector<std::string> refreshed;
  for (int day = 0; day <= 4; ++day) {
    on(day);
    refreshed.push_back(active_version("lightgbm"));
  }
  ASSERT_TRUE(registry_->promote(VersionId(refreshed[3]), because("a person wants it")));
  cycle_without_triggers(daily(), bars_on(4));
  EXPECT_EQ(days(), (std::set<int>{0, 2, 3}));
}

TEST_F(LineupStep, ARolledBackOneIsNotMadeAgainOfTheSameMembers) {
  for (int day = 0; day <= 2; ++day) on(day);
  const std::string rolled_back = active_version("ensemble");
  const auto back = registry_->rollback(kLineupSlot, because("worse"));
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(days(), (std::set<int>{-kJudgedDays, 0, 1}));
  const CycleReport much_later = cycle_without_triggers(daily(), bars_on(8));
  EXPECT_TRUE(much_later.results.empty());
  EXPECT_THAT(much_later.ensemble.why, HasSubstr("was rolled back"));
  on(8);
  EXPECT_EQ(days(), (std::set<int>{0, 2, 8})) << "of others it is";
  EXPECT_NE(active_version("ensemble"), rolled_back);
}

TEST_F(LineupStep, NothingIsDoneWhileTheMembersAreTheSame) {
  for (int day = 0; day <= 1; ++day) on(day);
  const CycleReport second = cycle_without_triggers(daily(), bars_on(3));
  EXPECT_TRUE(second.results.empty());
  EXPECT_THAT(second.ensemble.why, HasSubstr("has these members"));
}

TEST_F(LineupStep, InModeLoggingOnlyItIsMadeAndNotMoved) {
  LearningOptions logging = daily();
  for (int day = 0; day <= 1; ++day) on(day);
  const std::string before = active_version("ensemble");
  logging.ensemble.models = {"lightgbm"};
  on(2, [] {
    LearningOptions off = daily();
    off.ensemble.mode = EnsembleMode::off;
    return off;
  }());
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport report = cycle_without_triggers(logging, bars_on(2));
  ASSERT_EQ(report.results.size(), 1U);
  EXPECT_EQ(status(report.results[0].version), VersionStatus::candidate);
  EXPECT_EQ(active_version("ensemble"), before);
  LearningOptions advisory = daily();
  advisory.deployment.mode = PolicyMode::advisory;
  on(3, advisory);
  EXPECT_NE(active_version("ensemble"), before) << "what its recipes were to show was shown";
}

TEST_F(LineupStep, RetentionKeepsWhoSpeaksTheWayBackAndWhatTheyWereMadeWith) {
  LearningOptions few = daily();
  few.retention.keep_versions = 1;
  std::string before;
  for (int day = 0; day <= 6; ++day) {
    before = active_version("ensemble");
    on(day, few);
  }
  EXPECT_EQ(days(), (std::set<int>{2, 4, 6}));
  std::set<std::string> kept, pruned;
  const auto versions = registry_->list(Registry::Filter{"lightgbm", {}, {}});
  for (const VersionRecord& record : *versions) (record.pruned ? pruned : kept).insert(record.version.str());
  EXPECT_FALSE(pruned.empty());
  for (const std::string& version : members()) {
    EXPECT_TRUE(kept.contains(version));
    expect_made_again(version);
  }
  expect_made_again(active_version("ensemble"));
  const auto way_back = registry_->ways_back(kLineupSlot);
  ASSERT_FALSE(way_back->empty());
  EXPECT_EQ(way_back->front().version.str(), before);
  const Manifest one_before = manifest_of(before);
  for (const ManifestMember& member : one_before.members) {
    EXPECT_TRUE(kept.contains(member.version));
    expect_made_again(member.version);
  }
  const auto rolled_back = registry_->rollback(kLineupSlot, because("worse"));
  ASSERT_TRUE(rolled_back) << to_string(rolled_back.error());
  EXPECT_EQ(rolled_back->active.version.str(), before);
  // Who was only there to make others again cannot be made again itself, and it is said which one is missing.
  std::size_t not_made = 0;
  for (const std::string& version : kept) {
    const auto made = again(version);
    if (made) continue;
    ++not_made;
    EXPECT_EQ(made.error().code, "registry.pruned");
    EXPECT_THAT(made.error().message, HasSubstr("its calibration rests on what an earlier version said"));
    EXPECT_TRUE(std::any_of(pruned.begin(), pruned.end(), [&](const std::string& gone) {
      return made.error().message.find(gone) != std::string::npos;
    })) << made.error().message;
    EXPECT_THAT(made.error().remedy, HasSubstr("--restore"));
  }
  EXPECT_GT(not_made, 0U);
}

TEST_F(LineupStep, JobsSideBySideGiveTheSameBitsAndItCanBeMadeAgain) {
  std::vector<std::string> made;
  for (const int jobs : {1, 2}) {
    LineupStepOf place;
    for (int day = 0; day <= 2; ++day) place.on(day, daily_of_two(), jobs);
    made.push_back(place.active_version("ensemble"));
    EXPECT_EQ(place.lineup().members.size(), 6U);
    const CycleReport forced = place.cycle_without_triggers(daily_of_two(), bars_on(2));
    EXPECT_TRUE(forced.results.empty());
  }
  EXPECT_EQ(made[0], made[1]);
  for (int day = 0; day <= 2; ++day) on(day, daily_of_two());
  EXPECT_EQ(active_version("ensemble"), made[0]);
  expect_made_again(made[0]);
  for (const std::string& member : members()) expect_made_again(member);
}

TEST_F(LineupStep, VerifySaysWhichVintageIsBroken) {
  for (int day = 0; day <= 3; ++day) on(day);
  const auto checks = registry_->verify_all();
  ASSERT_TRUE(checks);
  EXPECT_TRUE(std::all_of(checks->begin(), checks->end(), [](const Registry::Check& one) { return one.ok(); }));
  const std::string broken = lineup().members.front().version;
  alter(VersionId(broken));
  const auto again = registry_->verify_all();
  ASSERT_TRUE(again);
  std::set<std::string> problems;
  for (const Registry::Check& one : *again)
    if (!one.ok()) problems.insert(one.version.str());
  EXPECT_TRUE(problems.contains(broken));
  EXPECT_TRUE(problems.contains(active_version("ensemble"))) << "it is whole with its members";
}

// Killed once the refreshes are active and before their lineup is made; and when that is entered and not active.
TEST_F(LineupStep, WhatAKilledCycleLeftIsFinishedByTheNext) {
  LineupStepOf undisturbed_place;
  for (int day = 0; day <= 2; ++day) undisturbed_place.on(day);
  const std::string expected = undisturbed_place.active_version("ensemble");
  for (int day = 0; day <= 1; ++day) on(day);
  LearningOptions off = daily();
  off.ensemble.mode = EnsembleMode::off;
  on(2, off);
  EXPECT_EQ(days(), (std::set<int>{-kJudgedDays, 0, 1})) << "not made yet";
  const CycleReport next = cycle_without_triggers(daily(), bars_on(2));
  ASSERT_EQ(next.results.size(), 1U) << next.ensemble.why;
  EXPECT_EQ(active_version("ensemble"), expected);

  LineupStepOf other;
  for (int day = 0; day <= 1; ++day) other.on(day);
  other.on(2, off);
  LearningOptions logging = daily();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport killed = other.cycle_without_triggers(logging, bars_on(2));
  ASSERT_EQ(killed.results.size(), 1U);
  EXPECT_EQ(other.status(killed.results[0].version), VersionStatus::candidate);
  // No cycle ended that says so.
  ASSERT_TRUE(other.database_->write("killing a cycle", [&](soci::session& session) -> Status {
    session << "UPDATE cycles SET status = 'running', results = '[]' WHERE id = :id", soci::use(killed.cycle);
    return {};
  }));
  other.cycle_without_triggers(daily(), bars_on(2));
  EXPECT_EQ(other.active_version("ensemble"), expected);
}

}  // namespace
}  // namespace clm
