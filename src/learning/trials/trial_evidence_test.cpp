#include "learning/trials/trial_evidence.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

using Json = nlohmann::json;

/// A shadow with outcomes of `bars` bars, in all of which the challenger ranks better.
Trial some_trial(std::size_t bars) {
  PairedTrialOptions options;
  options.horizon_bars = 5;
  Trial trial{"lightgbm",
              VersionId("aaaaaaaaaaaa"),
              VersionId("bbbbbbbbbbbb"),
              Stage::shadow,
              Timestamp(0),
              PairedTrial(options),
              {},
              {}};
  BarScore reference, challenger;
  reference.rows = challenger.rows = 10;
  challenger.calls = challenger.hits = challenger.up = 4;
  challenger.spread = 0.5;
  for (std::size_t bar = 0; bar < bars; ++bar) {
    reference.rank_ic = 0.01 * static_cast<double>(bar % 7);
    challenger.rank_ic = reference.rank_ic + 0.125;
    trial.losses.add(reference, challenger);
    trial.challenger_behaviour.add(challenger);
    trial.reference_behaviour.add(reference);
  }
  return trial;
}

// What the registry holds is named by its bytes: they are those that were written before there was this type.
TEST(TrialEvidence, WritesTheDocumentThatWasAlwaysWritten) {
  const Trial trial = some_trial(2);
  EXPECT_EQ(TrialEvidence(trial).text(),
            R"({"behaviour":{"challenger":{"bars":2,"forecasts":20,"hit_rate":1.0,"spread":0.5,"up_share":0.4},)"
            R"("reference":{"bars":2,"forecasts":20,"hit_rate":0.0,"spread":0.0,"up_share":0.0}},)"
            R"("challenger":"aaaaaaaaaaaa","reference":"bbbbbbbbbbbb","stage":"shadow",)"
            R"("started":"1970-01-01T00:00:00Z","trial":{"bars":2,"challenger_loss":0.87,"expected_bars":null,)"
            R"("gain":0.125,"interval":[null,null],"loss_distributions":{"kolmogorov_smirnov":1.0,"p_value":)" +
                Json(trial.losses.report().distributions.p_value).dump() +
                R"(},"observations":0,"outcome":"open","reference_loss":0.995}})");
}

TEST(TrialEvidence, IsReadBackAsItWasWritten) {
  for (const std::size_t bars : {0U, 2U, 200U}) {
    const Trial trial = some_trial(bars);
    const TrialEvidence written(trial), read = TrialEvidence::from_json(written.text());
    EXPECT_EQ(read.text(), written.text());
    EXPECT_EQ(read.stage(), Stage::shadow);
    EXPECT_EQ(read.challenger(), trial.challenger);
    EXPECT_EQ(read.reference(), trial.reference);
    EXPECT_EQ(read.outcome(), trial.losses.outcome());
    EXPECT_EQ(read.gain(), trial.losses.report().gain);
  }
}

TEST(TrialEvidence, OfEveryOutcomeIsReadByName) {
  for (const auto outcome : {TrialOutcome::open, TrialOutcome::better, TrialOutcome::worse, TrialOutcome::ended})
    EXPECT_EQ(parse_trial_outcome(to_string(outcome)), outcome);
  EXPECT_FALSE(parse_trial_outcome("perhaps"));
}

TEST(TrialEvidence, WhatNobodyKnowsIsKeptAndWhatIsNotSaidIsNotKnown) {
  Json document = TrialEvidence(some_trial(200)).to_json();
  document["mood"] = "good";
  document["trial"]["outcome"] = "perhaps";
  document["trial"].erase("gain");
  const TrialEvidence altered = TrialEvidence::from_json(document.dump());
  EXPECT_EQ(altered.text(), document.dump());
  EXPECT_EQ(altered.stage(), Stage::shadow);
  EXPECT_FALSE(altered.outcome());
  EXPECT_TRUE(std::isnan(altered.gain()));
}

TEST(TrialEvidence, OfAnotherKindOrNoneAtAllSaysNothing) {
  for (const char* text : {"", "{", "[]", "1", "null", "{}", R"({"stage":"night","trial":1})",
                           R"({"stage":7,"challenger":[],"reference":null,"trial":{"gain":"much","outcome":2}})"}) {
    const TrialEvidence evidence = TrialEvidence::from_json(text);
    EXPECT_FALSE(evidence.stage()) << text;
    EXPECT_TRUE(evidence.challenger().empty()) << text;
    EXPECT_TRUE(evidence.reference().empty()) << text;
    EXPECT_FALSE(evidence.outcome()) << text;
    EXPECT_TRUE(std::isnan(evidence.gain())) << text;
  }
}

}  // namespace
}  // namespace clm
