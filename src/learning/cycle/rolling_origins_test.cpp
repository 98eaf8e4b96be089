#include "learning/cycle/rolling_origins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/recipes/recipe.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;
using testing::kBars;

class RollingOrigins : public testing::LearningTest {
 protected:
  LearningData data(std::size_t bars = kBars) {
    LearningDataOptions data_options;
    data_options.as_of = close_of(bars);
    data_options.label = options_.label;
    return prepare_learning_data(feature_set("classic22").value(), easy_candles(bars), nullptr, data_options,
                                 undisturbed())
        .value();
  }
  Protocol protocol(std::size_t bars = kBars) const {
    const MemoryCandleSource candles = easy_candles();
    return {close_of(bars), candles.venue(), candles.interval(), candles.symbols(), options_.training};
  }
  /// What is judged of the recipe.
  TrainedCandidate candidate(const LearningData& data, const std::vector<Timestamp>& origins,
                             std::size_t bars = kBars) {
    TrainingSplit split;
    const auto judging = judge_at_origins(data, protocol(bars), origins, options_, split, undisturbed());
    EXPECT_TRUE(judging) << to_string(judging.error());
    const MemoryCandleSource candles = easy_candles();
    auto made = train_at_origins(workplace(candles), options_, *judging, origins,
                                 asked_by_hand(options_.training.models), undisturbed());
    EXPECT_TRUE(made) << to_string(made.error());
    EXPECT_TRUE(*made->front()) << to_string((*made->front()).error());
    return std::move(**made->front());
  }
  static std::string bytes(const StagedArtifact& staged) { return *read_file(staged.directory() / "model.txt"); }

  LearningOptions options_ = [] {
    LearningOptions options = testing::small_trees();
    options.training.models = {"lightgbm"};
    options.training.origins = 3;
    options.lineup.spacing_days = 3;
    options.lineup.vintages = 2;
    options.ensemble.mode = EnsembleMode::off;
    return options;
  }();
};

TEST_F(RollingOrigins, TheyLieBackwardsFromNowOverTheShareThatIsJudged) {
  const LearningData known = data();
  const Timestamp share = split_for_training(known.rows.data, options_.training, close_of(kBars))->holdout_span.from;
  const auto bars = static_cast<std::size_t>((close_of(kBars) - share) / std::chrono::hours(1));
  ASSERT_GT(bars, 3 * 72U);
  ASSERT_LT(bars, 4 * 72U + 72);
  const auto origins = rolling_origins(known.rows.data, options_, close_of(kBars));
  ASSERT_TRUE(origins) << to_string(origins.error());
  const std::size_t apart = bars / 3;
  EXPECT_THAT(origins->moments,
              ::testing::ElementsAre(close_of(kBars - 3 * apart), close_of(kBars - 2 * apart), close_of(kBars - apart)))
      << "as far apart as three fit in";
  options_.training.origins = 6;
  const auto spaced = rolling_origins(known.rows.data, options_, close_of(kBars))->moments;
  EXPECT_EQ(spaced.back(), close_of(kBars - 72)) << "no nearer than vintages of a lineup";
  EXPECT_EQ(spaced.front(), close_of(kBars - 72 * spaced.size()));
  EXPECT_GE(spaced.front(), share);
  options_.lineup.spacing_days = 28;
  const auto one = rolling_origins(known.rows.data, options_, close_of(kBars));
  ASSERT_EQ(one->moments.size(), 1U);
  EXPECT_EQ(one->moments.front(), share) << "the share is shorter than the spacing: its beginning";
}

TEST_F(RollingOrigins, WhatIsJudgedIsWhatTheNewestFitSaidThatWasMadeBefore) {
  const LearningData known = data();
  const auto origins = rolling_origins(known.rows.data, options_, close_of(kBars))->moments;
  const TrainedCandidate made = candidate(known, origins);
  ASSERT_EQ(made.earlier.size(), 1U) << "two have a place in the lineup";
  const JudgedRows& truth = *made.forecasts.rows;
  ASSERT_EQ(Timestamp(truth.decided_at_ms.front()), origins.front() + std::chrono::hours(1));
  const auto last = load_calibrated_model("lightgbm", made.staged.directory());
  const auto before = load_calibrated_model("lightgbm", made.earlier.front().staged.directory());
  const RowSet rows = rows_after_origin(known.rows.data, origins.front(), close_of(kBars));
  ASSERT_EQ(rows.size(), truth.size());
  const auto of_last = *last->raw_forecast(rows), of_before = *before->raw_forecast(rows);
  std::size_t by_last = 0, by_before = 0, differ = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth.decided_at_ms[i] <= origins[1].ms()) continue;
    const bool is_last = truth.decided_at_ms[i] > origins[2].ms();
    const float raw = (is_last ? of_last : of_before)[i];
    // Calibrated by a positive number of its stretch of time.
    const double scale = static_cast<double>(made.forecasts.forecast[i]) / static_cast<double>(raw);
    if (std::abs(raw) > 1e-6F) {
      EXPECT_GT(scale, 0);
    }
    (is_last ? by_last : by_before) += 1;
    differ += of_last[i] != of_before[i];
    EXPECT_GT(made.forecasts.up_probability[i], 0);
    EXPECT_LT(made.forecasts.up_probability[i], 1);
  }
  EXPECT_GT(by_last, 500U);
  EXPECT_GT(by_before, 500U);
  EXPECT_GT(differ, 1'000U);
  // Within a bar of one stretch the scale is one and the same, so forecast over raw forecast is constant.
  std::set<std::int64_t> times(truth.decided_at_ms.begin(), truth.decided_at_ms.end());
  const std::int64_t newest = *times.rbegin();
  std::set<long> scales;
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (truth.decided_at_ms[i] == newest)
      scales.insert(
          std::lround(1e4 * static_cast<double>(made.forecasts.forecast[i]) / static_cast<double>(of_last[i])));
  EXPECT_EQ(scales.size(), 1U);
}

TEST_F(RollingOrigins, NoFitKnowsALabelThatWasNotKnownAtItsOrigin) {
  const LearningData known = data();
  const auto origins = rolling_origins(known.rows.data, options_, close_of(kBars))->moments;
  const TrainedCandidate made = candidate(known, origins);
  const auto poisoned_from = [&](Timestamp time, bool known_then) {
    LearningData altered = known;
    Dataset& rows = altered.rows.data;
    for (std::size_t row = 0; row < rows.size(); ++row)
      if ((rows.known_at_ms[row] <= time.ms()) == known_then) rows.label[row] = -rows.label[row] + 0.5F;
    return candidate(altered, origins);
  };
  EXPECT_EQ(bytes(poisoned_from(origins.back(), false).staged), bytes(made.staged));
  EXPECT_NE(bytes(poisoned_from(origins.back(), true).staged), bytes(made.staged)) << "what was known is fitted on";
  const TrainedCandidate earlier = poisoned_from(origins[1], false);
  EXPECT_EQ(bytes(earlier.earlier.front().staged), bytes(made.earlier.front().staged));
  EXPECT_NE(bytes(earlier.staged), bytes(made.staged)) << "the newest knew more";
  EXPECT_EQ(made.manifest.learned_until, origins.back());
  EXPECT_EQ(made.earlier.front().manifest.learned_until, origins[1]);
}

TEST_F(RollingOrigins, RidgeIsFittedOnTheSameRowsAsTheRecipe) {
  options_.training.max_fit_rows = 3'000;
  const LearningData known = data();
  const auto origins = rolling_origins(known.rows.data, options_, close_of(kBars))->moments;
  const auto trees = make_trainer("lightgbm", options_.trainers), ridge = make_trainer("ridge", options_.trainers);
  for (const Timestamp origin : origins) {
    const auto of_trees = split_of(known, origin_protocol(protocol(), **trees, origin));
    const auto of_ridge = split_of(known, origin_protocol(protocol(), **ridge, origin));
    ASSERT_TRUE(of_trees) << to_string(of_trees.error());
    EXPECT_EQ(of_trees->fit.size(), 3'000U);
    EXPECT_EQ(of_trees->fit.rows, of_ridge->fit.rows);
  }
}

TEST_F(RollingOrigins, AnAcceptedRecipeHasAWholeLineupFromTheFirstDay) {
  options_.ensemble.mode = EnsembleMode::learned;
  options_.lineup.vintages = 3;
  const CycleReport report = cycle(options_);
  ASSERT_EQ(report.results.size(), 3U) << "judged, refreshed, composed";
  EXPECT_EQ(report.results[0].decision, "deploy") << ::testing::PrintToString(report.results[0].reasons);
  const Manifest lineup = manifest_of(active_version("ensemble"));
  ASSERT_EQ(lineup.members.size(), 3U);
  std::set<Timestamp> learned_until;
  for (const ManifestMember& member : lineup.members) learned_until.insert(manifest_of(member.version).learned_until);
  const LearningData known = data();
  const auto origins = rolling_origins(known.rows.data, options_, close_of(kBars))->moments;
  EXPECT_THAT(learned_until, ::testing::ElementsAre(origins[1], origins[2], close_of(kBars)));
  EXPECT_EQ(manifest_of(active_version("lightgbm")).learned_until, close_of(kBars));
}

struct RollingOriginsOf : RollingOrigins {
  void TestBody() override {}
  using RollingOrigins::active_version;
  using RollingOrigins::cycle;
  using RollingOrigins::log_;
  using RollingOrigins::options_;
  using RollingOrigins::registry_;
};

// A cycle that was killed when it had promoted a vintage of the new recipe, and not yet the version that was judged.
TEST_F(RollingOrigins, ARecipeIsJudgedAgainWithoutItsOwnVintageAsARival) {
  const CycleReport expected = cycle(options_);
  RollingOriginsOf killed;
  const auto versions = registry_->list().value();
  const auto vintage = std::find_if(versions.begin(), versions.end(), [&](const VersionRecord& one) {
    const auto protocol = read_protocol(manifest_of(one.version.str()).protocol_json);
    return protocol->origin && is_of_everything_known(*protocol) && one.version != expected.results[0].version;
  });
  ASSERT_NE(vintage, versions.end());
  const StoredArtifact whole = registry_->open_artifact(*vintage).value();
  auto staged = killed.registry_->store().stage("lightgbm").value();
  for (const auto& file : whole.manifest.files)
    std::filesystem::copy_file(whole.directory / file.name, staged.directory() / file.name);
  const auto stored = killed.registry_->store().put(std::move(staged), whole.manifest).value();
  ASSERT_EQ(stored.version, vintage->version);
  ASSERT_TRUE(killed.registry_->enter(stored, testing::because("a vintage of a new recipe")));
  ASSERT_TRUE(killed.registry_->promote(stored.version, testing::because("a vintage of a new recipe")));

  const CycleReport again = killed.cycle(options_);
  ASSERT_EQ(again.results.size(), expected.results.size());
  EXPECT_EQ(again.results[0].version, expected.results[0].version);
  EXPECT_EQ(again.results[0].decision, expected.results[0].decision);
  EXPECT_EQ(again.results[0].reasons, expected.results[0].reasons);
  EXPECT_EQ(killed.active_version("lightgbm"), active_version("lightgbm"));
}

nlohmann::json acceptance_in(const CycleResult& result) {
  return nlohmann::json::parse(result.evidence_json)["judgement"]["acceptance"];
}

// What was looked at once is looked at again, to the bit, and more: only so may it be looked at as often as one likes.
TEST_F(RollingOrigins, TheRecordOfALaterTryContainsThatOfAnEarlierOne) {
  const LearningData known = data(), later = data(kBars + 100);
  const auto first = *rolling_origins(known.rows.data, options_, close_of(kBars));
  const TrainedCandidate early = candidate(known, first.moments);
  const RecipeTry record{close_of(kBars), 2024, 1, first.moments.front(), first.spacing};
  EXPECT_EQ(origins_since(record, known.rows.data, close_of(kBars)), first.moments);
  const auto since = origins_since(record, later.rows.data, close_of(kBars + 100));
  ASSERT_EQ(since.size(), first.moments.size() + 1);
  EXPECT_TRUE(std::equal(first.moments.begin(), first.moments.end(), since.begin()));
  EXPECT_EQ(since.back(), first.moments.back() + first.spacing);
  const TrainedCandidate late = candidate(later, since, kBars + 100);
  ASSERT_GT(late.raw.size(), early.raw.size() + 500);
  EXPECT_TRUE(std::equal(early.raw.begin(), early.raw.end(), late.raw.begin()));
  EXPECT_TRUE(std::equal(early.forecasts.rows->decided_at_ms.begin(), early.forecasts.rows->decided_at_ms.end(),
                         late.forecasts.rows->decided_at_ms.begin()));
}

TEST_F(RollingOrigins, ARecipeThatWasRefusedIsAskedAboutItsRecordSinceItsFirstTry) {
  options_.policy.min_times = 1'000'000;  // nobody is safe
  const auto first = acceptance_in(cycle(options_).results.front());
  const auto second = acceptance_in(cycle(options_, Force::no, kBars + 50).results.front());
  EXPECT_EQ(second["from_ms"], first["from_ms"]);
  EXPECT_EQ(second["bars"], first["bars"].get<int>() + 50);
  EXPECT_EQ(first["order"], 1);
  EXPECT_EQ(second["order"], 1) << "no further part of the budget";
  EXPECT_EQ(second["skill"]["level"], first["skill"]["level"]);
  options_.trainers.lightgbm.rounds += 1;
  const auto changed = acceptance_in(cycle(options_, Force::no, kBars + 100).results.front());
  EXPECT_EQ(changed["order"], 2) << "another recipe";
  EXPECT_GT(changed["from_ms"], first["from_ms"]);
  // Who looks back reads no record that was begun later.
  const auto before = acceptance_in(cycle(options_, Force::no, kBars + 80).results.front());
  EXPECT_EQ(before["order"], 3);
}

TEST_F(RollingOrigins, ACycleThatWasKilledAfterARecordWasBegunGoesOnWithIt) {
  const CycleReport expected = cycle(options_);
  RollingOriginsOf killed;
  const LearningData known = data();
  const auto origins = *rolling_origins(known.rows.data, options_, close_of(kBars));
  const std::string recipe = recipe_in_force("lightgbm", options_)->id;
  ASSERT_TRUE(
      killed.log_.begin_recipe_try("lightgbm", recipe, close_of(kBars), origins.moments.front(), origins.spacing));
  const CycleReport again = killed.cycle(options_);
  ASSERT_EQ(again.results.size(), expected.results.size());
  EXPECT_EQ(again.results.front().reasons, expected.results.front().reasons);
  EXPECT_EQ(again.results.front().evidence_json, expected.results.front().evidence_json);
  // And once more, now that it is accepted.
  const CycleReport third = killed.cycle(options_);
  EXPECT_EQ(third.results.front().evidence_json, expected.results.front().evidence_json);
  EXPECT_EQ(*killed.log_.recipes_accepted(calendar_time(close_of(kBars)).year, close_of(kBars + 1)), 1U);
}

TEST_F(RollingOrigins, ARefusedRecipeLeavesOneVersionAndNobodySpeaks) {
  options_.policy.min_times = 1'000'000;
  options_.floor = Floor::none;
  const CycleReport report = cycle(options_);
  ASSERT_EQ(report.results.size(), 1U);
  EXPECT_EQ(report.results.front().decision, "reject");
  EXPECT_EQ(registry_->list()->size(), 1U);
  EXPECT_EQ(active_version("lightgbm"), "");
}

TEST_F(RollingOrigins, VersionsAreTheSameBitsOnMoreThreadsAndWhenTheyAreMadeAgain) {
  options_.training.models = {"lightgbm", "xgboost"};
  const CycleReport report = cycle(options_, Force::no, kBars, 2);
  const auto versions = *registry_->list();
  ASSERT_GE(versions.size(), 6U);
  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(easy_candles());
  };
  for (const VersionRecord& version : versions) {
    const auto again = reproduce(*registry_, version, open, nullptr, undisturbed());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_TRUE(again->identical) << version.version.str() << ": " << again->difference;
  }
  const CycleReport again = cycle(options_);
  ASSERT_EQ(again.results.size(), report.results.size());
  for (std::size_t i = 0; i < again.results.size(); ++i)
    EXPECT_EQ(again.results[i].version, report.results[i].version) << "judged and refreshed once more";
}

TEST_F(RollingOrigins, NetworksAreFittedAtAsManyOfTheNewestAsTheirTimeBudgetsAllow) {
  const auto allowed = [&](const std::string& type) {
    return origins_in_budget(*make_trainer(type, options_.trainers).value(), options_, 6);
  };
  options_.trainers.nhits.network.fit.time_budget_seconds = 600;
  EXPECT_EQ(allowed("nhits"), 6U) << "without a limit";
  options_.training.origins_minutes = 35;
  EXPECT_EQ(allowed("nhits"), 3U);
  EXPECT_EQ(allowed("lightgbm"), 6U) << "trees have no time budget";
  options_.lineup.fits = 2;
  EXPECT_EQ(allowed("nhits"), 1U);
  options_.training.origins_minutes = 1;
  EXPECT_EQ(allowed("nhits"), 1U) << "the newest in any case";
  options_.trainers.nhits.network.fit.time_budget_seconds = std::numeric_limits<double>::infinity();
  EXPECT_EQ(allowed("nhits"), 6U);
}

TEST_F(RollingOrigins, ATypeOfFewerIsJudgedByTheseAndSaysSo) {
  options_.training.models = {"lightgbm", "nhits"};
  options_.deployment.gate = PolicyGate::none;
  options_.trainers.nhits.windows.input_bars = 32;
  options_.trainers.nhits.network.hidden = 16;
  options_.trainers.nhits.network.fit.epochs = 1;
  options_.training.origins_minutes = 20;
  const CycleReport report = cycle(options_);
  std::map<std::string, Protocol> judged;
  for (const CycleResult& result : report.results) {
    const auto protocol = read_protocol(manifest_of(result.version.str()).protocol_json);
    if (!protocol->origin) continue;
    judged.emplace(result.model_type, *protocol);
    const bool says_so =
        ::testing::PrintToString(result.reasons).find("the newest 2 of 3 moments") != std::string::npos;
    EXPECT_EQ(says_so, result.model_type == "nhits");
  }
  ASSERT_EQ(judged.size(), 2U);
  EXPECT_EQ(judged.at("lightgbm").origins, 0);
  EXPECT_EQ(judged.at("nhits").origins, 2);
  EXPECT_EQ(judged.at("nhits").origin, judged.at("lightgbm").origin) << "the newest is the same";
  EXPECT_EQ(cycle(options_, Force::no, kBars, 2).results.front().version, report.results.front().version);
}

}  // namespace
}  // namespace clm
