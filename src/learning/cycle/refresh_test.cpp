// Refreshes in the cycle: when they are made, what is asked of them, and that they serve at once.
#include "learning/cycle/refresh.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "models/mean_model.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

using testing::because;
using testing::close_of;
using ::testing::Contains;
using testing::easy_candles;
using ::testing::HasSubstr;
using testing::kBars;
using Json = nlohmann::json;

constexpr std::size_t kNextBars = kBars + 48;

LearningOptions refresh_options() {
  LearningOptions options = testing::small_trees();
  options.training.models = {"lightgbm"};
  options.ensemble.mode = EnsembleMode::off;
  return options;
}

/// A market of the same symbols and times in which what has gained loses again: the opposite of the easy market, in
/// which gains go on for a while.
MemoryCandleSource reverting_candles(std::size_t bars) {
  SimulationOptions noise = testing::easy_market().options;
  noise.signal_ic = 0;
  std::vector<CandleSeries> series = simulate(noise).value().series;
  for (CandleSeries& one : series) {
    one.candles.resize(bars);
    std::vector<double> log_close;
    double before = 0;
    for (Candle& candle : one.candles) {
      const std::size_t t = log_close.size();
      const double after = before - (t > 5 ? 0.15 * (log_close[t - 1] - log_close[t - 6]) : 0.0);
      candle.high *= std::exp(std::max(before, after));
      candle.low *= std::exp(std::min(before, after));
      candle.open *= std::exp(before);
      candle.close *= std::exp(after);
      before = after;
      log_close.push_back(std::log(candle.close));
    }
  }
  return MemoryCandleSource(std::move(series));
}

class RefreshTest : public testing::LearningTest {
 protected:
  /// Accepts the recipe on the first bars; the refresh of then is active.
  VersionId accepted(const LearningOptions& options = refresh_options()) {
    const CycleReport report = cycle(options);
    EXPECT_EQ(report.results.size(), 2 * options.training.models.size());
    EXPECT_TRUE(is_refresh(report.results.back().version));
    return report.results.back().version;
  }
  CycleResult only_result(const CycleReport& report) {
    EXPECT_EQ(report.results.size(), 1U);
    return report.results.empty() ? CycleResult{} : report.results.front();
  }
  CycleResult next(const LearningOptions& options = refresh_options()) {
    return only_result(cycle(options, Force::no, kNextBars));
  }
  /// A refresh from other candles than its predecessors knew.
  CycleResult next_from(const CandleSource& source, const LearningOptions& options = refresh_options(),
                        std::size_t bars = kNextBars) {
    const auto report = attempt(source, close_of(bars), options);
    EXPECT_TRUE(report) << to_string(report.error());
    return report ? only_result(*report) : CycleResult{};
  }
  bool is_refresh(const VersionId& version) const {
    const auto protocol = read_protocol(manifest_of(version.str()).protocol_json);
    return protocol && is_of_everything_known(*protocol) && !protocol->origin;
  }
  std::vector<std::string> calibrated_by(const VersionId& version) const {
    return read_protocol(manifest_of(version.str()).protocol_json)->calibrated_by;
  }
  void alter(const VersionId& version) {
    const auto file = registry_->store().directory_of("lightgbm", version) / "model.txt";
    ASSERT_TRUE(write_file_atomic(file, "tree\n"));
  }

  /// What is made of the recipe now, under other options than it was made by, without a cycle around it.
  Refresh made(const LearningOptions& options) {
    LearningDataOptions data_options;
    data_options.as_of = close_of(kNextBars);
    data_options.label = options.label;
    const MemoryCandleSource source = easy_candles(kNextBars);
    const auto data =
        prepare_learning_data(*feature_set(options.feature_set), source, nullptr, data_options, undisturbed());
    EXPECT_TRUE(data) << to_string(data.error());
    auto recipe =
        accepted_recipe(*registry_, options.training.models.front(), refresh_options_of(options), close_of(kNextBars));
    EXPECT_TRUE(recipe && *recipe);
    (*recipe)->options = options;
    const auto protocol = protocol_of_refresh(
        **recipe, {close_of(kNextBars), source.venue(), source.interval(), source.symbols(), options.training});
    EXPECT_TRUE(protocol);
    WarmParent drawn;
    auto refresh = make_refresh(workplace(source), **recipe, *data, *protocol, drawn, undisturbed());
    EXPECT_TRUE(refresh) << to_string(refresh.error());
    return refresh ? std::move(*refresh) : Refresh{};
  }
  /// The same with the trainers that the recipe was accepted with.
  static LearningOptions refresh_options_of(LearningOptions options) {
    options.trainers = accepted_trainers();
    return options;
  }
  static TrainerOptions accepted_trainers() {
    TrainerOptions trainers = refresh_options().trainers;
    trainers.nhits.windows.input_bars = 32;
    trainers.nhits.network.hidden = 16;
    trainers.nhits.network.fit.epochs = 1;
    return trainers;
  }
};

/// One beside the test's own.
struct RefreshTestOf : RefreshTest {
  void TestBody() override {}
  using RefreshTest::accepted;
  using RefreshTest::active_version;
  using RefreshTest::attempt;
  using RefreshTest::cycle;
  using RefreshTest::cycle_without_triggers;
  using RefreshTest::registry_;
  using RefreshTest::status;
};

TEST_F(RefreshTest, IsFittedOnEverythingKnownAndServesAtOnce) {
  const VersionId first = accepted();
  const CycleResult result = next();
  EXPECT_EQ(result.decision, "deploy") << ::testing::PrintToString(result.reasons);
  EXPECT_EQ(active_version("lightgbm"), result.version.str());
  EXPECT_EQ(status(first), VersionStatus::retired);
  const Manifest manifest = manifest_of(result.version.str());
  EXPECT_EQ(manifest.learned_until, close_of(kNextBars));
  EXPECT_EQ(manifest.parent, first.str());
  EXPECT_EQ(calibrated_by(result.version), (std::vector<std::string>{manifest_of(first.str()).parent, first.str()}));
  const Json evidence = Json::parse(result.evidence_json);
  EXPECT_EQ(evidence["refresh"]["accepted_by"], manifest_of(first.str()).parent)
      << "who was judged, and not who was refreshed";
  EXPECT_GT(evidence["refresh"]["correlation"], 0.3);
  EXPECT_GT(evidence["refresh"]["calibrated_rows"], 1'000);
  EXPECT_TRUE(evidence["judgement"].is_object()) << "the recipe's";
}

TEST_F(RefreshTest, InModeAdvisoryItServesAtOnceAndANewRecipeIsProposed) {
  const VersionId first = accepted();
  LearningOptions advisory = refresh_options();
  advisory.deployment.mode = PolicyMode::advisory;
  const CycleResult refresh = next(advisory);
  EXPECT_EQ(active_version("lightgbm"), refresh.version.str());
  EXPECT_NE(refresh.version, first);
  advisory.trainers.lightgbm.rounds = 25;
  advisory.deployment.gate = PolicyGate::none;  // whatever it is worth
  const CycleResult other = only_result(cycle(advisory, Force::no, kNextBars + 24));
  EXPECT_FALSE(is_refresh(other.version));
  EXPECT_EQ(status(other.version), VersionStatus::candidate);
  EXPECT_EQ(active_version("lightgbm"), refresh.version.str());
}

TEST_F(RefreshTest, InModeLoggingOnlyNothingIsMoved) {
  const VersionId first = accepted();
  LearningOptions logging = refresh_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleResult result = next(logging);
  EXPECT_TRUE(is_refresh(result.version));
  EXPECT_THAT(result.reasons, Contains(HasSubstr("nothing was moved")));
  EXPECT_EQ(status(result.version), VersionStatus::candidate);
  EXPECT_EQ(active_version("lightgbm"), first.str());
  const CycleResult unfit = next_from(reverting_candles(kNextBars + 24), logging, kNextBars + 24);
  EXPECT_EQ(unfit.decision, "reject");
  EXPECT_EQ(status(unfit.version), VersionStatus::candidate);
}

TEST_F(RefreshTest, OnTheLadderEveryVersionIsJudged) {
  accepted();
  LearningOptions ladder = refresh_options();
  ladder.policy.ladder = Ladder::on;
  const CycleResult result = next(ladder);
  EXPECT_FALSE(is_refresh(result.version));
  EXPECT_FALSE(Json::parse(result.evidence_json).contains("refresh"));
}

TEST_F(RefreshTest, AnotherRecipeIsJudgedAndThenRefreshed) {
  const VersionId first = accepted();
  for (const auto& change : std::vector<std::function<void(LearningOptions&)>>{
           [](LearningOptions& o) { o.trainers.lightgbm.rounds = 25; },
           [](LearningOptions& o) { o.training.max_fit_rows = 5'000; },
           [](LearningOptions& o) { o.label.horizon_bars = 7; }, [](LearningOptions& o) { o.feature_set = "core"; }}) {
    LearningOptions other = refresh_options();
    other.deployment.gate = PolicyGate::none;
    change(other);
    const auto recipe = accepted_recipe(*registry_, "lightgbm", other, close_of(kNextBars));
    ASSERT_TRUE(recipe);
    EXPECT_FALSE(*recipe);
  }
  // What is no part of a recipe: another seed, another share that is held back to judge by.
  LearningOptions same = refresh_options();
  same.training.seed = 5;
  same.training.holdout_share = 0.3;
  EXPECT_TRUE(accepted_recipe(*registry_, "lightgbm", same, close_of(kNextBars))->has_value());

  LearningOptions other = refresh_options();
  other.deployment.gate = PolicyGate::none;
  other.trainers.lightgbm.rounds = 25;
  const CycleReport report = cycle(other, Force::no, kNextBars);
  ASSERT_EQ(report.results.size(), 2U);
  EXPECT_FALSE(is_refresh(report.results[0].version));
  EXPECT_TRUE(is_refresh(report.results[1].version));
  EXPECT_EQ(calibrated_by(report.results[1].version), std::vector{report.results[0].version.str()})
      << "and not by what the other recipe said";
  EXPECT_EQ(status(first), VersionStatus::retired);
}

TEST_F(RefreshTest, WhatDoesNotAgreeWithItsPredecessorIsRefusedAndNobodyFollowsIt) {
  const VersionId first = accepted();
  const CycleResult result = next_from(reverting_candles(kNextBars));
  EXPECT_EQ(result.decision, "reject");
  EXPECT_THAT(result.reasons, Contains(HasSubstr("it does not agree with " + first.str())));
  EXPECT_LT(Json::parse(result.evidence_json)["refresh"]["correlation"], 0.1);
  EXPECT_EQ(status(result.version), VersionStatus::rejected);
  EXPECT_EQ(active_version("lightgbm"), first.str());
  // The next one is held against the last that was fit, and calibrated by no word of the other.
  const CycleResult later = only_result(cycle(refresh_options(), Force::no, kNextBars + 24));
  EXPECT_EQ(later.decision, "deploy") << ::testing::PrintToString(later.reasons);
  EXPECT_THAT(calibrated_by(later.version), ::testing::Not(Contains(result.version.str())));
  EXPECT_EQ(active_version("lightgbm"), later.version.str());
}

TEST_F(RefreshTest, WithoutAGateItServesWhateverItSays) {
  LearningOptions open = refresh_options();
  open.deployment.gate = PolicyGate::none;
  accepted(open);
  const CycleResult result = next_from(reverting_candles(kNextBars), open);
  EXPECT_LT(Json::parse(result.evidence_json)["refresh"]["correlation"], 0.1);
  EXPECT_EQ(active_version("lightgbm"), result.version.str());
}

TEST_F(RefreshTest, WhatSaysTheSameOfEverythingIsRefused) {
  accepted();
  LearningOptions constant = refresh_options();
  constant.trainers.lightgbm.min_data_in_leaf = 1'000'000;  // no split is allowed
  EXPECT_THAT(made(constant).problem, HasSubstr("says the same of all of the newest rows"));
  EXPECT_EQ(made(refresh_options()).problem, "");
}

TEST_F(RefreshTest, WhatHasTooFewForecastsIsRefused) {
  LearningOptions nhits = refresh_options();
  nhits.training.models = {"nhits"};
  nhits.trainers = accepted_trainers();
  nhits.deployment.gate = PolicyGate::none;
  const VersionId first = accepted(nhits);
  LearningOptions longer = nhits;
  longer.trainers.nhits.windows.input_bars = 400;  // so many bars a symbol has to have before it is spoken of
  const Refresh refresh = made(longer);
  EXPECT_THAT(refresh.problem, HasSubstr("of the newest rows, where " + first.str() + " has one for"));
}

TEST_F(RefreshTest, InThePlaceOfABrokenActiveVersionTheNextOneIsMadeFromTheOlderOnes) {
  const VersionId first = accepted();
  const VersionId judged(manifest_of(first.str()).parent);
  alter(first);
  const CycleResult result = next();
  EXPECT_TRUE(is_refresh(result.version));
  EXPECT_EQ(active_version("lightgbm"), result.version.str());
  EXPECT_EQ(calibrated_by(result.version), std::vector{judged.str()});
  alter(judged);
  alter(result.version);
  EXPECT_FALSE(accepted_recipe(*registry_, "lightgbm", refresh_options(), close_of(kNextBars + 24))->has_value())
      << "nobody is left whose record there would be";
  const CycleReport again = cycle(refresh_options(), Force::no, kNextBars + 24);
  ASSERT_EQ(again.results.size(), 2U) << "so it is judged again";
  EXPECT_FALSE(is_refresh(again.results[0].version));
  EXPECT_EQ(active_version("lightgbm"), again.results[1].version.str());
}

TEST_F(RefreshTest, TheSameTrainingGivesTheSameBits) {
  LearningOptions both = refresh_options();
  both.training.models = {"lightgbm", "xgboost"};
  std::vector<std::string> said;
  for (const int jobs : {1, 2}) {
    RefreshTestOf place;
    place.accepted(both);
    const CycleReport one = place.cycle(both, Force::no, kNextBars, jobs);
    const CycleReport twice = place.cycle(both, Force::yes, kNextBars, jobs);
    std::string text;
    ASSERT_EQ(one.results.size(), 2U);
    ASSERT_EQ(twice.results.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(one.results[i].version, twice.results[i].version);
      EXPECT_THAT(twice.results[i].reasons, Contains(HasSubstr("this very model was trained before and is active")));
      text += one.results[i].version.str() + one.results[i].evidence_json;
    }
    said.push_back(text);
  }
  EXPECT_EQ(said[0], said[1]);
}

// As a cycle is that was killed once its recipe was accepted, and is carried out again.
TEST_F(RefreshTest, AnAcceptanceCarriedOutAgainTellsOfTheSameVersions) {
  const auto versions_of = [](const CycleReport& report) {
    std::vector<std::string> versions;
    for (const CycleResult& result : report.results) versions.push_back(result.version.str());
    return versions;
  };
  const CycleReport first = cycle(refresh_options());
  ASSERT_EQ(first.results.size(), 2U);
  EXPECT_EQ(versions_of(cycle(refresh_options())), versions_of(first));
  EXPECT_EQ(active_version("lightgbm"), first.results[1].version.str());
}

TEST_F(RefreshTest, WhatIsNotKnownYetChangesNothing) {
  accepted();
  LearningOptions logging = refresh_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleResult known = next(logging);
  const CycleResult more = next_from(easy_candles(kBars + 200), logging);
  EXPECT_EQ(more.version, known.version);
  EXPECT_EQ(more.evidence_json, known.evidence_json);
}

TEST_F(RefreshTest, WhoWasKilledBetweenEntryAndPromotionIsDecidedOn) {
  const VersionId first = accepted();
  // As a cycle leaves it that is killed before it promotes: entered, with its evidence, and no more.
  LearningOptions logging = refresh_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleResult killed = next(logging);
  ASSERT_EQ(status(killed.version), VersionStatus::candidate);
  const CycleResult again = next();
  EXPECT_EQ(again.version, killed.version);
  EXPECT_EQ(active_version("lightgbm"), killed.version.str());
  EXPECT_EQ(status(first), VersionStatus::retired);
}

TEST_F(RefreshTest, AKilledOneThatNobodyComesBackToSaysNothingInTheRecord) {
  accepted();
  LearningOptions logging = refresh_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleResult killed = next(logging);
  const CycleResult later = only_result(cycle(refresh_options(), Force::no, kNextBars + 24));
  EXPECT_EQ(active_version("lightgbm"), later.version.str());
  EXPECT_EQ(status(killed.version), VersionStatus::candidate);
  EXPECT_THAT(calibrated_by(later.version), ::testing::Not(Contains(killed.version.str())));
}

TEST_F(RefreshTest, IsMadeAgainToTheSameBitsAsLongAsTheVersionsItIsCalibratedByAreThere) {
  const VersionId first = accepted();
  const CycleResult result = next();
  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(easy_candles(kNextBars));
  };
  const auto record = *registry_->find(result.version.str());
  const auto again = reproduce(*registry_, record, open, nullptr, undisturbed());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(again->identical) << again->difference;
  alter(first);
  const auto broken = reproduce(*registry_, record, open, nullptr, undisturbed());
  ASSERT_FALSE(broken);
  EXPECT_THAT(to_string(broken.error()), HasSubstr("its calibration rests on what an earlier version said"));
  EXPECT_THAT(to_string(broken.error()), HasSubstr(first.str()));
}

/// Vintages of so many fits, each of a part of the rows.
LearningOptions of_fits(int fits) {
  LearningOptions options = refresh_options();
  options.lineup.fits = fits;
  options.training.max_fit_rows = 5'000;
  options.trainers.lightgbm.min_data_in_leaf = 100;
  options.deployment.gate = PolicyGate::none;  // whatever they are worth
  return options;
}

TEST_F(RefreshTest, SeveralFitsOfAMomentAreOneVersionThatSaysTheirMean) {
  accepted(of_fits(3));
  const CycleResult result = next(of_fits(3));
  EXPECT_EQ(result.decision, "deploy") << ::testing::PrintToString(result.reasons);
  const Manifest manifest = manifest_of(result.version.str());
  EXPECT_EQ(read_protocol(manifest.protocol_json)->fits, 3);
  EXPECT_EQ(manifest.learned_until, close_of(kNextBars));
  EXPECT_GT(manifest.training_rows, 6'000U) << "each was fitted on other rows";
  EXPECT_LE(manifest.training_rows, 15'000U);
  const auto all = registry_->list();
  for (const VersionRecord& record : *all)
    EXPECT_EQ(read_protocol(stored_manifest(record)->protocol_json)->fits, 3) << "the first vintages as well";

  // The first fit is the one that would be the only one, and the others differ from it.
  RefreshTestOf alone;
  alone.accepted(of_fits(1));
  const CycleReport single = alone.cycle(of_fits(1), Force::no, kNextBars);
  const auto model_of = [](const Registry& registry, const VersionId& version) {
    const auto artifact = registry.open_artifact(*registry.find(version.str()));
    EXPECT_TRUE(artifact);
    return load_calibrated_model("lightgbm", artifact->directory).value();
  };
  LearningDataOptions data_options;
  data_options.as_of = close_of(kNextBars);
  data_options.label = refresh_options().label;
  const LearningData data =
      prepare_learning_data(*feature_set("classic22"), easy_candles(kNextBars), nullptr, data_options, undisturbed())
          .value();
  RowSet rows{&data.rows.data, {}};
  for (std::uint32_t row = 0; row < 500; ++row) rows.rows.push_back(row);
  const auto said_by = [&](const Model& one) {
    std::vector<float> said(rows.size());
    EXPECT_TRUE(one.predict(rows, said));
    return said;
  };
  const CalibratedModel mean = model_of(*registry_, result.version);
  const CalibratedModel only = model_of(*alone.registry_, single.results.front().version);
  const auto fits = fits_of(*mean.model);
  ASSERT_EQ(fits.size(), 3U);
  EXPECT_EQ(said_by(*fits[0]), said_by(*only.model));
  EXPECT_NE(said_by(*fits[1]), said_by(*fits[0]));
  EXPECT_NE(said_by(*fits[2]), said_by(*fits[1]));

  EXPECT_FALSE(accepted_recipe(*registry_, "lightgbm", of_fits(1), close_of(kNextBars + 24))->has_value())
      << "of another number of fits it is another recipe";
}

TEST_F(RefreshTest, SeveralFitsAreMadeAgainToTheSameBitsOnOneJobAndOnTwo) {
  std::vector<std::vector<std::string>> versions;
  for (const int jobs : {1, 2}) {
    RefreshTestOf place;
    LearningOptions both = of_fits(2);
    both.training.models = {"lightgbm", "xgboost"};
    place.accepted(both);
    const CycleReport report = place.cycle(both, Force::no, kNextBars, jobs);
    versions.emplace_back();
    for (const CycleResult& result : report.results) versions.back().push_back(result.version.str());
    const OpenCandles open = [](const Protocol& protocol) -> Result<std::unique_ptr<CandleSource>> {
      return std::make_unique<MemoryCandleSource>(easy_candles(protocol.as_of == close_of(kBars) ? kBars : kNextBars));
    };
    const auto all = place.registry_->list();
    for (const VersionRecord& record : *all) {
      const auto again = reproduce(*place.registry_, record, open, nullptr, undisturbed());
      ASSERT_TRUE(again) << to_string(again.error());
      EXPECT_TRUE(again->identical) << record.version.str() << ": " << again->difference;
    }
  }
  EXPECT_EQ(versions[0], versions[1]);
}

}  // namespace
}  // namespace clm
