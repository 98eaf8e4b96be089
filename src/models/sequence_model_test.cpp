#include "models/sequence_model.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "models/forecasts_test_support.hpp"
#include "models/models_test_data.hpp"
#include "support/counting_clocks.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::forecasts;
using testing::make_model_data;
using testing::rows_between;
using testing::same_bits;
using testing::TempDirectory;
using testing::TestRun;

MarketWindowOptions short_windows() { return {.input_bars = 12, .covariates = true}; }

NHitsOptions small_nhits() {
  NHitsOptions options;
  options.hidden = 16;
  options.dropout = 0.1;
  options.fit.epochs = 6;
  options.fit.batch_windows = 32;
  options.fit.checkpoint_every_steps = 7;
  return options;
}

PatchTstOptions small_patchtst() {
  PatchTstOptions options;
  options.patch_length = 4;
  options.stride = 2;
  options.hidden = 16;
  options.layers = 1;
  options.fit = small_nhits().fit;
  return options;
}

class SequenceModelTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Model>> train(const NetworkOptions& network, const RunContext& context,
                                       const std::filesystem::path& checkpoints = {}, std::uint64_t seed = 1) {
    const auto trainer = make_sequence_trainer(short_windows(), network);
    EXPECT_TRUE(trainer) << to_string(trainer.error());
    return (*trainer)->train({training_, validation_, seed, 1, checkpoints}, context);
  }
  std::unique_ptr<Model> train(const NetworkOptions& network) {
    TestRun run;
    auto model = train(network, run.context);
    EXPECT_TRUE(model) << to_string(model.error());
    return std::move(*model);
  }

  Dataset data_ = make_model_data({.rows = 600});
  RowSet training_ = rows_between(data_, 0, 400);
  RowSet validation_ = rows_between(data_, 400, 500);
  RowSet unseen_ = rows_between(data_, 500, 600);
};

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()));
}

TEST_F(SequenceModelTest, AStoppedTrainingGoesOnToTheSameBits) {
  for (const NetworkOptions& network : {NetworkOptions(small_nhits()), NetworkOptions(small_patchtst())}) {
    const auto whole = forecasts(*train(network), unseen_);
    const TempDirectory checkpoints;
    TestRun stopped, resumed;
    const testing::CountdownClock clock(stopped.cancel, 30);
    const auto nothing = train(network, {clock, stopped.cancel, stopped.progress, 1}, checkpoints.path());
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, "cancelled");
    ASSERT_EQ(files_in(checkpoints.path()), 1U);
    const auto again = train(network, resumed.context, checkpoints.path());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_TRUE(same_bits(forecasts(**again, unseen_), whole));
    EXPECT_EQ(files_in(checkpoints.path()), 0U) << "nothing is left behind";

    const TempDirectory first, second;
    ASSERT_TRUE((*again)->save(first.path()));
    ASSERT_TRUE(train(network)->save(second.path()));
    for (const auto& entry : std::filesystem::directory_iterator(first.path()))
      EXPECT_EQ(read_file(entry.path()).value(), read_file(second.path() / entry.path().filename()).value())
          << "no file tells that it was resumed";
  }
}

TEST_F(SequenceModelTest, AnotherTrainingDoesNotGoOnFromThisState) {
  const TempDirectory checkpoints;
  const auto stop_one = [&](const RowSet& rows, std::uint64_t seed) {
    TestRun stopped;
    const testing::CountdownClock clock(stopped.cancel, 30);
    const auto trainer = make_sequence_trainer(short_windows(), small_nhits());
    const RowSet none{rows.data, {}};
    EXPECT_FALSE(
        (*trainer)->train({rows, none, seed, 1, checkpoints.path()}, {clock, stopped.cancel, stopped.progress, 1}));
  };
  stop_one(training_, 1);
  stop_one(training_, 2);
  EXPECT_EQ(files_in(checkpoints.path()), 2U) << "another seed";
  Dataset other = data_;
  auto frame = std::make_shared<FeatureFrame>(*data_.frame);
  auto bars = std::make_shared<BarHistory>(*frame->bars);
  bars->log_close[123] += 1e-9;
  frame->bars = bars;
  other.frame = frame;
  stop_one(rows_between(other, 0, 400), 1);
  EXPECT_EQ(files_in(checkpoints.path()), 3U) << "one close differs";
  other.label[350] += 1e-6F;
  stop_one(rows_between(other, 0, 400), 1);
  EXPECT_EQ(files_in(checkpoints.path()), 4U) << "one label differs";
}

TEST_F(SequenceModelTest, ATimeBudgetThatRanOutIsSaid) {
  TestRun run;
  const testing::TickingClock clock;
  NHitsOptions options = small_nhits();
  options.fit.time_budget_seconds = 40;
  const auto model = train(options, {clock, run.cancel, run.progress, 1});
  ASSERT_TRUE(model) << to_string(model.error());
  ASSERT_EQ((*model)->notes().size(), 1U);
  EXPECT_NE((*model)->notes()[0].find("time budget"), std::string::npos);
  const TempDirectory directory;
  ASSERT_TRUE((*model)->save(directory.path()));
  const auto loaded = load_sequence_model("nhits", directory.path());
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->notes(), (*model)->notes());
  EXPECT_TRUE(train(small_nhits())->notes().empty());
}

TEST_F(SequenceModelTest, ATrainingThatRanOutOfTimeIsMadeAgainFromItsParameters) {
  const testing::TickingClock clock;
  TestRun run;
  NHitsOptions options = small_nhits();
  options.fit.time_budget_seconds = 40;
  const auto trainer = make_sequence_trainer(short_windows(), options);
  const TrainingJob job{training_, validation_, 1, 1, {}};
  const auto model = (*trainer)->train(job, {clock, run.cancel, run.progress, 1});
  ASSERT_TRUE(model) << to_string(model.error());
  const TempDirectory first, second;
  ASSERT_TRUE((*model)->save(first.path()));

  const auto parameters = (*trainer)->parameters_of(**load_sequence_model("nhits", first.path()));
  EXPECT_NE(parameters, (*trainer)->parameters());
  const auto again = make_sequence_trainer("nhits", parameters);
  ASSERT_TRUE(again) << to_string(again.error());
  const auto made_again = (*again)->train(job, run.context);
  ASSERT_TRUE(made_again);
  EXPECT_EQ((*again)->parameters_of(**made_again), parameters);
  ASSERT_TRUE((*made_again)->save(second.path()));
  for (const auto& entry : std::filesystem::directory_iterator(first.path()))
    EXPECT_TRUE(read_file(entry.path()).value() == read_file(second.path() / entry.path().filename()).value())
        << entry.path().filename();

  const auto whole = make_sequence_trainer(short_windows(), small_nhits());
  EXPECT_EQ((*whole)->parameters_of(*train(small_nhits())), (*whole)->parameters());
  EXPECT_EQ(make_sequence_trainer("nhits", {{"stop_after_steps", -1}}).error().code, "train.options");
}

TEST_F(SequenceModelTest, SaysWhatItRunsOn) {
  const auto libraries = train(NLinearOlsOptions{})->libraries();
  ASSERT_TRUE(libraries.contains("networks"));
  EXPECT_EQ(libraries.at("networks").substr(0, 3), "cpu");
}

TEST_F(SequenceModelTest, ASymbolNeverSeenIsForecast) {
  const auto model = train(NLinearOlsOptions{});
  Dataset other = make_model_data({.rows = 200, .seed = 99});
  auto frame = std::make_shared<FeatureFrame>(*other.frame);
  frame->symbols = {Symbol("NEWCOMER")};
  other.frame = frame;
  const RowSet rows = rows_between(other, 20, 200);
  const auto out = forecasts(*model, rows);
  double explained = 0, total = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double label = static_cast<double>(other.label[rows.rows[i]]);
    explained += (label - static_cast<double>(out[i])) * (label - static_cast<double>(out[i]));
    total += label * label;
  }
  EXPECT_LT(explained, 0.6 * total);
}

TEST_F(SequenceModelTest, WhatComesLaterChangesNoForecast) {
  const auto model = train(small_nhits());
  const auto before = forecasts(*model, unseen_);
  Dataset changed = data_;
  auto frame = std::make_shared<FeatureFrame>(*data_.frame);
  auto bars = std::make_shared<BarHistory>(*frame->bars);
  for (std::size_t bar = 551; bar < 600; ++bar) {
    bars->log_close[bar] += 0.5;
    bars->log_volume[bar] = 0;
  }
  frame->bars = bars;
  changed.frame = frame;
  const auto after = forecasts(*model, rows_between(changed, 500, 600));
  for (std::size_t i = 0; i <= 50; ++i) EXPECT_EQ(before[i], after[i]) << i;
  EXPECT_NE(before[51], after[51]);
}

TEST_F(SequenceModelTest, FeaturesAreNotRead) {
  const auto model = train(small_patchtst());
  Dataset blind = data_;
  auto frame = std::make_shared<FeatureFrame>(*data_.frame);
  std::fill(frame->values.begin(), frame->values.end(), std::numeric_limits<float>::quiet_NaN());
  blind.frame = frame;
  EXPECT_TRUE(same_bits(forecasts(*model, unseen_), forecasts(*model, rows_between(blind, 500, 600))));
}

TEST_F(SequenceModelTest, NoWindowAtAllIsAnError) {
  TestRun run;
  const auto trainer = make_sequence_trainer({.input_bars = 1000, .covariates = true}, small_nhits());
  ASSERT_TRUE(trainer);
  const auto model = (*trainer)->train({training_, validation_, 1, 1}, run.context);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, "train.no_windows");
  EXPECT_EQ(model.error().kind, ErrorKind::data);
}

TEST_F(SequenceModelTest, OptionsOutOfRangeAreNamed) {
  const auto short_one = make_sequence_trainer({.input_bars = 2, .covariates = true}, small_nhits());
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error().where, "input_bars");
  const auto wrong = make_sequence_trainer("nhits", {{"windows", {{"input_bars", "many"}}}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "train.options");
  NHitsOptions options = small_nhits();
  options.hidden = 0;
  EXPECT_EQ(make_sequence_trainer(short_windows(), options).error().where, "hidden");
}

TEST_F(SequenceModelTest, TheMedianIsForecastWhereQuantilesWereLearned) {
  NHitsOptions options = small_nhits();
  options.fit.loss = SequenceLoss::quantile;
  options.fit.quantiles = {0.1, 0.5, 0.9};
  options.fit.epochs = 24;
  const auto out = forecasts(*train(options), unseen_);
  double above = 0;
  for (std::size_t i = 0; i < out.size(); ++i) above += data_.label[unseen_.rows[i]] > out[i] ? 1 : 0;
  EXPECT_NEAR(above / static_cast<double>(out.size()), 0.5, 0.17);
}

}  // namespace
}  // namespace clm
