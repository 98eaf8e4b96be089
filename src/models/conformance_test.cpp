#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "features/engine/recent_bars.hpp"
#include "models/forecasts_test_support.hpp"
#include "models/model_type.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "models/warm_start.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::forecasts;
using testing::make_model_data;
using testing::ModelDataSpec;
using testing::rows_between;
using testing::TempDirectory;
using testing::TestRun;

TrainerOptions small_options() {
  TrainerOptions options;
  options.xgboost.rounds = 30;
  options.xgboost.learning_rate = 0.1;
  options.xgboost.max_depth = 4;
  options.xgboost.min_child_weight = 5;
  options.lightgbm.rounds = 30;
  options.lightgbm.learning_rate = 0.1;
  options.lightgbm.num_leaves = 15;
  options.lightgbm.min_data_in_leaf = 5;
  options.past_return.column = "x1";
  const auto make_small = [](auto& sequence) {
    sequence.windows.input_bars = 12;
    if constexpr (requires { sequence.network.fit; }) {
      sequence.network.fit.epochs = 24;
      sequence.network.fit.batch_windows = 32;
      sequence.network.fit.learning_rate = 3e-3;
    } else {
      sequence.network.ridge = 1;
    }
  };
  make_small(options.nhits);
  make_small(options.patchtst);
  make_small(options.dlinear);
  make_small(options.nlinear_ols);
  options.nhits.network.hidden = 16;
  options.nhits.network.dropout = 0.1;
  options.patchtst.network.patch_length = 4;
  options.patchtst.network.stride = 2;
  options.patchtst.network.hidden = 32;
  options.patchtst.network.dropout = 0.05;
  options.dlinear.network.moving_average = 5;
  return options;
}

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> result(values.size());
  std::memcpy(result.data(), values.data(), values.size() * sizeof(float));
  return result;
}

std::string whole_file(const std::filesystem::path& path) { return read_file(path).value(); }

/// What every model must do, whatever its type.
class ModelConformance : public ::testing::TestWithParam<std::string_view> {
 protected:
  std::unique_ptr<Trainer> trainer(const TrainerOptions& options = small_options()) const {
    auto made = make_trainer(GetParam(), options);
    EXPECT_TRUE(made) << to_string(made.error());
    return std::move(*made);
  }
  std::unique_ptr<Model> train(const RowSet& rows, std::uint64_t seed = 1) const {
    TestRun run;
    const RowSet none{rows.data, {}};
    auto model = trainer()->train({rows, none, seed, 1}, run.context);
    EXPECT_TRUE(model) << to_string(model.error());
    return std::move(*model);
  }
  ModelFamily family() const { return find_model_type(GetParam())->family; }
  bool is_boosted() const { return family() == ModelFamily::boosted_trees; }
  bool is_sequence() const { return family() == ModelFamily::network; }
  /// Trained by gradient steps, of which each advances towards the label and none arrives.
  bool is_iterated() const { return can_start_warm(GetParam()); }
  bool is_learned() const { return family() != ModelFamily::baseline; }

  Dataset data_ = make_model_data({});
  RowSet training_ = rows_between(data_, 0, 700);
  RowSet unseen_ = rows_between(data_, 700, 1000);
};

TEST_P(ModelConformance, SavedAndLoadedModelForecastsTheSameBits) {
  const TempDirectory directory;
  const auto model = train(training_);
  ASSERT_TRUE(model->save(directory.path()));
  const auto loaded = load_model(GetParam(), directory.path());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(bits(forecasts(**loaded, unseen_)), bits(forecasts(*model, unseen_)));
  EXPECT_EQ((*loaded)->type(), GetParam());
  EXPECT_EQ((*loaded)->feature_hash(), data_.frame->set_hash);
  const auto before = model->importance();
  const auto after = (*loaded)->importance();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].feature, after[i].feature);

  const TempDirectory again;
  ASSERT_TRUE((*loaded)->save(again.path()));
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    EXPECT_EQ(whole_file(again.path() / entry.path().filename()), whole_file(entry.path()));
}

TEST_P(ModelConformance, SameSeedSameFiles) {
  const TempDirectory first;
  const TempDirectory second;
  ASSERT_TRUE(train(training_, 7)->save(first.path()));
  ASSERT_TRUE(train(training_, 7)->save(second.path()));
  for (const auto& entry : std::filesystem::directory_iterator(first.path()))
    EXPECT_EQ(whole_file(second.path() / entry.path().filename()), whole_file(entry.path()));
}

TEST_P(ModelConformance, AnotherSeedDiffersWhereSomethingIsDrawn) {
  const auto one = bits(forecasts(*train(training_, 1), unseen_));
  const auto two = bits(forecasts(*train(training_, 2), unseen_));
  EXPECT_EQ(one == two, !is_boosted() && !is_iterated());
}

TEST_P(ModelConformance, ForecastingChangesNothing) {
  const TempDirectory before;
  const TempDirectory after;
  const auto model = train(training_);
  ASSERT_TRUE(model->save(before.path()));
  const auto first = bits(forecasts(*model, unseen_));
  forecasts(*model, training_);
  EXPECT_EQ(bits(forecasts(*model, unseen_)), first);
  ASSERT_TRUE(model->save(after.path()));
  for (const auto& entry : std::filesystem::directory_iterator(before.path()))
    EXPECT_EQ(whole_file(after.path() / entry.path().filename()), whole_file(entry.path()));
}

TEST_P(ModelConformance, OneRowAtATimeAndAnyOrderGiveTheSameBits) {
  const auto model = train(training_);
  const std::vector<float> together = forecasts(*model, unseen_);
  for (std::size_t i = 0; i < unseen_.size(); ++i) {
    const RowSet one{&data_, {unseen_.rows[i]}};
    ASSERT_EQ(bits(forecasts(*model, one)), bits({together[i]})) << "row " << i;
  }
  RowSet backwards = unseen_;
  std::reverse(backwards.rows.begin(), backwards.rows.end());
  std::vector<float> reversed = forecasts(*model, backwards);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(bits(reversed), bits(together));
}

TEST_P(ModelConformance, MoreRowsThanABlockForecastAsFewer) {
  const Dataset large = make_model_data({.rows = 9000, .seed = 3});
  const auto model = train(rows_between(large, 0, 9000));
  const std::vector<float> all = forecasts(*model, all_rows(large));
  const std::vector<float> tail = forecasts(*model, rows_between(large, 5000, 9000));
  EXPECT_EQ(bits(tail), bits(std::vector<float>(all.begin() + 5000, all.end())));
}

TEST_P(ModelConformance, ManyThreadsForecastAsOne) {
  const auto model = train(training_);
  const auto serial = bits(forecasts(*model, unseen_));
  std::array<std::vector<float>, 4> results;
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 5; ++repeat) result = forecasts(*model, unseen_);
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(bits(result), serial);
}

TEST_P(ModelConformance, ModelsTrainedSideBySideAreThoseTrainedAlone) {
  const auto alone = bits(forecasts(*train(training_), unseen_));
  std::array<std::vector<float>, 3> results;
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&] { result = forecasts(*train(training_), unseen_); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(bits(result), alone);
}

TEST_P(ModelConformance, AbstainsWhereItsWindowIsNotWhole) {
  if (!is_sequence()) GTEST_SKIP() << "reads no windows";
  const auto model = train(training_);
  const RowSet first = rows_between(data_, 0, 30);
  const std::vector<float> out = forecasts(*model, first);
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(std::isnan(out[i]), i < 11) << i;

  Dataset without_bars = data_;
  auto frame = std::make_shared<FeatureFrame>(*data_.frame);
  frame->bars = nullptr;
  without_bars.frame = frame;
  for (const float forecast : forecasts(*model, rows_between(without_bars, 700, 710)))
    EXPECT_TRUE(std::isnan(forecast));
}

TEST_P(ModelConformance, KnowsHowManyBarsItReads) {
  const auto model = train(training_);
  EXPECT_EQ(model->history_bars() > 0, is_sequence());
  std::vector<std::uint32_t> newest;
  for (std::uint32_t row = 0; row < data_.size(); ++row)
    if (data_.decided_at_ms[row] == data_.decided_at_ms.back()) newest.push_back(row);
  const auto said = forecasts(*model, {&data_, newest});
  ASSERT_FALSE(std::isnan(said.back()));
  const auto with_the_last = [&](std::size_t bars) {
    auto frame = std::make_shared<FeatureFrame>(*data_.frame);
    frame->bars = std::make_shared<const BarHistory>(RecentBars(*data_.frame->bars, bars).newest());
    Dataset data = data_;
    data.frame = std::move(frame);
    return forecasts(*model, {&data, newest});
  };
  EXPECT_EQ(bits(with_the_last(model->history_bars())), bits(said));
  if (is_sequence()) {
    EXPECT_TRUE(std::isnan(with_the_last(model->history_bars() / 2).back()));
  }
}

TEST_P(ModelConformance, AbstainsWhereNothingItReadsIsKnown) {
  if (is_sequence()) GTEST_SKIP() << "reads no features";
  const auto model = train(training_);
  Dataset blind = make_model_data({.rows = 2});
  auto frame = std::make_shared<FeatureFrame>(*blind.frame);
  std::fill(frame->values.begin(), frame->values.begin() + 6, std::numeric_limits<float>::quiet_NaN());
  frame->values[6 + 1] = 0.5F;  // row 1 knows x1
  blind.frame = frame;
  const std::vector<float> out = forecasts(*model, all_rows(blind));
  const bool reads_nothing = GetParam() == "zero" || GetParam() == "majority_sign";
  EXPECT_EQ(std::isnan(out[0]), !reads_nothing);
  EXPECT_TRUE(std::isfinite(out[1]));
}

TEST_P(ModelConformance, RefusesRowsOfAnotherFeatureSet) {
  const auto model = train(training_);
  Dataset other = make_model_data({.rows = 5});
  auto frame = std::make_shared<FeatureFrame>(*other.frame);
  frame->set_hash = "another hash";
  other.frame = frame;
  std::vector<float> out(5);
  const Status refused = model->predict(all_rows(other), out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "model.feature_hash");
  EXPECT_EQ(refused.error().kind, ErrorKind::integrity);

  TestRun run;
  const RowSet foreign = all_rows(other);
  const auto trained = trainer()->train({training_, foreign, 1, 1}, run.context);
  ASSERT_FALSE(trained);
  EXPECT_EQ(trained.error().code, "model.feature_hash");
}

TEST_P(ModelConformance, NeedsRowsWithLabelsAndWeights) {
  TestRun run;
  const RowSet none{&data_, {}};
  const auto no_rows = trainer()->train({none, none, 1, 1}, run.context);
  ASSERT_FALSE(no_rows);
  EXPECT_EQ(no_rows.error().code, "train.no_rows");
  EXPECT_EQ(no_rows.error().kind, ErrorKind::data);

  Dataset broken = make_model_data({.rows = 50});
  broken.label[17] = std::numeric_limits<float>::quiet_NaN();
  const RowSet rows = all_rows(broken);
  const auto no_label = trainer()->train({rows, none, 1, 1}, run.context);
  ASSERT_FALSE(no_label);
  EXPECT_EQ(no_label.error().code, "train.label");
  broken.label[17] = 1;
  broken.weight[17] = 0;
  const auto no_weight = trainer()->train({rows, none, 1, 1}, run.context);
  ASSERT_FALSE(no_weight);
  EXPECT_EQ(no_weight.error().code, "train.weight");
}

TEST_P(ModelConformance, AStopRequestEndsTheTraining) {
  TestRun run;
  const RowSet none{&data_, {}};
  const bool in_steps = is_boosted() || is_iterated();
  if (in_steps) {
    run.progress.cancel = &run.cancel;
    run.progress.cancel_after = 3;
  } else {
    run.cancel.request();
  }
  const auto stopped = trainer()->train({training_, none, 1, 1}, run.context);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, "cancelled");
  EXPECT_EQ(run.progress.steps, in_steps ? 3U : 0U);
  // and the next training in this thread is none the wiser
  EXPECT_EQ(bits(forecasts(*train(training_), unseen_)), bits(forecasts(*train(training_), unseen_)));
}

TEST_P(ModelConformance, AdvancesProgressByWhatItAnnounced) {
  TestRun run;
  const auto model = trainer()->train({training_, unseen_, 1, 1}, run.context);
  ASSERT_TRUE(model) << to_string(model.error());
  EXPECT_EQ(run.progress.steps, trainer()->progress_steps());
  EXPECT_EQ(run.progress.tasks, 0U);
}

TEST_P(ModelConformance, AConstantLabelIsForecast) {
  if (!is_learned() && GetParam() != "majority_sign") GTEST_SKIP() << "learns nothing from labels";
  Dataset constant = make_model_data({.rows = 300});
  std::fill(constant.label.begin(), constant.label.end(), 0.25F);
  const auto model = train(all_rows(constant));
  const auto out = forecasts(*model, rows_between(constant, 20, 300));
  if (is_iterated()) {
    double mean = 0;
    for (const float forecast : out) mean += static_cast<double>(forecast) / static_cast<double>(out.size());
    EXPECT_NEAR(mean, 0.25, 0.05);
  } else {
    for (const float forecast : out) EXPECT_NEAR(forecast, 0.25F, 1e-5F);
  }
}

TEST_P(ModelConformance, LearnsASignalOutOfSample) {
  if (!is_learned()) GTEST_SKIP() << "learns nothing from labels";
  const auto out = forecasts(*train(training_), unseen_);
  double explained = 0;
  double total = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double label = double{data_.label[unseen_.rows[i]]};
    explained += (label - double{out[i]}) * (label - double{out[i]});
    total += label * label;
  }
  EXPECT_LT(explained, 0.6 * total);
  const auto importance = train(training_)->importance();
  if (is_sequence()) {
    EXPECT_TRUE(importance.empty());
  } else {
    ASSERT_GE(importance.size(), 3U);
    double shares = 0;
    for (const FeatureImportance& feature : importance) shares += feature.share;
    EXPECT_NEAR(shares, 1, 1e-12);
    EXPECT_TRUE(importance[0].feature == "x0" || importance[0].feature == "x2") << importance[0].feature;
  }
}

TEST_P(ModelConformance, ParametersMakeTheSameTrainer) {
  const auto original = trainer();
  const auto again = make_trainer(GetParam(), original->parameters());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ((*again)->parameters(), original->parameters());
  TestRun run;
  const RowSet none{&data_, {}};
  const auto model = (*again)->train({training_, none, 1, 1}, run.context);
  ASSERT_TRUE(model);
  EXPECT_EQ(bits(forecasts(**model, unseen_)), bits(forecasts(*train(training_), unseen_)));

  nlohmann::json unknown = original->parameters();
  unknown["no_such_setting"] = 1;
  const auto refused = make_trainer(GetParam(), unknown);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "train.options");
  EXPECT_EQ(refused.error().where, "no_such_setting");
}

TEST_P(ModelConformance, AnAlteredFileIsRefused) {
  const TempDirectory directory;
  ASSERT_TRUE(train(training_)->save(directory.path()));
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    const std::string original = whole_file(entry.path());
    const auto expect_refused = [&](const std::string& bytes, const std::string& what) {
      std::ofstream(entry.path(), std::ios::binary) << bytes;
      const auto loaded = load_model(GetParam(), directory.path());
      ASSERT_FALSE(loaded) << what;
      EXPECT_TRUE(loaded.error().code == "model.load" || loaded.error().code == "model.type") << what;
      EXPECT_EQ(loaded.error().kind, ErrorKind::integrity);
    };
    expect_refused("", "emptied");
    expect_refused(original.substr(0, original.size() / 2), "cut in half");
    expect_refused(original.substr(0, original.size() - 1), "last byte lost");
    expect_refused(original + "\n", "a byte appended");
    Random random(11);
    for (int flip = 0; flip < 60; ++flip) {
      std::string flipped = original;
      const auto place = static_cast<std::size_t>(random.below(original.size()));
      flipped[place] = static_cast<char>(flipped[place] ^ (1 << random.below(8)));
      expect_refused(flipped, entry.path().filename().string() + " byte " + std::to_string(place));
    }
    std::filesystem::remove(entry.path());
    EXPECT_EQ(load_model(GetParam(), directory.path()).error().code, "model.load");
    std::ofstream(entry.path(), std::ios::binary) << original;
    EXPECT_TRUE(load_model(GetParam(), directory.path()));
  }
}

TEST_P(ModelConformance, AnotherTypesFilesAreRefused) {
  const TempDirectory directory;
  ASSERT_TRUE(train(training_)->save(directory.path()));
  for (const ModelType& other : model_types()) {
    if (other.name == GetParam()) continue;
    const auto loaded = load_model(other.name, directory.path());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, "model.type");
  }
}

/// The rows of `model_types()`, by name.
std::vector<std::string_view> every_type() {
  std::vector<std::string_view> names;
  for (const ModelType& type : model_types()) names.push_back(type.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(EveryType, ModelConformance, ::testing::ValuesIn(every_type()),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace clm
