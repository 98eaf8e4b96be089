#include "serving/predictor.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "evaluation/forecast_table.hpp"
#include "features/dataset_builder.hpp"
#include "features/feature_engine.hpp"
#include "features/feature_set.hpp"
#include "market/simulator.hpp"
#include "models/trainers.hpp"
#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kBars = 420;
constexpr std::size_t kSymbols = 6;

std::vector<CandleSeries> market(std::size_t bars) {
  SimulationOptions options;
  options.symbols = kSymbols;
  options.bars = bars;
  options.signal_ic = 0.3;
  return simulate(options).value().series;
}

Timestamp close_of(std::size_t bars) { return SimulationOptions{}.start + std::chrono::hours(bars); }

class PredictorTest : public testing::RegistryTest {
 protected:
  /// Trains a ridge model on what was known at kBars, and makes it the active version.
  VersionId activate(double alpha) {
    DatasetOptions options;
    options.as_of = close_of(kBars);
    const MemoryCandleSource candles(market(kBars));
    auto frame = std::make_shared<const FeatureFrame>(
        compute_features(classic22_feature_set(), candles, nullptr, {}, run_).value());
    DatasetBuilder builder(frame, options);
    for (std::size_t s = 0; s < kSymbols; ++s) builder.add(candles.load(s).value());
    const LabelledRows labelled = std::move(builder).build().value();
    const RowSet rows = all_rows(labelled.data);
    TrainerOptions trainers;
    trainers.ridge.alpha = alpha;
    const auto trainer = make_trainer("ridge", trainers).value();
    const auto model = trainer->train({rows, RowSet{&labelled.data, {}}, 1, 1}, run_).value();
    std::vector<float> raw(rows.size());
    EXPECT_TRUE(model->predict(rows, raw));
    const auto calibration =
        ForecastCalibration::fit(*judged_rows(rows, options.label.horizon_bars), raw, ReturnBasis::relative).value();

    auto staged = registry_->store().stage("ridge").value();
    EXPECT_TRUE(model->save(staged.directory()));
    EXPECT_TRUE(write_file_atomic(staged.directory() / ForecastCalibration::kFileName, calibration.to_json_text()));
    Manifest manifest = testing::sample_manifest(1, "ridge");
    manifest.feature_set = "classic22";
    manifest.feature_hash = frame->set_hash;
    manifest.feature_names = frame->names;
    manifest.label_json = to_json(options.label).dump();
    const auto stored = registry_->store().put(std::move(staged), std::move(manifest)).value();
    EXPECT_TRUE(registry_->enter(stored, testing::because("trained")));
    EXPECT_TRUE(registry_->promote(stored.version, testing::because("better")));
    return stored.version;
  }

  Predictor load(std::vector<std::string> types = {"ridge"}, PredictorOptions options = {}) const {
    return Predictor::load(*registry_, types, std::move(options), Predictor::IfBroken::refuse).value();
  }
  Forecasts ask(const Predictor& predictor, std::vector<CandleSeries> series) const {
    return predictor.predict(MemoryCandleSource(std::move(series)), nullptr, close_of(kBars), run_).value();
  }

  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
  RunContext run_{clock_, cancel_, progress_, 1};
};

std::string text_of(const Forecasts& forecasts) { return to_json(forecasts, close_of(kBars)).dump(1); }

TEST_F(PredictorTest, SaysWhatTheActiveVersionSays) {
  const VersionId version = activate(1);
  const auto predictions = ask(load(), market(kBars)).predictions;
  ASSERT_EQ(predictions.size(), kSymbols);
  // The same again from the parts: the stored model on the newest rows, in units of recent volatility.
  const auto model = load_calibrated_model("ridge", registry_->store().directory_of("ridge", version)).value();
  const MemoryCandleSource candles(market(kBars));
  for (std::size_t s = 0; s < kSymbols; ++s) {
    ASSERT_EQ(predictions[s].votes.size(), 1U);
    const Vote& vote = predictions[s].votes[0];
    EXPECT_EQ(vote.version, version);
    EXPECT_EQ(vote.weight, 1);
    EXPECT_TRUE(predictions[s].abstained.empty());
    const CandleSeries series = candles.load(s).value();
    const LabelOptions label;
    const double unit = horizon_volatility(series, label.volatility_bars, label.horizon_bars).back();
    const auto frame = std::make_shared<const FeatureFrame>(
        compute_features(classic22_feature_set(), candles, nullptr, {}, run_).value());
    Dataset row;
    row.frame = frame;
    row.frame_row = {static_cast<std::uint32_t>(frame->symbol_begin[s + 1] - 1)};
    row.symbol = {static_cast<std::uint16_t>(s)};
    const auto forecast = model.raw_forecast(RowSet{&row, {0}}).value()[0];
    EXPECT_NEAR(vote.expected_return_bps, 1e4 * unit * model.calibration.scaled(double{forecast}), 1e-9);
    EXPECT_EQ(vote.up_probability, model.calibration.up_probability(double{forecast}));
  }
}

TEST_F(PredictorTest, WhatIsNotKnownYetChangesNothing) {
  activate(1);
  const Predictor predictor = load();
  EXPECT_EQ(text_of(ask(predictor, market(kBars + 30))), text_of(ask(predictor, market(kBars))));
}

TEST_F(PredictorTest, APromotionIsServedByTheNextLoadAndLeavesThisOneAlone) {
  const VersionId first = activate(1);
  const Predictor before = load();
  const std::string said = text_of(ask(before, market(kBars)));
  const VersionId second = activate(1000);
  ASSERT_NE(first, second);
  EXPECT_EQ(text_of(ask(before, market(kBars))), said);
  EXPECT_EQ(ask(load(), market(kBars)).predictions[0].votes[0].version, second);
  ASSERT_TRUE(registry_->rollback(Slot{"ridge"}, testing::because("worse")));
  EXPECT_EQ(text_of(ask(load(), market(kBars))), said) << "the way back gives the same bits";
}

TEST_F(PredictorTest, WhoHasNoActiveVersionHasNoVoteAndSaysSo) {
  activate(1);
  PredictorOptions options;
  options.weights = {{"ridge", 0.2}, {"xgboost", 0.8}};
  const auto predictions = ask(load({"ridge", "xgboost"}, options), market(kBars)).predictions;
  for (const Prediction& prediction : predictions) {
    ASSERT_EQ(prediction.votes.size(), 1U);
    EXPECT_EQ(prediction.votes[0].weight, 1) << "shared out anew among those that vote";
    ASSERT_EQ(prediction.abstained.size(), 1U);
    EXPECT_EQ(prediction.abstained[0].model_type, "xgboost");
    EXPECT_THAT(prediction.abstained[0].why, HasSubstr("no version is active"));
  }
  const auto nobody = ask(load({"xgboost"}), market(kBars)).predictions;
  EXPECT_TRUE(std::isnan(nobody[0].expected_return_bps));
  EXPECT_EQ(nobody[0].action, Action::hold);
}

TEST_F(PredictorTest, AnAlteredFileIsNeverServed) {
  const VersionId version = activate(1);
  const auto file = registry_->store().directory_of("ridge", version) / ForecastCalibration::kFileName;
  ASSERT_TRUE(write_file_atomic(file, read_file(file).value() + " "));
  const auto refused = Predictor::load(*registry_, {"ridge"}, {}, Predictor::IfBroken::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::integrity);
  const auto silent = Predictor::load(*registry_, {"ridge"}, {}, Predictor::IfBroken::abstain).value();
  const auto predictions = ask(silent, market(kBars)).predictions;
  EXPECT_TRUE(predictions[0].votes.empty());
  EXPECT_THAT(predictions[0].abstained.at(0).why, HasSubstr(ForecastCalibration::kFileName));
}

TEST_F(PredictorTest, StaleAndNewSymbolsGetNoVote) {
  activate(1);
  auto series = market(kBars);
  series[1].candles.pop_back();
  series[2].candles.erase(series[2].candles.begin(), series[2].candles.end() - 40);
  const auto predictions = ask(load(), series).predictions;
  EXPECT_TRUE(predictions[1].votes.empty());
  EXPECT_THAT(predictions[1].abstained.at(0).why, HasSubstr("no bar closed at"));
  EXPECT_TRUE(predictions[2].votes.empty());
  EXPECT_THAT(predictions[2].abstained.at(0).why, HasSubstr("volatility"));
  EXPECT_EQ(predictions[0].votes.size(), 1U);
}

TEST_F(PredictorTest, AForecastInsideTheCostsIsAHold) {
  activate(1);
  PredictorOptions dear;
  dear.costs = {1e6, 0};
  PredictorOptions free;
  free.costs = {0, 0};
  const auto held = ask(load({"ridge"}, dear), market(kBars)).predictions;
  const auto traded = ask(load({"ridge"}, free), market(kBars)).predictions;
  for (std::size_t s = 0; s < kSymbols; ++s) {
    EXPECT_EQ(held[s].action, Action::hold);
    EXPECT_EQ(traded[s].action, traded[s].expected_return_bps > 0 ? Action::buy : Action::sell);
  }
}

}  // namespace
}  // namespace clm
