// Trainings that go on from the weights of the active version, and those that must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/cycle/warm_parent.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::size_t kWarmBars = 700, kMoreBars = 750, kMostBars = 775;

MemoryCandleSource warm_candles(std::size_t bars) {
  SimulationOptions options;
  options.symbols = 8;
  options.bars = kMostBars;
  options.seed = 5;
  auto series = simulate(options).value().series;
  for (CandleSeries& one : series) one.candles.resize(bars);
  return MemoryCandleSource(std::move(series));
}

LearningOptions warm_options() {
  LearningOptions options;
  options.feature_set = "classic22";
  options.training.models = {"nhits"};
  options.ensemble.mode = EnsembleMode::off;
  options.deployment.mode = PolicyMode::logging_only;
  options.policy.ladder = Ladder::on;  // every version is judged
  auto& nhits = options.trainers.nhits;
  nhits.windows.input_bars = 32;
  nhits.network.hidden = 16;
  nhits.network.fit.epochs = 2;
  nhits.network.fit.batch_windows = 64;
  return options;
}
LearningOptions warm(LearningOptions options = warm_options()) {
  options.training.warm_start = {"nhits"};
  return options;
}

/// A recipe is judged once, and refreshed from then on.
LearningOptions refreshed(LearningOptions options) {
  options.policy.ladder = Ladder::off;
  options.deployment.mode = PolicyMode::enforced;
  options.deployment.gate = PolicyGate::none;
  return options;
}

class WarmStart : public testing::LearningTest {
 protected:
  CycleResult learn(const LearningOptions& options, std::size_t bars) {
    const auto report = attempt(warm_candles(bars), testing::close_of(bars), options, Force::yes);
    EXPECT_TRUE(report) << to_string(report.error());
    if (!report || report->results.size() != 1) return {};
    EXPECT_FALSE(report->results[0].version.empty()) << ::testing::PrintToString(report->results[0].reasons);
    return report->results[0];
  }
  /// The parent that all of these tests have: trained on the first bars, and active.
  std::string parent(const LearningOptions& options = warm_options()) {
    const VersionId version = learn(options, kWarmBars).version;
    const auto promoted = registry_->promote(version, {Timestamp(0), "test", "the test says so", "{}"});
    EXPECT_TRUE(promoted) << to_string(promoted.error());
    return version.str();
  }
  Json protocol_of(const VersionId& version) {
    return Json::parse(read_manifest(registry_->find(version.str())->manifest_json)->protocol_json);
  }
  /// It was asked to go on from the parent, said why it does not, and is the version that it would be without.
  void expect_drawn(const LearningOptions& options, std::size_t bars, const std::string& why) {
    const CycleResult asked = learn(warm(options), bars);
    EXPECT_THAT(asked.reasons, Contains(HasSubstr(why)));
    EXPECT_FALSE(protocol_of(asked.version).contains("warm_start"));
    EXPECT_EQ(asked.version, learn(options, bars).version);
  }
};

TEST_F(WarmStart, GoesOnFromTheActiveVersionAndIsMadeAgainToTheSameBits) {
  const std::string first = parent();
  const CycleResult drawn = learn(warm_options(), kMoreBars);
  EXPECT_FALSE(protocol_of(drawn.version).contains("warm_start")) << "off by default";
  const CycleResult second = learn(warm(), kMoreBars);
  EXPECT_NE(second.version, drawn.version);
  EXPECT_THAT(second.reasons, Contains(HasSubstr("began with the weights of " + first)));
  EXPECT_EQ(protocol_of(second.version).at("warm_start"), first);
  EXPECT_EQ(learn(warm(), kMoreBars).version, second.version);

  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(warm_candles(kMoreBars));
  };
  const auto again = reproduce(*registry_, *registry_->find(second.version.str()), open, nullptr, undisturbed());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(again->identical) << again->difference;
}

TEST_F(WarmStart, NeverFromAParentThatSawWhatIsJudged) {
  LearningOptions late = warm_options();
  late.training.holdout_share = 0.1;
  parent(late);
  expect_drawn(warm_options(), kMoreBars, "trained on rows that this one is judged on");
}

TEST_F(WarmStart, NeverFromAParentThatWasFittedOnWhatStopsAndCalibrates) {
  parent();
  LearningOptions wide = warm_options();
  wide.training.validation_share = 0.4;
  expect_drawn(wide, kMoreBars, "fitted on rows that stop and calibrate this one");
}

TEST_F(WarmStart, NeverByWayOfAGrandparentEither) {
  LearningOptions late = warm_options();
  late.training.holdout_share = 0.1;
  const std::string first = parent(late);
  // As if the active version, itself harmless, had begun with one that saw the holdout.
  LearningOptions none = warm_options();
  const CycleResult second = learn(none, kWarmBars);
  const auto record = registry_->find(second.version.str());
  Manifest manifest = *read_manifest(record->manifest_json);
  Json protocol = Json::parse(manifest.protocol_json);
  protocol["warm_start"] = first;
  manifest.protocol_json = protocol.dump();
  auto staged = registry_->store().stage("nhits");
  ASSERT_TRUE(staged);
  const auto artifact = registry_->open_artifact(*record);
  ASSERT_TRUE(artifact);
  for (const auto& file : manifest.files)
    std::filesystem::copy_file(artifact->directory / file.name, staged->directory() / file.name);
  const auto stored = registry_->store().put(std::move(*staged), std::move(manifest));
  ASSERT_TRUE(stored) << to_string(stored.error());
  const Decision decision{Timestamp(0), "test", "the test says so", "{}"};
  ASSERT_TRUE(registry_->enter(*stored, decision));
  ASSERT_TRUE(registry_->promote(stored->version, decision));
  expect_drawn(warm_options(), kMoreBars, first + " was trained on rows that this one is judged on");
}

TEST_F(WarmStart, NotFromAnotherNetworkNorFromNothing) {
  expect_drawn(warm_options(), kWarmBars, "no version of nhits is active");
  parent();
  LearningOptions longer = warm_options();
  longer.trainers.nhits.windows.input_bars = 40;
  expect_drawn(longer, kMoreBars, "reads other windows");
  LearningOptions wider = warm_options();
  wider.trainers.nhits.network.hidden = 24;
  expect_drawn(wider, kMoreBars, "of another network");
}

// A refresh is judged on nothing, and what stops it is younger than all that its predecessor was fitted on.
TEST_F(WarmStart, ARefreshGoesOnFromTheVintageBeforeIt) {
  const LearningOptions options = refreshed(warm());
  const auto first = attempt(warm_candles(kWarmBars), testing::close_of(kWarmBars), options);
  ASSERT_TRUE(first) << to_string(first.error());
  ASSERT_EQ(first->results.size(), 2U);
  const VersionId judged = first->results[0].version, refresh = first->results[1].version;
  EXPECT_FALSE(protocol_of(judged).contains("warm_start")) << "nobody was active before it";
  EXPECT_EQ(protocol_of(refresh).at("warm_start"), judged.str());
  const CycleResult next = learn(options, kMoreBars);
  EXPECT_EQ(protocol_of(next.version).at("warm_start"), refresh.str());
  EXPECT_THAT(next.reasons, Contains(HasSubstr("began with the weights of " + refresh.str())));

  EXPECT_EQ(learn(options, kMoreBars).version, next.version) << "carried out again, once it is active itself";
  EXPECT_FALSE(protocol_of(learn(refreshed(warm_options()), kMostBars).version).contains("warm_start"));

  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(warm_candles(kMoreBars));
  };
  const auto again = reproduce(*registry_, *registry_->find(next.version.str()), open, nullptr, undisturbed());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(again->identical) << again->difference;
}

// A version of a later day was fitted on the rows that stop this one; one of an earlier day was not.
TEST_F(WarmStart, ARefreshNeverGoesOnFromAParentThatWasFittedOnWhatStopsIt) {
  const LearningOptions options = refreshed(warm());
  const auto first = attempt(warm_candles(kWarmBars), testing::close_of(kWarmBars), options);
  ASSERT_TRUE(first) << to_string(first.error());
  const VersionId earlier = first->results.back().version, later = learn(options, kMostBars).version;

  const MemoryCandleSource candles = warm_candles(kMoreBars - 30);
  LearningDataOptions data_options;
  data_options.as_of = testing::close_of(kMoreBars - 30);
  data_options.label = options.label;
  const auto data =
      prepare_learning_data(*feature_set(options.feature_set), candles, nullptr, data_options, undisturbed());
  ASSERT_TRUE(data) << to_string(data.error());
  const Protocol protocol =
      vintage_protocol({data_options.as_of, candles.venue(), candles.interval(), candles.symbols(), options.training},
                       **make_trainer("nhits", options.trainers), {});
  const auto split = split_of(*data, protocol);
  ASSERT_TRUE(split) << to_string(split.error());
  ASSERT_FALSE(split->validation.rows.empty());
  const auto from_earlier = as_warm_parent(*registry_, earlier.str(), *data, *split, protocol);
  const auto from_later = as_warm_parent(*registry_, later.str(), *data, *split, protocol);
  ASSERT_TRUE(from_earlier && from_later);
  EXPECT_NE(from_earlier->model, nullptr) << from_earlier->note;
  EXPECT_EQ(from_later->model, nullptr);
  EXPECT_THAT(from_later->note, HasSubstr(later.str() + " was fitted on rows that stop and calibrate"));
}

TEST_F(WarmStart, IsForNetworksThatAreTrained) {
  LearningOptions options = warm_options();
  options.training.warm_start = {"lightgbm"};
  const auto refused = attempt(warm_candles(kWarmBars), testing::close_of(kWarmBars), options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "train.warm_start");
}

}  // namespace
}  // namespace clm
