#include "serving/prediction_log.hpp"

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "support/temp_directory.hpp"

namespace clm {
namespace {

class PredictionLogTest : public ::testing::Test {
 protected:
  PredictionLogTest() : database_(Database::open(directory_.path() / "clm.db").value()) {}
  PredictionLog log() { return PredictionLog::open(database_).value(); }

  static Forecasts forecasts(double expected_return_bps, const char* version = "v1") {
    Forecasts out;
    out.horizon_bars = 5;
    for (const char* symbol : {"AAA", "BBB"}) {
      Prediction prediction;
      prediction.symbol = Symbol(symbol);
      prediction.action = Action::buy;
      prediction.expected_return_bps = expected_return_bps;
      prediction.confidence = 0.53;
      prediction.votes.push_back({"ridge", VersionId(version), expected_return_bps + 3, 0.54, 0.75, 5, Timestamp(7)});
      prediction.votes.push_back({"ridge", VersionId("v9"), expected_return_bps - 9, 0.5, 0.25, 5, Timestamp(9)});
      out.predictions.push_back(prediction);
    }
    Prediction silent;
    silent.symbol = Symbol("CCC");
    silent.expected_return_bps = kMissing;
    silent.confidence = kMissing;
    silent.abstained.push_back({"ridge", "no usable bar"});
    out.predictions.push_back(silent);
    return out;
  }
  static PredictionMoment moment(std::int64_t bar, std::int64_t made_after_ms = 1000) {
    return {Venue("binance"), Interval::one_hour(), Timestamp(bar * kHourMs), Timestamp(bar * kHourMs + made_after_ms)};
  }

  static RecipeNames names() { return {{{VersionId("v1"), "abc"}, {VersionId("v9"), "abc"}}, {}}; }

  testing::TempDirectory directory_;
  Database database_;
};

TEST_F(PredictionLogTest, KeepsWhatWasSaidByWhom) {
  PredictionLog log = this->log();
  EXPECT_EQ(log.record(forecasts(25), moment(100), names()).value(), 2U) << "who had no vote predicted nothing";
  const auto all = log.list({}).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].symbol, Symbol("AAA"));
  EXPECT_EQ(all[0].moment.as_of, Timestamp(100 * kHourMs));
  EXPECT_EQ(all[0].moment.made_at, Timestamp(100 * kHourMs + 1000));
  EXPECT_EQ(all[0].moment.interval, Interval::one_hour());
  EXPECT_EQ(all[0].action, "BUY");
  EXPECT_EQ(all[0].expected_return_bps, 25);
  EXPECT_EQ(all[0].confidence, 0.53);
  EXPECT_EQ(all[0].horizon_bars, 5);
  EXPECT_EQ(all[0].known_at(), Timestamp(105 * kHourMs));
  // Two vintages of a recipe are told beside each other.
  const auto votes = nlohmann::json::parse(all[0].votes_json);
  ASSERT_EQ(votes.size(), 1U) << votes;
  const auto& vote = votes.at("abc");
  EXPECT_EQ(vote.at("model_type"), "ridge");
  EXPECT_EQ(vote.at("version"), "v9") << "it learned last";
  EXPECT_EQ(vote.at("expected_return_bps"), 25);
  EXPECT_DOUBLE_EQ(vote.at("up_probability").get<double>(), 0.53);
  EXPECT_EQ(vote.at("weight"), 1);
  ASSERT_EQ(vote.at("members").size(), 2U);
  EXPECT_EQ(vote.at("members")[1].at("version"), "v1");
  EXPECT_EQ(vote.at("members")[1].at("weight"), 0.75);
  EXPECT_EQ(vote.at("members")[1].at("expected_return_bps"), 28);
}

TEST_F(PredictionLogTest, WhoseRecipeIsNotKnownIsNamedByTheVersion) {
  PredictionLog log = this->log();
  ASSERT_TRUE(log.record(forecasts(25), moment(100), {}));
  const auto votes = nlohmann::json::parse(log.list({}).value()[0].votes_json);
  EXPECT_EQ(votes.size(), 2U);
  EXPECT_EQ(votes.at("v1").at("weight"), 0.75);
}

TEST_F(PredictionLogTest, TheSameTwiceIsOnceAndAnotherWordIsKeptBesideIt) {
  PredictionLog log = this->log();
  ASSERT_EQ(log.record(forecasts(25), moment(100), {}).value(), 2U);
  EXPECT_EQ(log.record(forecasts(25), moment(100, 5000), {}).value(), 0U);
  EXPECT_EQ(log.list({}).value()[0].moment.made_at, moment(100).made_at) << "when it was first said";
  EXPECT_EQ(log.record(forecasts(25, "v2"), moment(100, 6000), {}).value(), 2U) << "another version says the same";
  EXPECT_EQ(log.record(forecasts(-3), moment(100, 7000), {}).value(), 2U) << "the same version says something else";
  EXPECT_EQ(log.record(forecasts(25), moment(101), {}).value(), 2U);
  EXPECT_EQ(log.list({}).value().size(), 8U);
}

TEST_F(PredictionLogTest, WhatIsSaidOnceTheOutcomeIsKnownIsNoPrediction) {
  PredictionLog log = this->log();
  EXPECT_EQ(log.record(forecasts(25), moment(100, 5 * kHourMs), {}).value(), 0U) << "the exit's open is known";
  EXPECT_EQ(log.record(forecasts(25), moment(100, 5 * kHourMs - 1), {}).value(), 2U);
}

TEST_F(PredictionLogTest, NobodyChangesOrRemovesARow) {
  PredictionLog log = this->log();
  ASSERT_TRUE(log.record(forecasts(25), moment(100), {}));
  for (const char* sql : {"UPDATE predictions SET expected_return_bps = 99", "DELETE FROM predictions"}) {
    const auto done = database_.write("tampering", [&](soci::session& session) -> Status {
      session << sql;
      return {};
    });
    EXPECT_FALSE(done) << sql;
  }
  EXPECT_EQ(log.list({}).value()[0].expected_return_bps, 25);
}

TEST_F(PredictionLogTest, ListsTheNewestFirstAndWhatWasAskedFor) {
  PredictionLog log = this->log();
  for (const int bar : {100, 102, 101}) ASSERT_TRUE(log.record(forecasts(bar), moment(bar), {}));
  EXPECT_EQ(log.list({}).value().front().expected_return_bps, 102);
  EXPECT_EQ(log.list({{}, {}, 3}).value().size(), 3U);
  const auto since = log.list({{}, Timestamp(101 * kHourMs), 1000}).value();
  EXPECT_EQ(since.size(), 4U);
  const auto of_one = log.list({{"bbb"}, {}, 2}).value();
  ASSERT_EQ(of_one.size(), 2U);
  EXPECT_EQ(of_one[0].symbol, Symbol("BBB"));
  EXPECT_EQ(of_one[1].moment.as_of, Timestamp(101 * kHourMs));
}

}  // namespace
}  // namespace clm
