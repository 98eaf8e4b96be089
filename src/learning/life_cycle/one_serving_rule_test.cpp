// What the program that serves would have said at every bar of a life cycle is what the life cycle notes as served.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "features/sets/feature_set.hpp"
#include "learning/life_cycle/features_needed.hpp"
#include "learning/life_cycle/life_cycle_fixture.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/options/serving_rules.hpp"
#include "learning/trials/trial.hpp"
#include "serving/live_inputs.hpp"
#include "serving/predictor.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using testing::easy_candles;
using testing::kBars;

constexpr std::size_t kLastBar = kBars + 120;

class OneServingRule : public testing::LifeCycleTest {
 protected:
  OneServingRule() {
    options_ = testing::judged_small_trees();
    options_.training.models = {"ridge"};  // trained by the life cycle, the others by hand
    options_.training.holdout_share = 0.1;
    options_.training.validation_share = 0.05;
    options_.serving.models = {"lightgbm", "xgboost"};
    options_.ensemble.mode = EnsembleMode::off;
    options_.ensemble.weights = {"lightgbm=0.9", "xgboost=0.05"};
    options_.ensemble.other_weight = 0.05;
    options_.triggers.kinds = {};
    options_.triggers.retrain_hours = 10'000;
    options_.deployment.gate = PolicyGate::none;
    options_.deployment.stages.canary.first_share = 0.5;
    options_.deployment.stages.canary.second_share = 0.8;
    options_.deployment.stages.canary.stage_bars = 10;
    options_.deployment.stages.watch.enabled = false;
    inputs_.emplace(
        LiveInputs::after_history({{"classic22", "core"}, {unit_of(options_.label), unit_of(other_label())}, 0},
                                  easy_candles(kBars), nullptr, close_of(kBars), undisturbed())
            .value());
  }
  static LabelOptions other_label() {
    LabelOptions label;
    label.horizon_bars = 24;
    return label;
  }

  /// Trained on `bars` bars, and made active unless it is to remain a candidate.
  VersionId trained(const std::string& type, std::size_t bars, PolicyMode mode = PolicyMode::enforced,
                    LabelOptions label = {}, const char* features = "classic22") {
    LearningOptions options = options_;
    options.feature_set = features;
    options.training.models = {type};
    options.training.seed = static_cast<std::int64_t>(bars);
    options.deployment.mode = mode;
    options.label = label;
    const CycleReport report = cycle(options, Force::yes, bars);
    EXPECT_FALSE(report.results.empty());
    return report.results.empty() ? VersionId() : report.results.front().version;
  }
  VersionId ensemble_made(std::size_t bars, PolicyMode mode = PolicyMode::enforced) {
    LearningOptions options = options_;
    options.ensemble.mode = EnsembleMode::fixed;
    options.ensemble.models = {"lightgbm", "xgboost"};
    options.deployment.mode = mode;
    options.serving.max_data_age_days = 0;
    const CycleReport report = cycle_without_triggers(options, bars);
    EXPECT_FALSE(report.results.empty()) << report.ensemble.why;
    return report.results.empty() ? VersionId() : report.results.front().version;
  }
  LearningOptions lineup_options() const {
    LearningOptions options = options_;
    options.policy.ladder = Ladder::off;
    options.training.models = {"lightgbm", "xgboost"};
    options.ensemble.mode = EnsembleMode::learned;
    options.ensemble.models = trained_recipes(options);
    options.lineup.spacing_days = 0;
    options.serving.max_data_age_days = 0;
    return options;
  }
  /// Vintages of both recipes as of `bars`, and their lineup; that of lightgbm.
  VersionId refreshed(std::size_t bars, PolicyMode mode = PolicyMode::enforced) {
    LearningOptions options = lineup_options();
    options.deployment.mode = mode;
    if (mode != PolicyMode::enforced) options.ensemble.mode = EnsembleMode::off;
    const CycleReport report = cycle(options, Force::no, bars);
    VersionId newest;
    for (const CycleResult& result : report.results) {
      EXPECT_FALSE(result.version.empty()) << ::testing::PrintToString(result.reasons);
      if (result.model_type == "lightgbm") newest = result.version;
    }
    return newest;
  }
  /// A lineup of other members than the active one's, which is not made active.
  VersionId composed(std::size_t bars) {
    LearningOptions options = lineup_options();
    options.lineup.vintages = 1;
    options.deployment.mode = PolicyMode::logging_only;
    const CycleReport report = cycle_without_triggers(options, bars);
    EXPECT_FALSE(report.results.empty()) << report.ensemble.why;
    return report.results.empty() ? VersionId() : report.results.front().version;
  }
  void put_into_the_canary(const VersionId& version) {
    const auto moved = registry_->advance(version, VersionStatus::canary, because("let it try"));
    ASSERT_TRUE(moved) << to_string(moved.error());
  }

  /// From now on a version has no vote so long after the end of what this one was trained as of.
  void let_expire_like(const VersionId& version, Duration after) {
    const auto manifest = stored_manifest(registry_->find(version.str()).value()).value();
    const Duration age = manifest.created_as_of + after - manifest.learned_until;
    options_.serving.max_data_age_days = static_cast<double>(age.count()) / static_cast<double>(kDayMs);
  }

  /// What the program that serves says at the newest bar: everything loaded anew, as the registry stands.
  Forecasts answer(const LifeCycleState& state) {
    const auto canaries = canaries_of(state.trials, options_.deployment.stages.canary);
    const auto predictor = Predictor::load(*registry_, serving_rules(options_).value(), canaries);
    EXPECT_TRUE(predictor) << to_string(predictor.error());
    note_situations(predictor->plan(inputs_->newest()->as_of, inputs_->newest()->symbols));
    return predictor->predict(*inputs_->newest());
  }

  /// Goes through the bars up to number `to`, and holds the answer at each against the row that is noted.
  void go_on_to(std::size_t to) {
    const MemoryCandleSource candles = easy_candles(to);
    const auto life = [&] {
      auto resumed = LifeCycle::resume(tape_, workplace(candles), life_log_, options_, undisturbed());
      EXPECT_TRUE(resumed) << to_string(resumed.error());
      resumed->begin_at(close_of(kBars + 1));
      return std::move(*resumed);
    };
    LifeCycle cycle = life();
    while (tape_.close(cycle.next_bar()) <= close_of(to)) {
      advance_inputs();
      const Timestamp now = tape_.close(cycle.next_bar());
      ASSERT_EQ(inputs_->newest()->as_of, now);
      const Forecasts said = answer(cycle.state());
      const auto stepped = cycle.step(StepMode::decide, undisturbed());
      ASSERT_TRUE(stepped) << to_string(stepped.error());
      compare(said, now);
    }
  }
  void advance_inputs() {
    const std::size_t bar = bars_fed_++;
    std::vector<std::optional<Candle>> candles;
    for (const CandleSeries& series : testing::easy_market().series) candles.emplace_back(series.candles[bar]);
    inputs_->advance(candles.front()->open_time, candles);
  }
  void compare(const Forecasts& said, Timestamp now) {
    const auto rows = life_log_.forecasts(now, now + Duration(1), kServed).value();
    std::vector<float> noted(said.predictions.size(), std::nanf(""));
    if (!rows.empty()) noted = rows.front().forecast;
    ++compared_;
    const bool is_same =
        std::equal(noted.begin(), noted.end(), said.predictions.begin(), said.predictions.end(),
                   [](float row, const Prediction& one) {
                     return std::bit_cast<std::uint32_t>(row) == std::bit_cast<std::uint32_t>(one.forecast);
                   });
    const auto logged = life_log_.named_forecasts(now, now + Duration(1), kServed).value();
    EXPECT_EQ(logged.empty(), rows.empty());
    for (std::size_t s = 0; !logged.empty() && s < said.predictions.size(); ++s) {
      ASSERT_TRUE(logged.front().row.terms);
      const ServedTerms& terms = *logged.front().row.terms;
      const Prediction& one = said.predictions[s];
      EXPECT_EQ(terms.lineup, said.ensemble);
      EXPECT_EQ(terms.actions[s], one.action);
      if (std::isnan(one.forecast)) {
        EXPECT_TRUE(std::isnan(terms.expected_return_bps[s]) && std::isnan(terms.up_probability[s]));
        continue;
      }
      EXPECT_EQ(terms.label.horizon_bars, said.horizon_bars);
      // The forecast is equal to the bit; the volatility that it is told in is a running sum, begun elsewhere.
      EXPECT_NEAR(static_cast<double>(terms.expected_return_bps[s]), one.expected_return_bps,
                  1e-5 * std::abs(one.expected_return_bps));
      EXPECT_NEAR(static_cast<double>(terms.up_probability[s]),
                  one.expected_return_bps >= 0 ? one.confidence : 1 - one.confidence, 1e-7);
    }
    EXPECT_TRUE(is_same) << to_string(now) << ": " << said.predictions.front().forecast << " was answered, and "
                         << noted.front() << " noted";
  }

  /// Counts the bars of what the history is to show.
  void note_situations(const ServingPlan& plan) {
    const Lineup& all = plan.lineups.front();
    const auto says = [&](const char* text) {
      return std::any_of(all.members.begin(), all.members.end(),
                         [&](const LineupMember& one) { return one.why_not.find(text) != std::string::npos; });
    };
    const auto count = [&](const char* what, bool is) { situations_[what] += is ? 1 : 0; };
    const bool passed_over = std::any_of(all.absent.begin(), all.absent.end(),
                                         [](const Abstention& one) { return one.model_type == kEnsembleType; });
    count("nobody", !all.has_vote());
    count("types", all.ensemble.empty() && all.has_vote());
    count("ensemble", !all.ensemble.empty());
    const auto with_canary = [&](bool of_an_ensemble) {
      return std::any_of(plan.lineups.begin(), plan.lineups.end(), [&](const Lineup& one) {
        return !one.canaries.empty() && one.ensemble.empty() != of_an_ensemble;
      });
    };
    count("canary", with_canary(false));
    count("canary of an ensemble", with_canary(true));
    count("member expired", !all.ensemble.empty() && says("it learned until"));
    count("member suspended", !all.ensemble.empty() && says("it is suspended since"));
    count("past the ensemble", passed_over && all.has_vote());
    count("several types",
          all.ensemble.empty() && std::count_if(all.members.begin(), all.members.end(),
                                                [](const LineupMember& one) { return one.why_not.empty(); }) > 1);
    count("other label silent", says("another label"));
    count("several vintages",
          std::adjacent_find(all.members.begin(), all.members.end(), [](const LineupMember& a, const LineupMember& b) {
            return a.model_type == b.model_type && a.why_not.empty() && b.why_not.empty();
          }) != all.members.end());
    count("other label alone", plan.label.horizon_bars != options_.label.horizon_bars && all.has_vote());
  }

  LearningOptions options_;
  MarketTape tape_ = MarketTape::record(*feature_set("classic22"), easy_candles(kLastBar), nullptr, LabelOptions(),
                                        close_of(kLastBar), undisturbed())
                         .value();
  std::optional<LiveInputs> inputs_;
  std::size_t bars_fed_ = kBars;
  std::size_t compared_ = 0;
  std::map<std::string, int> situations_;
};

TEST_F(OneServingRule, WhatIsAnsweredIsWhatIsNotedAsServed) {
  let_expire_like(trained("lightgbm", kBars), std::chrono::hours(62));
  trained("xgboost", kBars);
  go_on_to(kBars + 10);

  const VersionId ensemble = ensemble_made(kBars + 10);
  go_on_to(kBars + 18);
  const VersionId member = trained("xgboost", kBars + 18);  // swapped beside the ensemble
  put_into_the_canary(trained("lightgbm", kBars + 18, PolicyMode::logging_only));
  go_on_to(kBars + 26);
  const VersionId other = ensemble_made(kBars + 26, PolicyMode::logging_only);
  ASSERT_NE(other, ensemble);
  put_into_the_canary(other);
  go_on_to(kBars + 44);
  ASSERT_TRUE(registry_->promote(other, because("a person wants it")));
  const VersionId newest = trained("xgboost", kBars + 54);
  go_on_to(kBars + 84);  // by now the ensemble is too old, and this one serves by itself

  ASSERT_TRUE(
      std::filesystem::remove(registry_->store().directory_of("xgboost", member) / ForecastCalibration::kFileName));
  go_on_to(kBars + 86);
  EXPECT_EQ(status(other), VersionStatus::failed) << "as a member of it is";
  EXPECT_EQ(active_version("ensemble"), "") << "the one before it, " << ensemble.str() << ", is too old";
  const VersionId canary = trained("lightgbm", kBars + 86, PolicyMode::logging_only);
  put_into_the_canary(canary);
  go_on_to(kBars + 92);
  ASSERT_TRUE(registry_->reject(canary, because("a person does not want it")));

  ASSERT_TRUE(registry_->retire(newest, because("a person does not want it")));
  go_on_to(kBars + 97);
  trained("lightgbm", kBars + 97, PolicyMode::enforced, other_label());
  go_on_to(kBars + 102);
  trained("xgboost", kBars + 102);
  go_on_to(kBars + 109);

  EXPECT_EQ(compared_, 109U);
  const auto all = kinds();
  EXPECT_GE(std::count(all.begin(), all.end(), "promoted"), 5) << "by the life cycle, and by hand beside it";
  for (const char* what : {"nobody", "types", "ensemble", "canary", "canary of an ensemble", "member expired",
                           "past the ensemble", "other label silent", "other label alone"})
    EXPECT_GE(situations_[what], 4) << what;
}

// Refreshes of two recipes, and lineups of their vintages: swapped, expired in part, on trial, broken and rolled back.
TEST_F(OneServingRule, LineupsOfSeveralVintagesOfATypeAreServedAsTheyAreNoted) {
  const VersionId first = refreshed(kBars);
  go_on_to(kBars + 6);
  refreshed(kBars + 6);
  go_on_to(kBars + 14);
  const VersionId before(active_version("ensemble"));
  refreshed(kBars + 14);
  const VersionId lineup(active_version("ensemble"));
  ASSERT_NE(lineup, before);
  ASSERT_EQ(stored_manifest(registry_->find(lineup.str()).value())->members.size(), 6U);
  go_on_to(kBars + 20);

  // The oldest vintages expire, and after them all others.
  let_expire_like(first, std::chrono::hours(24));
  go_on_to(kBars + 30);
  const VersionId newest = refreshed(kBars + 30, PolicyMode::logging_only);
  put_into_the_canary(newest);  // says nothing beside a lineup, and something where there is none
  go_on_to(kBars + 48);
  options_.serving.max_data_age_days = 0;
  go_on_to(kBars + 52);

  ASSERT_TRUE(registry_->rollback(Slot{std::string(kEnsembleType)}, because("worse")));
  ASSERT_EQ(active_version("ensemble"), before.str());
  put_into_the_canary(composed(kBars + 52));
  go_on_to(kBars + 60);
  ASSERT_TRUE(
      std::filesystem::remove(registry_->store().directory_of("lightgbm", first) / ForecastCalibration::kFileName));
  go_on_to(kBars + 66);
  EXPECT_EQ(status(before), VersionStatus::failed) << "as a member of it is";

  EXPECT_EQ(compared_, 66U);
  for (const char* what :
       {"types", "ensemble", "several vintages", "member expired", "canary", "canary of an ensemble"})
    EXPECT_GE(situations_[what], 4) << what;
}

// Some members of a lineup are suspended, then all, then some are reinstated.
TEST_F(OneServingRule, WhoIsSuspendedSaysNothingUntilItIsReinstated) {
  const VersionId first = refreshed(kBars);
  go_on_to(kBars + 4);
  refreshed(kBars + 4);
  std::vector<VersionId> members;
  for (const ManifestMember& member : manifest_of(active_version("ensemble")).members)
    members.emplace_back(member.version);
  ASSERT_GE(members.size(), 4U);
  members.emplace_back(active_version("ridge"));  // would speak by itself where the lineup has no vote
  const Timestamp changed = close_of(kBars);
  ASSERT_TRUE(registry_->suspend({first}, changed, SuspensionCause::harm, because("harm")));
  go_on_to(kBars + 9);
  ASSERT_TRUE(registry_->suspend(members, changed, SuspensionCause::market_break, because("it turned around")));
  go_on_to(kBars + 14);
  ASSERT_TRUE(registry_->reinstate({members[1], members[2]}, because("well again")));
  go_on_to(kBars + 19);
  EXPECT_EQ(compared_, 19U);
  EXPECT_GE(situations_["nobody"], 4);
  EXPECT_GE(situations_["member suspended"], 4);
}

// After a change of `feature_set`: the features of the active versions go on being computed beside the new ones.
TEST_F(OneServingRule, WhoReadsOtherFeaturesIsServedOn) {
  EXPECT_TRUE(other_features_read(*registry_, options_).value().empty());
  trained("xgboost", kBars);
  trained("lightgbm", kBars, PolicyMode::enforced, {}, "core");
  const auto others = other_features_read(*registry_, options_).value();
  ASSERT_EQ(others.size(), 1U);
  EXPECT_EQ(others.front().name(), "core");
  ASSERT_TRUE(tape_.add_features(others.front(), easy_candles(kLastBar), nullptr, undisturbed()));
  go_on_to(kBars + 6);
  EXPECT_GE(situations_["several types"], 5);
}

// Two recipes of a type in one lineup, one of them with features of its own; then, after the lineup is gone, each by
// itself with its weight; then without the one that the settings do not have any more.
TEST_F(OneServingRule, RecipesByNameAreServedAsTheyAreNoted) {
  options_.recipes = {
      {"wide", "lightgbm", {}, {{"features.set", "\"core\"", ""}, {"label.entry_delay_bars", "3", ""}}}};
  options_.ensemble.weights = {"lightgbm=0.3", "lightgbm/wide=0.6"};
  refreshed(kBars);
  const std::string own = active_version("lightgbm/wide"), plain = active_version("lightgbm");
  ASSERT_FALSE(own.empty() || plain.empty());
  const auto others = other_features_read(*registry_, options_).value();
  ASSERT_EQ(others.size(), 1U);
  ASSERT_TRUE(tape_.add_features(others.front(), easy_candles(kLastBar), nullptr, undisturbed()));
  go_on_to(kBars + 6);
  const auto speaks = [&](const std::string& version) {
    const auto plan = Predictor::load(*registry_, serving_rules(options_).value())->plan(close_of(kBars + 6), {});
    for (const LineupMember& member : plan.lineups.front().members)
      if (member.version.str() == version) return member.weight;
    return 0.0;
  };
  EXPECT_GT(speaks(own), 0);
  ASSERT_TRUE(registry_->retire(VersionId(active_version("ensemble")), because("each by itself")));
  go_on_to(kBars + 12);
  EXPECT_GT(speaks(own), speaks(plain)) << "by the weights of the settings";
  options_.recipes.clear();
  options_.ensemble.weights = {"lightgbm=0.3"};
  go_on_to(kBars + 18);
  EXPECT_EQ(speaks(own), 0);
  EXPECT_GT(speaks(plain), 0);
  EXPECT_EQ(compared_, 18U);
}

}  // namespace
}  // namespace clm
