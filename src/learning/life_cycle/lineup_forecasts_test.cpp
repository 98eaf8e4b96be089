// What is logged of a lineup: every vintage in service, and who spoke.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/life_cycle/life_cycle_fixture.hpp"
#include "learning/life_cycle/live_forecasts.hpp"
#include "learning/options/serving_rules.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;
using testing::kBars;

class LineupForecasts : public testing::LifeCycleTest {
 protected:
  LineupForecasts() {
    options_ = testing::small_trees();
    options_.training.models = {"ridge"};
    options_.lineup.spacing_days = 0;
    options_.deployment.gate = PolicyGate::none;
    EXPECT_TRUE(life_log_.set_universe(tape_.symbols()));
  }
  /// The members of the active ensemble, after a vintage was made at each of these.
  std::set<std::string> lineup_after(const std::vector<std::size_t>& moments) {
    for (const std::size_t bars : moments) cycle(options_, Force::yes, bars);
    std::set<std::string> members;
    for (const ManifestMember& member : manifest_of(active_version("ensemble")).members) members.insert(member.version);
    return members;
  }
  LifeCycleState state() const {
    LifeCycleState state;
    for (const char* type : {"ridge", "ensemble"}) state.types[type].active = VersionId(active_version(type));
    return state;
  }
  std::vector<ForecastRow> said_at(std::size_t bars) {
    LiveForecasts forecasts(tape_, *registry_, options_, serving_rules(options_).value());
    const auto rows = forecasts.at(tape_.bar_at_or_after(close_of(bars)), state());
    EXPECT_TRUE(rows) << to_string(rows.error());
    return rows.value_or(std::vector<ForecastRow>());
  }
  static std::size_t forecasts_in(const ForecastRow& row) {
    return static_cast<std::size_t>(
        std::count_if(row.forecast.begin(), row.forecast.end(), [](float f) { return !std::isnan(f); }));
  }

  LearningOptions options_;
  MarketTape tape_ = MarketTape::record(*feature_set("classic22"), easy_candles(kBars + 100), nullptr, LabelOptions(),
                                        close_of(kBars + 100), undisturbed())
                         .value();
};

TEST_F(LineupForecasts, EveryMemberIsLoggedAndTheLineupThatSpoke) {
  const auto members = lineup_after({kBars, kBars + 20, kBars + 40});
  ASSERT_GE(members.size(), 2U);
  const std::string newest = active_version("ridge"), ensemble = active_version("ensemble");
  ASSERT_TRUE(members.contains(newest));
  const auto rows = said_at(kBars + 50);
  std::set<std::string> heard;
  for (const ForecastRow& row : rows) {
    heard.insert(row.who);
    EXPECT_EQ(row.heard, Heard::in_service) << row.who;
    EXPECT_EQ(forecasts_in(row), tape_.symbols().size()) << row.who;
  }
  std::set<std::string> expected = members;
  expected.insert({ensemble, kServed, kNewest});
  EXPECT_EQ(heard, expected) << "retired versions that are no members say nothing";
  const ForecastRow& served = rows.back();
  ASSERT_EQ(served.who, kServed);
  ASSERT_TRUE(served.terms);
  EXPECT_EQ(served.terms->lineup.str(), ensemble);
  EXPECT_EQ(served.forecast, row_of(rows, VersionId(ensemble))->forecast);

  LifeCycleLog::Step step;
  step.state_json = "{}";
  step.forecasts = rows;
  ASSERT_TRUE(life_log_.commit(step));
  const auto logged = life_log_.named_forecasts(Timestamp::min(), Timestamp::max());
  ASSERT_TRUE(logged) << to_string(logged.error());
  ASSERT_EQ(logged->size(), rows.size());
  for (const NamedForecast& one : *logged) {
    EXPECT_EQ(*one.symbols, tape_.symbols());
    EXPECT_EQ(one.row.terms.has_value(), one.row.who == kServed) << one.row.who;
    if (!one.row.terms) continue;
    EXPECT_EQ(one.row.terms->lineup, served.terms->lineup);
    EXPECT_EQ(one.row.terms->expected_return_bps, served.terms->expected_return_bps);
    EXPECT_EQ(one.row.terms->up_probability, served.terms->up_probability);
    EXPECT_EQ(one.row.terms->actions, served.terms->actions);
    EXPECT_EQ(to_json(one.row.terms->label), to_json(LabelOptions()));
  }
}

TEST_F(LineupForecasts, WhoIsHeardForATrialAloneIsNotInService) {
  cycle(options_, Force::yes);
  options_.deployment.mode = PolicyMode::logging_only;
  options_.training.seed = 5;
  options_.training.max_fit_rows = 3'000;  // so that the seed matters
  const VersionId challenger = cycle(options_, Force::yes, kBars + 1).results.front().version;
  ASSERT_NE(challenger.str(), active_version("ridge"));
  LifeCycleState with_trial;
  with_trial.types["ridge"].active = VersionId(active_version("ridge"));
  with_trial.trials.push_back(
      {"ridge", challenger, VersionId(active_version("ridge")), Stage::shadow, Timestamp(0), PairedTrial({}), {}, {}});
  LiveForecasts forecasts(tape_, *registry_, options_, serving_rules(options_).value());
  const auto rows = forecasts.at(tape_.bar_at_or_after(close_of(kBars + 50)), with_trial).value();
  EXPECT_EQ(row_of(rows, challenger)->heard, Heard::for_a_trial);
  EXPECT_EQ(row_of(rows, VersionId(active_version("ridge")))->heard, Heard::in_service);
}

// After a pause: somebody trained on newer bars and promoted by hand what came out, and then the bars before are gone
// through.
TEST_F(LineupForecasts, NobodySaysAnythingOfABarThatClosedBeforeItWasMade) {
  lineup_after({kBars, kBars + 20, kBars + 40});
  EXPECT_GT(forecasts_in(said_at(kBars + 40).back()), 0U) << "at the very bar nothing of what comes is known";
  const auto rows = said_at(kBars + 39);
  const std::string newest = active_version("ridge"), ensemble = active_version("ensemble");
  EXPECT_EQ(manifest_of(newest).created_as_of, close_of(kBars + 40));
  for (const ForecastRow& row : rows) {
    if (row.who == kServed || row.who == kNewest) continue;
    EXPECT_LE(manifest_of(row.who).created_as_of, close_of(kBars + 39)) << row.who;
  }
  EXPECT_EQ(row_of(rows, VersionId(newest)), nullptr);
  EXPECT_EQ(row_of(rows, VersionId(ensemble)), nullptr);
  ASSERT_EQ(rows.back().who, kServed);
  EXPECT_EQ(forecasts_in(rows.back()), 0U) << "nobody else is active";
  EXPECT_TRUE(rows.back().terms->lineup.empty());
}

}  // namespace
}  // namespace clm
