#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/file_io.hpp"
#include "base/random.hpp"
#include "models/networks/network_json.hpp"
#include "models/networks/network_trainer.hpp"
#include "models/sequence/forecast_protocol.hpp"
#include "support/counting_clocks.hpp"
#include "support/temp_directory.hpp"
#include "support/testdata.hpp"

namespace clm {
namespace {

/// A noisy sum of two waves: something to learn for every network.
StandardisedTable waves(std::size_t rows) {
  WideTable table;
  table.columns = {"a", "b"};
  table.values.resize(2);
  Random random(5);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto t = static_cast<double>(row);
    table.values[0].push_back(std::sin(t / 4) + .3 * random.normal());
    table.values[1].push_back(std::cos(t / 7) + .5 * std::sin(t / 3) + .3 * random.normal());
    table.dates.emplace_back();
  }
  return standardise(table, {0, rows});
}

template <typename Options>
Options quick(Options options = {}) {
  options.fit.epochs = 3;
  options.fit.batch_windows = 32;
  options.fit.checkpoint_every_steps = 10;
  return options;
}

NetworkOptions quick_patchtst() {
  PatchTstOptions options = quick<PatchTstOptions>();
  options.patch_length = 8;
  options.stride = 4;
  options.layers = 2;
  options.hidden = 32;
  options.dropout = .1;
  return options;
}

NetworkOptions quick_nhits() {
  NHitsOptions options = quick<NHitsOptions>();
  options.hidden = 24;
  options.dropout = .1;
  return options;
}

class Training : public ::testing::Test {
 protected:
  Training() : table_(waves(500)), training_(table_, {0, 350}, 32, 8), validation_(table_, {318, 500}, 32, 8) {}

  Result<TrainedSequence> fit(const NetworkOptions& options, SequenceJob job, const RunContext& context) const {
    return make_network_trainer(**processor_kernels(), options)->fit(job, context);
  }
  Result<TrainedSequence> fit(const NetworkOptions& options) { return fit(options, job(), context()); }
  SequenceJob job() const { return {training_, validation_, 1, {}, nullptr}; }
  RunContext context() { return {clock_, cancel_, progress_, 1}; }

  StandardisedTable table_;
  SlidingWindows training_, validation_;
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};

TEST_F(Training, LearnsAndKeepsTheBestEpoch) {
  const double naive = naive_error(validation_)->mse;
  for (const NetworkOptions& options : {NetworkOptions(NLinearOlsOptions{}), NetworkOptions(quick<NLinearOptions>()),
                                        NetworkOptions(quick<DLinearOptions>()), quick_nhits(), quick_patchtst()}) {
    const auto trained = fit(options);
    ASSERT_TRUE(trained) << to_string(trained.error());
    EXPECT_LT(forecast_error(*trained->forecaster, validation_)->mse, .7 * naive) << network_type(options);
    const TrainingReport& report = trained->report;
    if (report.ended_by == TrainingEnd::closed_form) continue;
    ASSERT_EQ(report.validation_loss.size(), 3u);
    const double best = report.validation_loss[report.best_epoch - 1];
    for (const double loss : report.validation_loss) EXPECT_LE(best, loss);
    // What is kept is that epoch: judged again, it gives its loss.
    EXPECT_NEAR(forecast_error(*trained->forecaster, validation_)->mse, best, 1e-6);
  }
}

TEST_F(Training, SameSeedSameBitsAndAnotherSeedOthers) {
  for (const NetworkOptions& options : {quick_nhits(), quick_patchtst()}) {
    SequenceJob other = job();
    other.seed = 2;
    const std::string first = fit(options)->forecaster->weights();
    EXPECT_EQ(first, fit(options)->forecaster->weights());
    EXPECT_NE(first, fit(options, other, context())->forecaster->weights());
  }
}

TEST_F(Training, GoesOnFromACheckpointToTheSameBits) {
  for (const NetworkOptions& options : {quick_nhits(), quick_patchtst()}) {
    const std::string whole = fit(options)->forecaster->weights();
    for (const int stopped_after : {3, 12, 25}) {
      const testing::TempDirectory directory;
      SequenceJob stored = job();
      stored.checkpoint = directory.path() / "state";
      CancelToken cancel;
      const testing::CountdownClock clock(cancel, stopped_after);
      const auto stopped = fit(options, stored, {clock, cancel, progress_, 1});
      ASSERT_FALSE(stopped);
      EXPECT_EQ(stopped.error().code, "cancelled");
      ASSERT_TRUE(std::filesystem::exists(stored.checkpoint));
      const auto resumed = fit(options, stored, context());
      ASSERT_TRUE(resumed) << to_string(resumed.error());
      EXPECT_TRUE(resumed->report.resumed);
      EXPECT_EQ(resumed->forecaster->weights(), whole) << stopped_after;
      EXPECT_FALSE(std::filesystem::exists(stored.checkpoint)) << "a finished training leaves nothing";
    }
  }
}

TEST_F(Training, RefusesACheckpointOfAnotherTrainingOrADamagedOne) {
  const testing::TempDirectory directory;
  SequenceJob stored = job();
  stored.checkpoint = directory.path() / "state";
  CancelToken cancel;
  const testing::CountdownClock clock(cancel, 5);
  ASSERT_FALSE(fit(quick_nhits(), stored, {clock, cancel, progress_, 1}));
  const std::string good = *read_file(stored.checkpoint);
  SequenceJob other = stored;
  other.seed = 2;
  EXPECT_EQ(fit(quick_nhits(), other, context()).error().code, "train.checkpoint");
  std::string bad = good;
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
  ASSERT_TRUE(write_file_atomic(stored.checkpoint, bad));
  EXPECT_EQ(fit(quick_nhits(), stored, context()).error().code, "train.checkpoint");
}

TEST_F(Training, KeepsTheBestWhenTimeIsUp) {
  PatchTstOptions options = std::get<PatchTstOptions>(quick_patchtst());
  options.fit.epochs = 1000;
  options.fit.time_budget_seconds = 60;
  const testing::TickingClock clock;
  const auto trained = fit(options, job(), {clock, cancel_, progress_, 1});
  ASSERT_TRUE(trained);
  EXPECT_EQ(trained->report.ended_by, TrainingEnd::time_budget);
  EXPECT_LT(trained->report.steps, 70u);
  EXPECT_LT(forecast_error(*trained->forecaster, validation_)->mse, naive_error(validation_)->mse);
}

TEST_F(Training, EndsAfterSoManyStepsAsWhenTimeWasUp) {
  PatchTstOptions options = std::get<PatchTstOptions>(quick_patchtst());
  options.fit.epochs = 1000;
  options.fit.time_budget_seconds = 60;
  const testing::TickingClock clock;
  const auto timed = fit(options, job(), {clock, cancel_, progress_, 1});
  ASSERT_TRUE(timed);
  SequenceJob again = job();
  again.stop_after_steps = timed->report.steps;
  const auto counted = fit(options, again, context());
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->report.ended_by, TrainingEnd::time_budget);
  EXPECT_EQ(counted->report.steps, timed->report.steps);
  EXPECT_EQ(counted->report.best_epoch, timed->report.best_epoch);
  EXPECT_TRUE(counted->forecaster->weights() == timed->forecaster->weights());

  again.stop_after_steps = timed->report.steps - 1;
  EXPECT_FALSE(fit(options, again, context())->forecaster->weights() == timed->forecaster->weights());
  again.stop_after_steps = timed->report.steps;
  const testing::TickingClock late;
  options.fit.time_budget_seconds = 5;
  EXPECT_EQ(fit(options, again, {late, cancel_, progress_, 1})->report.steps, timed->report.steps)
      << "the clock has no say then";
}

TEST_F(Training, FailsClearlyWhenItDiverges) {
  NLinearOptions options = quick<NLinearOptions>();
  options.fit.learning_rate = 1;
  options.fit.epochs = 1000;
  options.fit.weight_decay = 1;
  options.fit.clip_norm = std::numeric_limits<double>::infinity();
  StandardisedTable extreme = table_;
  for (std::size_t row = 200; row < 210; ++row) extreme.values[0][row] = 1e30F;
  const SlidingWindows windows(extreme, {0, 350}, 32, 8);
  const auto failed = fit(options, {windows, validation_, 1, {}, nullptr}, context());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "train.diverged");
  EXPECT_FALSE(failed.error().where.empty());
}

TEST_F(Training, StopsWhenValidationNoLongerImproves) {
  NLinearOptions options = quick<NLinearOptions>();
  options.fit.epochs = 1000;
  options.fit.learning_rate = .1;
  options.fit.patience_epochs = 2;
  const auto trained = fit(options);
  ASSERT_TRUE(trained);
  EXPECT_EQ(trained->report.ended_by, TrainingEnd::patience);
  EXPECT_EQ(trained->report.epochs, trained->report.best_epoch + 2);
}

TEST_F(Training, BeginsWithTheWeightsOfItsParent) {
  const auto parent = fit(quick_nhits());
  SequenceJob warm = job();
  warm.warm_start = parent->forecaster.get();
  const auto child = fit(quick_nhits(), warm, context());
  ASSERT_TRUE(child) << to_string(child.error());
  EXPECT_LT(child->report.training_loss.front(), parent->report.training_loss.front());
  EXPECT_EQ(fit(quick_patchtst(), warm, context()).error().code, "train.warm_start");
  NHitsOptions wider = std::get<NHitsOptions>(quick_nhits());
  wider.hidden = 32;
  EXPECT_EQ(fit(wider, warm, context()).error().code, "train.warm_start");
}

TEST_F(Training, QuantilePathsEncloseTheShareTheyPromise) {
  NHitsOptions options = std::get<NHitsOptions>(quick_nhits());
  options.fit.loss = SequenceLoss::quantile;
  options.fit.quantiles = {.1, .5, .9};
  options.fit.epochs = 12;
  const auto trained = fit(options);
  ASSERT_TRUE(trained);
  WindowBatch batch;
  std::vector<std::uint32_t> all(validation_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  validation_.read(all, batch);
  std::vector<float> out(all.size() * 3 * 8);
  ASSERT_TRUE(trained->forecaster->forecast(batch.inputs, all.size(), out));
  double inside = 0;
  for (std::size_t window = 0; window < all.size(); ++window)
    for (std::size_t step = 0; step < 8; ++step) {
      const float target = batch.targets[window * 8 + step];
      inside += out[window * 24 + step] <= target && target <= out[window * 24 + 16 + step] ? 1 : 0;
    }
  EXPECT_NEAR(inside / static_cast<double>(all.size() * 8), .8, .12);
}

TEST_F(Training, RefusesWhatCannotBeTrained) {
  const SlidingWindows none(table_, {0, 10}, 32, 8);
  EXPECT_EQ(fit(quick_nhits(), {none, none, 1, {}, nullptr}, context()).error().code, "train.no_windows");
  const SlidingWindows other(table_, {0, 100}, 24, 8);
  EXPECT_EQ(fit(quick_nhits(), {training_, other, 1, {}, nullptr}, context()).error().code, "train.shape");
  PatchTstOptions options = std::get<PatchTstOptions>(quick_patchtst());
  options.patch_length = 33;
  EXPECT_EQ(fit(options).error().code, "train.shape");
}

TEST(Schedules, TakeTheirPublishedShape) {
  FitOptions options;
  options.epochs = 10;
  options.learning_rate = 1;
  options.schedule = LearningRateSchedule::halvings;
  EXPECT_EQ(scheduled_rate(options, 0, 100, 0), 1);
  EXPECT_EQ(scheduled_rate(options, 25, 100, 2), .5);
  EXPECT_EQ(scheduled_rate(options, 99, 100, 9), .125);
  options.schedule = LearningRateSchedule::type3;
  EXPECT_EQ(scheduled_rate(options, 29, 100, 2), 1);
  EXPECT_DOUBLE_EQ(scheduled_rate(options, 30, 100, 3), .9);
  EXPECT_DOUBLE_EQ(scheduled_rate(options, 40, 100, 4), .81);
  options.schedule = LearningRateSchedule::one_cycle;
  options.warm_up_share = .4;
  EXPECT_NEAR(scheduled_rate(options, 0, 100, 0), 1 / 25.0, 1e-12);
  EXPECT_DOUBLE_EQ(scheduled_rate(options, 39, 100, 3), 1);
  EXPECT_NEAR(scheduled_rate(options, 99, 100, 9), 1 / 25e4, 1e-9);
}

// REFERENCES: F6. The closed form on real data: a data path that is off by one row would miss it.
TEST(EttProtocol, ClosedFormReproducesTheReferenceOnETTh1) {
  const auto data = testing::test_data("ett");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  const auto table = read_wide_table(*data / "ett" / "ETTh1.csv.gz");
  ASSERT_TRUE(table) << to_string(table.error());
  const auto split = *protocol_split("ETTh1", table->rows());
  const StandardisedTable scaled = standardise(*table, split.training());
  const SlidingWindows training(scaled, split.training(), 336, 96), test(scaled, split.test(336), 336, 96);
  const SlidingWindows none(scaled, {0, 0}, 336, 96);
  const SystemClock clock;
  const CancelToken cancel;
  SilentProgress progress;
  const auto trained = make_network_trainer(**processor_kernels(), NLinearOlsOptions{})
                           ->fit({training, none, 1, {}, nullptr}, {clock, cancel, progress, 1});
  ASSERT_TRUE(trained) << to_string(trained.error());
  const auto error = *forecast_error(*trained->forecaster, test);
  EXPECT_NEAR(error.mse, .3702, .0005);
  EXPECT_NEAR(error.mae, .3915, .0005);
}

}  // namespace
}  // namespace clm
