#include "serving/predictor.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "features/labels/horizon_volatility.hpp"
#include "serving/explanation_report.hpp"
#include "serving/hold_back.hpp"
#include "serving/load_check.hpp"
#include "serving/predictor_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using ::testing::HasSubstr;
using testing::kBars;
using testing::kSymbols;
using testing::market;
using testing::PredictorTest;
using testing::text_of;

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
    const auto scaled = static_cast<float>(model.calibration.scaled(double{forecast}));
    EXPECT_EQ(predictions[s].forecast, scaled);
    EXPECT_NEAR(vote.expected_return_bps, 1e4 * unit * double{scaled}, 1e-9);
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
      const auto predictor = Predictor::load(*registry, testing::rules_for({"ridge"}));
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

TEST_F(PredictorTest, WhoHasNoActiveVersionHasNoVoteAndSaysSo) {
  activate(1);
  ServingRules options;
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
  ServingRules options;
  const Duration age = close_of(kBars) - testing::sample_manifest().learned_until;
  options.max_data_age = age;
  EXPECT_EQ(ask(load({"ridge"}, options), market(kBars)).predictions.front().votes.size(), 1U);
  options.max_data_age = age - Duration(1);
  const Prediction expired = ask(load({"ridge"}, options), market(kBars)).predictions.front();
  EXPECT_TRUE(expired.votes.empty());
  ASSERT_EQ(expired.abstained.size(), 1U);
  EXPECT_THAT(expired.abstained.front().why, HasSubstr("it learned until 2022-05-01T00:00:00Z"));
}

TEST_F(PredictorTest, AnAlteredFileIsNeverServed) {
  const VersionId version = activate(1);
  const auto file = registry_->store().directory_of("ridge", version) / ForecastCalibration::kFileName;
  ASSERT_TRUE(write_file_atomic(file, read_file(file).value() + " "));
  const auto refused = Predictor::load_version(*registry_, *registry_->find(version.str()), {});
  ASSERT_FALSE(refused) << "who asks for it alone is told";
  EXPECT_EQ(refused.error().kind, ErrorKind::integrity);
  const auto silent = load();
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
      predictor.explain(*inputs_of(predictor.needs(), market(kBars)), {predictions[4].symbol, predictions[1].symbol})
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

// The votes are told as they are weighed, and the effects of the features sum to them.
TEST_F(PredictorTest, VotesAndEffectsAreOnTheScaleAtWhichAnEnsembleWeighsThem) {
  TrainerOptions weak, strong;
  weak.ridge.alpha = 1e5;
  strong.ridge.alpha = 1;
  testing::activate_ensemble(
      *registry_, {{"ridge", activate("ridge", weak).str()}, {"ridge", activate("ridge", strong).str()}}, kSymbols);
  const Predictor predictor = load();
  const auto inputs = inputs_of(predictor.needs(), market(kBars));
  const auto explained = predictor.explain(*inputs, inputs->symbols).value();
  double moved = 0;
  for (const Explanation& one : explained.explanations) {
    const double whole = one.prediction.expected_return_bps;
    double votes = 0;
    ASSERT_EQ(one.members.size(), 2U);
    for (const MemberExplanation& member : one.members) {
      double sum = member.base_bps;
      for (const FeatureEffect& effect : member.effects) sum += effect.effect_bps;
      EXPECT_NEAR(sum, member.vote.expected_return_bps, 1e-5 * std::fabs(sum) + 1e-4);
      votes += member.vote.weight * member.vote.expected_return_bps;
      moved = std::max(moved, std::fabs(member.vote.scale.slope - 1));
    }
    EXPECT_NEAR(votes, whole, 1e-9 * std::fabs(whole) + 1e-9);
  }
  EXPECT_GT(moved, 0.01) << "or there is nothing to see";
  EXPECT_EQ(text_of(predictor.predict(*inputs, 3)), text_of(predictor.predict(*inputs))) << "with three jobs";
}

TEST_F(PredictorTest, WhatIsNotKnownYetExplainsNothing) {
  activate(1);
  const Predictor predictor = load();
  const auto text = [&](std::size_t bars) {
    const auto inputs = inputs_of(predictor.needs(), market(bars));
    return to_json(predictor.explain(*inputs, {inputs->symbols[2]}).value(), close_of(kBars), 5, {}).dump();
  };
  EXPECT_EQ(text(kBars + 30), text(kBars));
}

TEST_F(PredictorTest, AnUnknownSymbolIsNotExplainedAndAStaleOneSaysWhy) {
  activate(1);
  auto series = market(kBars);
  series[1].candles.pop_back();
  const Predictor predictor = load();
  const auto inputs = inputs_of(predictor.needs(), std::move(series));
  const auto unknown = predictor.explain(*inputs, {Symbol("NOSUCH")});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "predict.unknown_symbol");
  const auto stale = predictor.explain(*inputs, {inputs->symbols[1]}).value();
  EXPECT_TRUE(stale.explanations[0].members.empty());
  EXPECT_THAT(stale.explanations[0].prediction.abstained.at(0).why, HasSubstr("no usable bar closed at"));
}

TEST_F(PredictorTest, AVersionThatIsNotActiveCanBeAsked) {
  const VersionId first = activate(1);
  const std::string said = text_of(ask(load(), market(kBars)));
  activate(1000);
  const auto retired =
      Predictor::load_version(*registry_, registry_->find(first.str()).value(), ServingRules{}).value();
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
  ServingRules dear;
  dear.costs = {1e6, 0};
  ServingRules free;
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
  RecipeNames names;
  for (const VersionId& version : versions_in(forecasts)) names.of_version.emplace(version, "abc");
  const auto document = to_json(forecasts, close_of(kBars), names);
  EXPECT_EQ(document["horizon_bars"], LabelOptions{}.horizon_bars);
  EXPECT_EQ(document["entry_at"], to_string(close_of(kBars))) << "the open of the bar after the newest";
  EXPECT_EQ(document["cost_band_bps"], 14);
  EXPECT_EQ(document["relative"], true) << "a blend is about the return less the universe's";
  const auto& first = document["predictions"][0];
  EXPECT_EQ(first["votes"]["abc"]["horizon_bars"], LabelOptions{}.horizon_bars);
  EXPECT_TRUE(first["disagreement_bps"].is_null()) << "one vote agrees with itself";
  const auto nobody = to_json(ask(load({}), market(kBars)), close_of(kBars), {});
  EXPECT_TRUE(nobody["horizon_bars"].is_null());
}

TEST_F(PredictorTest, AForecastWhoseProbabilitySaysTheContraryIsAHoldAndSaysSo) {
  activate(1);
  std::size_t contradicted = 0;
  for (std::size_t bars = kBars; bars < kBars + 30; ++bars) {
    const Predictor predictor = load();
    const auto said = predictor.predict(*inputs_of(predictor.needs(), market(bars), close_of(bars)));
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
  const Timestamp learned_until = testing::sample_manifest(1, "ridge").learned_until;
  ServingRules options;
  options.max_data_age = std::chrono::hours(24);
  const Predictor predictor = load({"ridge", "lightgbm"}, options);
  const Lineup now = predictor.plan(learned_until, {}).lineups.front();
  ASSERT_EQ(now.members.size(), 1U);
  EXPECT_EQ(now.members[0].version, version);
  EXPECT_EQ(now.members[0].learned_until, learned_until);
  EXPECT_EQ(now.members[0].weight, 1);
  EXPECT_EQ(now.members[0].why_not, "");
  ASSERT_EQ(now.absent.size(), 1U);
  EXPECT_EQ(now.absent[0].model_type, "lightgbm");
  const Lineup later = predictor.plan(learned_until + std::chrono::hours(25), {}).lineups.front();
  EXPECT_EQ(later.members[0].weight, 0);
  EXPECT_THAT(later.members[0].why_not, HasSubstr("it learned until " + to_string(learned_until) + ", 1 d 1 h ago"));
}

TEST_F(PredictorTest, WithStaleDataEveryActionIsAHoldAndNothingElseChanges) {
  activate(1);
  ServingRules free;
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
  const auto document = to_json(held, close_of(kBars), {});
  for (std::size_t s = 0; s < kSymbols; ++s) {
    EXPECT_EQ(document["predictions"][s]["action"], "HOLD");
    EXPECT_THAT(document["predictions"][s]["note"].get<std::string>(), HasSubstr("3 bars late"));
    EXPECT_EQ(held.predictions[s].expected_return_bps, said.predictions[s].expected_return_bps);
  }
}

}  // namespace
}  // namespace clm
