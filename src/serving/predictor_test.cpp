#include "serving/predictor.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

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
#include "serving/canary_prediction.hpp"
#include "serving/explanation_report.hpp"
#include "serving/forecast_report.hpp"
#include "serving/hold_back.hpp"
#include "serving/load_check.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kBars = 420;
constexpr std::size_t kSymbols = 6;

/// The first `bars` bars of a market that is made once.
std::vector<CandleSeries> market(std::size_t bars) {
  static const std::vector<CandleSeries> all = [] {
    SimulationOptions options;
    options.symbols = kSymbols;
    options.bars = kBars + 30;
    options.signal_ic = 0.3;
    return simulate(options).value().series;
  }();
  std::vector<CandleSeries> series = all;
  for (CandleSeries& one : series) one.candles.resize(bars);
  return series;
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
    return Predictor::load(*registry_, types, std::move(options)).value();
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

TEST_F(PredictorTest, OneOfOtherFeaturesAbstainsAndStopsNobody) {
  const auto sound = registry_->open_artifact(*registry_->find(activate(1).str()));
  auto staged = registry_->store().stage("ridge");
  ASSERT_TRUE(sound && staged);
  for (const auto& file : sound->manifest.files)
    ASSERT_TRUE(write_file_atomic(staged->directory() / file.name, read_file(sound->directory / file.name).value()));
  Manifest manifest = sound->manifest;
  manifest.feature_hash = "f00d";
  const auto stored = registry_->store().put(std::move(*staged), manifest).value();
  ASSERT_TRUE(registry_->enter(stored, testing::because("trained")));
  ASSERT_TRUE(registry_->promote(stored.version, testing::because("nobody asked whether it loads")));
  EXPECT_EQ(check_loads(stored).error().code, "model.feature_hash") << "the model says otherwise";
  const auto said = ask(load(), market(kBars));
  ASSERT_EQ(said.predictions[0].abstained.size(), 1U);
  EXPECT_EQ(said.predictions[0].abstained[0].why.find("model.feature_hash: ridge version " + stored.version.str()), 0U);
  EXPECT_TRUE(said.predictions[0].votes.empty());
}

using FreqaiDefects = PredictorTest;

TEST_F(FreqaiDefects, ASwapWhileOthersAskIsNeverTorn) {
  // Versions that differ in model and calibration, and what each of them says.
  std::vector<VersionId> versions;
  std::set<std::string> said;
  for (const double alpha : {1e0, 1e2, 1e3, 1e4, 1e5, 1e6}) {
    versions.push_back(activate(alpha));
    said.insert(text_of(ask(load(), market(kBars))));
  }
  ASSERT_EQ(said.size(), versions.size());
  // One goes back through all of them while another one loads and asks over a connection of its own; whatever was
  // active in between, what is heard is one version's own words.
  std::set<std::string> heard;
  std::atomic<int> asked = 0;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    auto database = Database::open(place_.database_file());
    const auto registry = Registry::open(*database, ArtifactStore(place_.versions()));
    while (!done) {
      const auto predictor = Predictor::load(*registry, {"ridge"}, {});
      heard.insert(predictor ? text_of(ask(*predictor, market(kBars))) : to_string(predictor.error()));
      asked.fetch_add(1);
      asked.notify_one();
    }
  });
  for (std::size_t i = 1; i < versions.size(); ++i) {
    asked.wait(asked.load());  // then it is about to load
    EXPECT_TRUE(registry_->rollback(Slot{"ridge"}, testing::because("worse")));
  }
  asked.wait(asked.load());
  done = true;
  reader.join();
  for (const std::string& words : heard) EXPECT_EQ(said.count(words), 1U) << words;
  EXPECT_GT(heard.size(), 2U) << "there were swaps while it asked";
}

TEST_F(PredictorTest, ACanaryServesItsShareOfTheSymbolsAndNoOther) {
  const VersionId canary = activate(1000);
  const auto with_canary = ask(load(), market(kBars)).predictions;
  const VersionId active = activate(1);
  const auto without = ask(load(), market(kBars)).predictions;
  const MemoryCandleSource candles(market(kBars));
  const auto served = predict_with_canaries(*registry_, {"ridge"}, {}, {{"ridge", canary, 0.5}}, candles, nullptr,
                                            close_of(kBars), run_)
                          .value()
                          .predictions;
  std::size_t share = 0;
  for (std::size_t s = 0; s < kSymbols; ++s) {
    const bool in_share = in_canary_share(served[s].symbol, canary, 0.5);
    share += in_share ? 1 : 0;
    EXPECT_EQ(served[s].votes[0].version, in_share ? canary : active);
    EXPECT_EQ(served[s].expected_return_bps, (in_share ? with_canary : without)[s].expected_return_bps);
    EXPECT_EQ(served[s].canaries.size(), in_share ? 1U : 0U);
  }
  EXPECT_GT(share, 0U);
  EXPECT_LT(share, kSymbols);
  const auto broken = registry_->store().directory_of("ridge", canary) / ForecastCalibration::kFileName;
  const std::string whole = read_file(broken).value();
  ASSERT_TRUE(write_file_atomic(broken, whole + " "));
  const auto without_it = predict_with_canaries(*registry_, {"ridge"}, {}, {{"ridge", canary, 0.5}}, candles, nullptr,
                                                close_of(kBars), run_)
                              .value()
                              .predictions;
  ASSERT_TRUE(write_file_atomic(broken, whole));
  for (std::size_t s = 0; s < kSymbols; ++s) {
    EXPECT_EQ(without_it[s].votes[0].version, active) << "a broken canary leaves its share to the active version";
    EXPECT_EQ(without_it[s].abstained.size(), served[s].canaries.size());
  }
  const auto of_an_ensemble = predict_with_canaries(*registry_, {"ridge"}, {}, {{"ensemble", canary, 1}}, candles,
                                                    nullptr, close_of(kBars), run_);
  EXPECT_EQ(of_an_ensemble->predictions[0].votes[0].version, active) << "no ensemble is active";
}

TEST_F(PredictorTest, WhoIsServedByACanaryIsExplainedByIt) {
  const VersionId canary = activate(1000);
  activate(1);
  const MemoryCandleSource candles(market(kBars));
  const std::vector<CanaryShare> canaries{{"ridge", canary, 0.5}};
  const auto served =
      predict_with_canaries(*registry_, {"ridge"}, {}, canaries, candles, nullptr, close_of(kBars), run_).value();
  std::vector<Symbol> backwards(candles.symbols().rbegin(), candles.symbols().rend());
  const auto explained =
      explain_with_canaries(*registry_, {"ridge"}, {}, canaries, candles, nullptr, close_of(kBars), backwards, run_)
          .value();
  ASSERT_EQ(explained.explanations.size(), kSymbols);
  const auto document = to_json(explained, close_of(kBars), 3);
  for (std::size_t i = 0; i < kSymbols; ++i) {
    const Prediction& prediction = served.predictions[kSymbols - 1 - i];
    const Explanation& one = explained.explanations[i];
    EXPECT_EQ(one.prediction.symbol, prediction.symbol);
    EXPECT_EQ(one.prediction.expected_return_bps, prediction.expected_return_bps);
    EXPECT_EQ(one.prediction.canaries, prediction.canaries);
    ASSERT_EQ(one.members.size(), 1U);
    EXPECT_EQ(one.members[0].vote.version, prediction.votes[0].version);
    EXPECT_EQ(document["explanations"][i]["canaries"].size(), prediction.canaries.size());
  }
  EXPECT_EQ(explain_with_canaries(*registry_, {"ridge"}, {}, canaries, candles, nullptr, close_of(kBars),
                                  {Symbol("NOSUCH")}, run_)
                .error()
                .code,
            "predict.unknown_symbol");
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

TEST_F(PredictorTest, AnExpiredVersionStopsVotingAndSaysSo) {
  activate(1);
  PredictorOptions options;
  const Duration age = close_of(kBars) - from_calendar(2022, 7, 1);  // the end of its data, by its manifest
  options.max_data_age = age;
  EXPECT_EQ(ask(load({"ridge"}, options), market(kBars)).predictions.front().votes.size(), 1U);
  options.max_data_age = age - Duration(1);
  const Prediction expired = ask(load({"ridge"}, options), market(kBars)).predictions.front();
  EXPECT_TRUE(expired.votes.empty());
  ASSERT_EQ(expired.abstained.size(), 1U);
  EXPECT_THAT(expired.abstained.front().why, HasSubstr("its data ended"));
}

TEST_F(PredictorTest, AnAlteredFileIsNeverServed) {
  const VersionId version = activate(1);
  const auto file = registry_->store().directory_of("ridge", version) / ForecastCalibration::kFileName;
  ASSERT_TRUE(write_file_atomic(file, read_file(file).value() + " "));
  const auto refused = Predictor::load_version(*registry_, *registry_->find(version.str()), {});
  ASSERT_FALSE(refused) << "who asks for it alone is told";
  EXPECT_EQ(refused.error().kind, ErrorKind::integrity);
  const auto silent = Predictor::load(*registry_, {"ridge"}, {}).value();
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
  EXPECT_THAT(predictions[1].abstained.at(0).why, HasSubstr("no usable bar closed at"));
  EXPECT_TRUE(predictions[2].votes.empty());
  EXPECT_THAT(predictions[2].abstained.at(0).why, HasSubstr("volatility"));
  EXPECT_EQ(predictions[0].votes.size(), 1U);
}

TEST_F(PredictorTest, AnExplanationSumsToThePrediction) {
  activate(1);
  const Predictor predictor = load();
  const auto predictions = ask(predictor, market(kBars)).predictions;
  const MemoryCandleSource candles(market(kBars));
  const auto explained =
      predictor.explain(candles, nullptr, close_of(kBars), {predictions[4].symbol, predictions[1].symbol}, run_)
          .value();
  ASSERT_EQ(explained.explanations.size(), 2U);
  const Explanation& one = explained.explanations[0];
  EXPECT_EQ(one.prediction.symbol, predictions[4].symbol);
  EXPECT_EQ(one.prediction.expected_return_bps, predictions[4].expected_return_bps);
  ASSERT_EQ(one.members.size(), 1U);
  const auto frame = compute_features(classic22_feature_set(), candles, nullptr, {}, run_).value();
  ASSERT_EQ(one.members[0].effects.size(), frame.columns());
  double sum = one.members[0].base_bps;
  for (std::size_t column = 0; column < frame.columns(); ++column) {
    const FeatureEffect& effect = one.members[0].effects[column];
    EXPECT_EQ(effect.feature, frame.names[column]);
    const double value = static_cast<double>(frame.row(frame.symbol_begin[5] - 1)[column]);
    EXPECT_TRUE(effect.value == value || (std::isnan(effect.value) && std::isnan(value))) << "of its own newest row";
    sum += effect.effect_bps;
  }
  EXPECT_NEAR(sum, one.prediction.expected_return_bps, 1e-5 * std::fabs(sum) + 1e-5);
  const CombinedExplanation whole = combined(one);
  EXPECT_EQ(whole.opaque_bps, 0);
  for (std::size_t i = 1; i < whole.effects.size(); ++i)
    EXPECT_GE(std::fabs(whole.effects[i - 1].effect_bps), std::fabs(whole.effects[i].effect_bps));
}

TEST_F(PredictorTest, WhatIsNotKnownYetExplainsNothing) {
  activate(1);
  const Predictor predictor = load();
  const auto text = [&](std::size_t bars) {
    const MemoryCandleSource candles(market(bars));
    return to_json(predictor.explain(candles, nullptr, close_of(kBars), {candles.symbols()[2]}, run_).value(),
                   close_of(kBars), 5)
        .dump();
  };
  EXPECT_EQ(text(kBars + 30), text(kBars));
}

TEST_F(PredictorTest, AnUnknownSymbolIsNotExplainedAndAStaleOneSaysWhy) {
  activate(1);
  auto series = market(kBars);
  series[1].candles.pop_back();
  const MemoryCandleSource candles(std::move(series));
  const Predictor predictor = load();
  const auto unknown = predictor.explain(candles, nullptr, close_of(kBars), {Symbol("NOSUCH")}, run_);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "predict.unknown_symbol");
  const auto stale = predictor.explain(candles, nullptr, close_of(kBars), {candles.symbols()[1]}, run_).value();
  EXPECT_TRUE(stale.explanations[0].members.empty());
  EXPECT_THAT(stale.explanations[0].prediction.abstained.at(0).why, HasSubstr("no usable bar closed at"));
}

TEST_F(PredictorTest, AVersionThatIsNotActiveCanBeAsked) {
  const VersionId first = activate(1);
  const std::string said = text_of(ask(load(), market(kBars)));
  activate(1000);
  const auto retired =
      Predictor::load_version(*registry_, registry_->find(first.str()).value(), PredictorOptions{}).value();
  EXPECT_EQ(text_of(ask(retired, market(kBars))), said);
}

TEST(CombinedExplanation, WeighsMembersAndKeepsWhatDoesNotComeApart) {
  Explanation explanation;
  explanation.members.push_back({{"a", VersionId(), 10, 0.6, 0.25}, 2, {{"x", 1, 5}, {"y", 2, 3}}, {}});
  explanation.members.push_back({{"b", VersionId(), -4, 0.4, 0.25}, 0, {{"x", 1, -5}, {"z", 3, 1}}, {}});
  explanation.members.push_back({{"net", VersionId(), 8, 0.7, 0.5}, 0, {}, "reads bars"});
  const CombinedExplanation sum = combined(explanation);
  EXPECT_EQ(sum.base_bps, 0.5);
  EXPECT_EQ(sum.opaque_bps, 4);
  ASSERT_EQ(sum.effects.size(), 3U);
  EXPECT_EQ(sum.effects[0].feature, "y");
  EXPECT_EQ(sum.effects[0].effect_bps, 0.75);
  EXPECT_EQ(sum.effects[1].feature, "z");
  EXPECT_EQ(sum.effects[2].effect_bps, 0) << "what members disagree on cancels";
}

TEST_F(PredictorTest, AForecastInsideTheCostsIsAHold) {
  activate(1);
  PredictorOptions dear;
  dear.costs = {1e6, 0};
  PredictorOptions free;
  free.costs = {0, 0};
  const auto held = ask(load({"ridge"}, dear), market(kBars)).predictions;
  const auto traded = ask(load({"ridge"}, free), market(kBars)).predictions;
  std::size_t worth_it = 0;
  for (std::size_t s = 0; s < kSymbols; ++s) {
    EXPECT_EQ(held[s].action, Action::hold);
    if (!traded[s].note.empty()) continue;  // its probability says the contrary
    EXPECT_EQ(traded[s].action, traded[s].expected_return_bps > 0 ? Action::buy : Action::sell);
    ++worth_it;
  }
  EXPECT_GT(worth_it, 0U);
}

TEST_F(PredictorTest, SaysWhatIsForecastAndWhatItCosts) {
  activate(1);
  const Forecasts forecasts = ask(load(), market(kBars));
  const auto document = to_json(forecasts, close_of(kBars));
  EXPECT_EQ(document["horizon_bars"], LabelOptions{}.horizon_bars);
  EXPECT_EQ(document["entry_at"], to_string(close_of(kBars))) << "the open of the bar after the newest";
  EXPECT_EQ(document["cost_band_bps"], 14);
  EXPECT_EQ(document["relative"], true) << "a blend is about the return less the universe's";
  const auto& first = document["predictions"][0];
  EXPECT_EQ(first["votes"]["ridge"]["horizon_bars"], LabelOptions{}.horizon_bars);
  EXPECT_TRUE(first["disagreement_bps"].is_null()) << "one vote agrees with itself";
  const auto nobody = to_json(ask(load({}), market(kBars)), close_of(kBars));
  EXPECT_TRUE(nobody["horizon_bars"].is_null());
}

TEST_F(PredictorTest, AForecastWhoseProbabilitySaysTheContraryIsAHoldAndSaysSo) {
  activate(1);
  std::size_t contradicted = 0;
  for (std::size_t bars = kBars; bars < kBars + 30; ++bars) {
    const auto said = load().predict(MemoryCandleSource(market(bars)), nullptr, close_of(bars), run_).value();
    for (const auto& p : said.predictions) {
      const double up = p.votes[0].up_probability;
      const bool contrary = p.expected_return_bps > 0 ? up < 0.5 : up > 0.5;
      EXPECT_EQ(!p.note.empty(), contrary) << p.expected_return_bps << " " << up;
      EXPECT_EQ(contrary, p.confidence < 0.5);
      EXPECT_TRUE(!contrary || p.action == Action::hold);
      contradicted += contrary ? 1 : 0;
    }
  }
  EXPECT_GT(contradicted, 0U) << "the market of this test shows both";
}

TEST_F(PredictorTest, TheLineupSaysWhoHasAVoteWithoutAskingAnybody) {
  const VersionId version = activate(1);
  const Timestamp learned_until = testing::sample_manifest(1, "ridge").created_as_of;
  PredictorOptions options;
  options.max_data_age = std::chrono::hours(24);
  const Predictor predictor = load({"ridge", "lightgbm"}, options);
  const Lineup now = predictor.lineup(learned_until);
  ASSERT_EQ(now.members.size(), 1U);
  EXPECT_EQ(now.members[0].version, version);
  EXPECT_EQ(now.members[0].learned_until, learned_until);
  EXPECT_EQ(now.members[0].weight, 1);
  EXPECT_EQ(now.members[0].why_not, "");
  ASSERT_EQ(now.absent.size(), 1U);
  EXPECT_EQ(now.absent[0].model_type, "lightgbm");
  const Lineup later = predictor.lineup(learned_until + std::chrono::hours(25));
  EXPECT_EQ(later.members[0].weight, 0);
  EXPECT_THAT(later.members[0].why_not, HasSubstr("its data ended 1 d 1 h ago"));
}

TEST_F(PredictorTest, WithStaleDataEveryActionIsAHoldAndNothingElseChanges) {
  activate(1);
  PredictorOptions free;
  free.costs = {0, 0};
  const Forecasts said = ask(load({"ridge"}, free), market(kBars));
  EXPECT_TRUE(std::any_of(said.predictions.begin(), said.predictions.end(),
                          [](const Prediction& p) { return p.action != Action::hold; }));
  const auto lateness = [](int late_bars, CountedFrom from) {
    const Timestamp newest = close_of(kBars);
    return data_lateness({newest, newest, Interval::one_hour(), newest + std::chrono::hours(late_bars), from, 2});
  };
  Forecasts held = said;
  hold_back_if_stale(held, lateness(2, CountedFrom::clock));
  hold_back_if_stale(held, lateness(3, CountedFrom::asked_moment));
  EXPECT_EQ(text_of(held), text_of(said));
  hold_back_if_stale(held, lateness(3, CountedFrom::clock));
  const auto document = to_json(held, close_of(kBars));
  for (std::size_t s = 0; s < kSymbols; ++s) {
    EXPECT_EQ(document["predictions"][s]["action"], "HOLD");
    EXPECT_THAT(document["predictions"][s]["note"].get<std::string>(), HasSubstr("3 bars late"));
    EXPECT_EQ(held.predictions[s].expected_return_bps, said.predictions[s].expected_return_bps);
  }
}

}  // namespace
}  // namespace clm
