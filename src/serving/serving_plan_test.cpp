#include "serving/serving_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "registry/manifest.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;

const Timestamp kNow = from_calendar(2024, 3, 1);
constexpr Duration kDay = std::chrono::hours(24);

/// A registry's facts, written down by hand. Everybody learned until a day ago.
class ServingPlanTest : public ::testing::Test {
 protected:
  ServingPlanTest() {
    rules_.model_types = {"lightgbm", "ridge"};
    rules_.max_data_age = 3 * kDay;
  }
  VersionFacts& known(const std::string& type, const char* version) {
    VersionFacts& facts = facts_.versions[VersionId(version)];
    facts.model_type = type;
    facts.version = VersionId(version);
    facts.learned_until = kNow - kDay;
    return facts;
  }
  VersionFacts& active(const std::string& type, const char* version) {
    facts_.active[type] = VersionId(version);
    return known(type, version);
  }
  VersionFacts& ensemble_of(const char* version, std::vector<EnsembleMember> members) {
    VersionFacts& facts = known(std::string(kEnsembleType), version);
    EnsembleRule rule;
    rule.weights.all.assign(members.size(), 1.0 / static_cast<double>(members.size()));
    rule.bounds = {0, 1};
    rule.members = std::move(members);
    facts.rule = std::move(rule);
    return facts;
  }
  void activate(const VersionFacts& ensemble) { facts_.active[std::string(kEnsembleType)] = ensemble.version; }
  ServingPlan plan() const { return plan_serving(facts_, rules_, kNow, symbols_); }
  Lineup lineup() const { return plan().lineups.front(); }
  static LabelOptions day_ahead() {
    LabelOptions label;
    label.horizon_bars = 24;
    return label;
  }
  static const LineupMember& member(const Lineup& lineup, const char* version) {
    for (const LineupMember& one : lineup.members)
      if (one.version == VersionId(version)) return one;
    ADD_FAILURE() << version << " is no member";
    return lineup.members.front();
  }
  static std::string why_absent(const Lineup& lineup, const std::string& type) {
    for (const Abstention& one : lineup.absent)
      if (one.model_type == type) return one.why;
    return {};
  }

  ServingFacts facts_;
  ServingRules rules_;
  const std::vector<Symbol> symbols_{Symbol("A"), Symbol("B"), Symbol("C"), Symbol("D"), Symbol("E"), Symbol("F")};
};

TEST_F(ServingPlanTest, ConfiguredWeightsKeepTheirBounds) {
  active("lightgbm", "a1");
  active("ridge", "b1");
  rules_.model_types.insert("xgboost");
  rules_.weights = {{"lightgbm", 0.9}, {"ridge", 0.05}};
  rules_.other_weight = 0.05;
  active("xgboost", "c1");
  rules_.bounds = {0.15, 0.4};
  const Lineup three = lineup();
  EXPECT_TRUE(three.ensemble.empty());
  EXPECT_NEAR(member(three, "a1").weight, 0.4, 1e-12);
  EXPECT_NEAR(member(three, "b1").weight, 0.3, 1e-12);
  // Whoever has no vote does not count among those that the bounds are for.
  facts_.versions.at(VersionId("c1")).broken = "a file is missing";
  const Lineup two = lineup();
  EXPECT_EQ(member(two, "c1").why_not, "a file is missing");
  EXPECT_EQ(member(two, "c1").weight, 0);
  EXPECT_NEAR(member(two, "a1").weight, 0.85, 1e-12);
  EXPECT_NEAR(member(two, "b1").weight, 0.15, 1e-12);
}

TEST_F(ServingPlanTest, WhoNoSettingNamesHasNoVote) {
  active("patchtst", "d1");
  EXPECT_TRUE(lineup().members.empty());
  EXPECT_FALSE(lineup().has_vote());
  EXPECT_EQ(why_absent(lineup(), "ridge"), "no version is active");
}

TEST_F(ServingPlanTest, AnEnsembleServesAsLongAsAMemberHasAVote) {
  active("lightgbm", "a2");
  active("ridge", "b1");
  known("lightgbm", "a1");  // was active when the ensemble was made
  VersionFacts& ensemble = ensemble_of("e1", {{"lightgbm", "a1"}, {"xgboost", "c1"}});
  known("xgboost", "c1").broken = "a file is missing";
  activate(ensemble);
  const Lineup sound = lineup();
  EXPECT_EQ(sound.ensemble, VersionId("e1"));
  EXPECT_EQ(member(sound, "a1").weight, 1);
  EXPECT_EQ(member(sound, "c1").weight, 0);
  EXPECT_EQ(why_absent(sound, "ridge"), "the active ensemble has no such member");

  const auto passed_over = [&](const char* why) {
    const Lineup past = lineup();
    EXPECT_TRUE(past.ensemble.empty()) << why;
    EXPECT_THAT(why_absent(past, "ensemble"), HasSubstr(why));
    EXPECT_EQ(member(past, "a2").weight, 0.5) << why;
    EXPECT_EQ(member(past, "b1").weight, 0.5) << why;
  };
  facts_.versions.at(VersionId("a1")).learned_until = kNow - 4 * kDay;
  passed_over("none of its members has a vote");
  facts_.versions.at(VersionId("a1")).learned_until = kNow - kDay;
  ensemble.learned_until = kNow - 4 * kDay;
  passed_over("4 d 0 h ago");
  ensemble.learned_until = kNow - kDay;
  ensemble.broken = "its rule cannot be read";
  passed_over("its rule cannot be read");
}

TEST_F(ServingPlanTest, SeveralMembersOfOneTypeHaveAVoteEach) {
  known("lightgbm", "a1");
  known("lightgbm", "a2");
  activate(ensemble_of("e1", {{"lightgbm", "a1"}, {"lightgbm", "a2"}}));
  const Lineup both = lineup();
  EXPECT_EQ(member(both, "a1").weight, 0.5);
  EXPECT_EQ(member(both, "a2").weight, 0.5);
  facts_.versions.at(VersionId("a1")).learned_until = kNow - 4 * kDay;
  EXPECT_EQ(member(lineup(), "a2").weight, 1);
}

TEST_F(ServingPlanTest, VotesOfAnotherLabelAreHeardOnlyWhereNobodyForecastsWhatIsAskedFor) {
  active("lightgbm", "a1").label = day_ahead();
  active("ridge", "b1");
  const ServingPlan mixed = plan();
  EXPECT_EQ(mixed.label.horizon_bars, LabelOptions().horizon_bars);
  EXPECT_EQ(member(mixed.lineups.front(), "b1").weight, 1);
  EXPECT_THAT(member(mixed.lineups.front(), "a1").why_not, HasSubstr("another label than is served: 24 bars, not 5"));

  facts_.versions.at(VersionId("b1")).learned_until = kNow - 4 * kDay;
  EXPECT_EQ(plan().label.horizon_bars, 24) << "who has expired forecasts nothing";
  EXPECT_EQ(member(lineup(), "a1").weight, 1);

  // Of several that nobody asks for, the one that learned last: votes of two labels are never combined.
  VersionFacts& other = facts_.versions.at(VersionId("b1"));
  other.learned_until = kNow - kDay / 2;
  other.label.horizon_bars = 12;
  EXPECT_EQ(plan().label.horizon_bars, 12);
  EXPECT_EQ(member(lineup(), "a1").weight, 0);
  EXPECT_EQ(member(lineup(), "b1").weight, 1);
}

TEST_F(ServingPlanTest, AnEnsembleOfAnotherLabelIsPassedOver) {
  known("lightgbm", "a1").label = day_ahead();
  activate(ensemble_of("e1", {{"lightgbm", "a1"}}));
  EXPECT_EQ(lineup().ensemble, VersionId("e1")) << "nobody else is there";
  EXPECT_EQ(plan().label.horizon_bars, 24);
  active("ridge", "b1");
  EXPECT_TRUE(lineup().ensemble.empty());
  EXPECT_EQ(member(lineup(), "b1").weight, 1);
}

TEST_F(ServingPlanTest, ACanaryServesItsShareAndOnlyWhereItHasAVote) {
  active("ridge", "b1");
  VersionFacts& canary = known("ridge", "b2");
  facts_.canaries = {{"ridge", VersionId("b2"), 0.5}};
  const ServingPlan shared = plan();
  ASSERT_EQ(shared.lineups.size(), 2U);
  EXPECT_EQ(shared.lineups[0].members[0].version, VersionId("b1"));
  EXPECT_EQ(shared.lineups[1].members[0].version, VersionId("b2"));
  EXPECT_EQ(shared.lineups[1].canaries, std::vector<VersionId>{VersionId("b2")});
  for (std::size_t s = 0; s < symbols_.size(); ++s)
    EXPECT_EQ(shared.lineup_of[s], in_canary_share(symbols_[s], VersionId("b2"), 0.5) ? 1U : 0U);

  const auto without_vote = [&](const char* why) {
    const ServingPlan left = plan();
    const Lineup& share = left.lineups.back();
    EXPECT_EQ(share.members[0].version, VersionId("b1")) << why;
    EXPECT_TRUE(share.canaries.empty());
    EXPECT_THAT(why_absent(share, "ridge"), HasSubstr(why));
    EXPECT_TRUE(why_absent(left.lineups.front(), "ridge").empty()) << "said where it has its share";
  };
  canary.broken = "a file is missing";
  without_vote("a file is missing");
  canary.broken = {};
  canary.learned_until = kNow - 4 * kDay;
  without_vote("it learned until");
  canary.learned_until = kNow - kDay;
  canary.label = day_ahead();
  without_vote("another label");
  canary.label = {};

  // Where the active version is gone, its share is still the canary's.
  facts_.active.erase("ridge");
  EXPECT_TRUE(plan().lineups[1].has_vote());
  EXPECT_FALSE(plan().lineups[0].has_vote());
}

TEST_F(ServingPlanTest, BesideAnEnsembleOnlyTheCanaryOfAnotherEnsembleCounts) {
  active("ridge", "b1");
  known("ridge", "b2");
  activate(ensemble_of("e1", {{"ridge", "b1"}}));
  ensemble_of("e2", {{"ridge", "b2"}});
  facts_.canaries = {{"ridge", VersionId("b2"), 1}};
  EXPECT_EQ(plan().lineups.back().ensemble, VersionId("e1"));
  EXPECT_TRUE(plan().lineups.back().canaries.empty());
  facts_.canaries.push_back({"ensemble", VersionId("e2"), 1});
  EXPECT_EQ(plan().lineups.back().ensemble, VersionId("e2"));
  EXPECT_EQ(plan().lineups.back().canaries, std::vector<VersionId>{VersionId("e2")});
  facts_.canaries.back().version = VersionId("b2");
  EXPECT_THAT(why_absent(plan().lineups.back(), "ensemble"), HasSubstr("is no ensemble"));
}

TEST_F(ServingPlanTest, OneVersionIsAskedWhateverItsLabel) {
  known("patchtst", "d1").label = day_ahead();
  ServingPlan alone = plan_version(facts_, VersionId("d1"), rules_.max_data_age, kNow, symbols_);
  EXPECT_EQ(alone.label.horizon_bars, 24);
  EXPECT_EQ(member(alone.lineups.front(), "d1").weight, 1);
  facts_.versions.at(VersionId("d1")).learned_until = kNow - 4 * kDay;
  alone = plan_version(facts_, VersionId("d1"), rules_.max_data_age, kNow, symbols_);
  EXPECT_THAT(member(alone.lineups.front(), "d1").why_not, HasSubstr("it learned until"));
}

TEST_F(ServingPlanTest, ASymbolOfUnknownVolatilityGetsNoForecast) {
  active("lightgbm", "a1");
  active("ridge", "b1");
  BarVotes votes;
  votes.forecasts[VersionId("a1")] = {1, 2, 3, 4, 5, kUnknownLabel};
  votes.forecasts[VersionId("b1")] = {3, 2, 1, 0, kUnknownLabel, kUnknownLabel};
  votes.volatility = {0.1F, 0.1F, kUnknownLabel, 0.1F, 0.1F, 0.1F};
  const BarForecast bar = combine(plan(), votes);
  EXPECT_EQ(bar.served(0), 2);
  EXPECT_EQ(bar.served(1), 2);
  EXPECT_TRUE(std::isnan(bar.served(2)));
  EXPECT_EQ(bar.served(3), 2);
  EXPECT_EQ(bar.served(4), 5) << "the other one's weight falls to it";
  EXPECT_TRUE(std::isnan(bar.served(5)));
}

// A canary's share is small, a cross-section of it smaller: what brings members to one scale is the whole universe.
TEST_F(ServingPlanTest, MembersAreBroughtToOneScaleOverAllSymbolsThatHaveAForecast) {
  known("lightgbm", "a1");
  known("ridge", "b1");
  VersionFacts& ensemble = ensemble_of("e1", {{"lightgbm", "a1"}, {"ridge", "b1"}});
  ensemble.rule->standardised_from = 5;
  activate(ensemble);
  BarVotes votes;
  const std::vector<float> said{0.3F, -0.1F, 0.2F, -0.4F, 0.1F, 99};
  std::vector<float> loud{-2, 5, 1, 4, -7, -99};
  votes.forecasts[VersionId("a1")] = said;
  votes.forecasts[VersionId("b1")] = loud;
  votes.volatility = {0.1F, 0.1F, 0.1F, 0.1F, 0.1F, kUnknownLabel};
  const BarForecast bar = combine(plan(), votes);
  const EnsembleRule& rule = *ensemble.rule;
  const auto known = [](const std::vector<float>& all) { return std::span(all).first(5); };
  const auto scales =
      rule.common_scale(std::vector<std::span<const float>>{known(said), known(loud)}, VolatilityRegime::unknown);
  EXPECT_LT(scales[1].slope, 0.6);
  for (std::size_t s = 0; s < 5; ++s) {
    const std::vector<double> scaled{scales[0].of(static_cast<double>(said[s])),
                                     scales[1].of(static_cast<double>(loud[s]))};
    EXPECT_EQ(bar.of_symbol[s].forecast, rule.combine(scaled, VolatilityRegime::unknown).forecast)
        << "who has no volatility has no part in it";
  }
  EXPECT_EQ(bar.scales[0][1].slope, scales[1].slope);
  EXPECT_EQ(bar.scales[0][1].offset, scales[1].offset);
  ensemble.rule->standardised_from = 6;
  EXPECT_EQ(combine(plan(), votes).scales[0][1].slope, 1) << "five are too few";
}

TEST_F(ServingPlanTest, WhoIsSuspendedHasNoVoteInALineupOrByItself) {
  active("lightgbm", "a1");
  active("ridge", "b1");
  activate(ensemble_of("e1", {{"lightgbm", "a1"}, {"ridge", "b1"}}));
  facts_.versions.at(VersionId("a1")).suspended = "it does harm";
  const Lineup together = lineup();
  EXPECT_EQ(together.ensemble, VersionId("e1"));
  EXPECT_EQ(member(together, "a1").why_not, "it does harm");
  EXPECT_EQ(member(together, "a1").weight, 0);
  EXPECT_EQ(member(together, "b1").weight, 1);
  facts_.versions.at(VersionId("b1")).suspended = "so does it";
  const Lineup nobody = lineup();
  EXPECT_FALSE(nobody.has_vote());
  EXPECT_TRUE(nobody.ensemble.empty());
  EXPECT_THAT(why_absent(nobody, std::string(kEnsembleType)), HasSubstr("none of its members"));
  EXPECT_EQ(member(nobody, "b1").why_not, "so does it");
}

}  // namespace
}  // namespace clm
