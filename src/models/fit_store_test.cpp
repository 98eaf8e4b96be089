#include "models/fit_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/forecasts_test_support.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;

/// Passes everything on and counts the trainings.
class CountingTrainer : public Trainer {
 public:
  explicit CountingTrainer(std::unique_ptr<Trainer> trainer) : trainer_(std::move(trainer)) {}
  std::string_view type() const override { return trainer_->type(); }
  nlohmann::json parameters() const override { return trainer_->parameters(); }
  std::size_t progress_steps() const override { return trainer_->progress_steps(); }
  bool stops_early() const override { return trainer_->stops_early(); }
  bool reads_features_alone() const override { return trainer_->reads_features_alone(); }
  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& run) const override {
    ++trainings;
    return trainer_->train(job, run);
  }
  mutable int trainings = 0;

 private:
  std::unique_ptr<Trainer> trainer_;
};

CountingTrainer counting(const std::string& type, int rounds = 5) {
  TrainerOptions options;
  options.lightgbm.rounds = rounds;
  options.xgboost.rounds = rounds;
  auto trainer = make_trainer(type, options);
  if (!trainer) throw std::runtime_error(to_string(trainer.error()));
  return CountingTrainer(std::move(*trainer));
}

class FitStoreTest : public ::testing::Test {
 protected:
  std::vector<float> ask(const FitStore& store, const CountingTrainer& trainer, const Dataset& data,
                         std::uint64_t seed = 1) {
    const RowSet rows = all_rows(data), none{&data, {}};
    const auto model = store.find_or_train(trainer, TrainingJob{rows, none, seed}, run_.context);
    EXPECT_TRUE(model) << to_string(model.error());
    return model ? testing::forecasts(**model, rows) : std::vector<float>();
  }

  testing::TempDirectory directory_;
  testing::TestRun run_;
};

TEST_F(FitStoreTest, TrainsTheSameOnceAndFindsItToTheBit) {
  const Dataset data = testing::make_model_data({});
  for (const std::string type : {"lightgbm", "xgboost"}) {
    const FitStore store(directory_.path() / type);
    const CountingTrainer trainer = counting(type);
    const std::vector<float> trained = ask(store, trainer, data);
    EXPECT_EQ(ask(store, trainer, data), trained) << type;
    EXPECT_EQ(trainer.trainings, 1) << type;
  }
}

TEST_F(FitStoreTest, TakesNothingElseForTheSame) {
  const Dataset data = testing::make_model_data({});
  const FitStore store(directory_.path());
  const CountingTrainer trainer = counting("lightgbm");
  ask(store, trainer, data);
  const auto is_trained_anew = [&](const std::function<void(Dataset&)>& change, std::uint64_t seed = 1) {
    Dataset changed = testing::make_model_data({});
    change(changed);
    const int before = trainer.trainings;
    ask(store, trainer, changed, seed);
    return trainer.trainings == before + 1;
  };
  EXPECT_FALSE(is_trained_anew([](Dataset&) {}));
  EXPECT_TRUE(is_trained_anew([](Dataset& d) { d.label.back() += 0.001F; }));
  EXPECT_TRUE(is_trained_anew([](Dataset& d) { d.weight.back() *= 2; }));
  EXPECT_TRUE(is_trained_anew([](Dataset& d) { d.frame_row.back() = 0; })) << "other features";
  EXPECT_TRUE(is_trained_anew([](Dataset&) {}, 2)) << "another seed";
  EXPECT_TRUE(is_trained_anew([](Dataset& d) {
    auto frame = std::make_shared<FeatureFrame>(*d.frame);
    frame->set_hash = "another";
    d.frame = frame;
  }));
  const CountingTrainer longer = counting("lightgbm", 6);
  ask(store, longer, data);
  EXPECT_EQ(longer.trainings, 1) << "other parameters";
}

TEST_F(FitStoreTest, TrainsAgainWhereWhatWasKeptIsDamaged) {
  const Dataset data = testing::make_model_data({});
  const FitStore store(directory_.path());
  const CountingTrainer trainer = counting("xgboost");
  const std::vector<float> trained = ask(store, trainer, data);
  for (const auto& kept : fs::recursive_directory_iterator(directory_.path()))
    if (kept.is_regular_file()) std::ofstream(kept.path(), std::ios::app) << "x";
  EXPECT_EQ(ask(store, trainer, data), trained);
  EXPECT_EQ(trainer.trainings, 2);
  EXPECT_EQ(ask(store, trainer, data), trained);
  EXPECT_EQ(trainer.trainings, 2) << "mended by the training";
}

TEST_F(FitStoreTest, KeepsNoMoreThanAllowedAndTheNewest) {
  const Dataset data = testing::make_model_data({});
  const CountingTrainer trainer = counting("lightgbm");
  const FitStore measured(directory_.path() / "measured");
  ask(measured, trainer, data);
  std::uint64_t bytes = 0;
  for (const auto& file : fs::recursive_directory_iterator(directory_.path() / "measured"))
    if (file.is_regular_file()) bytes += file.file_size();
  const FitStore store(directory_.path() / "kept", 2 * bytes + bytes / 2);
  for (const std::uint64_t seed : {1U, 2U, 3U}) ask(store, trainer, data, seed);
  const int before = trainer.trainings;
  ask(store, trainer, data, 3);
  ask(store, trainer, data, 2);
  EXPECT_EQ(trainer.trainings, before);
  ask(store, trainer, data, 1);
  EXPECT_EQ(trainer.trainings, before + 1) << "the first had to go";
}

TEST_F(FitStoreTest, WhereNothingCanBeWrittenTrainingsGoOn) {
  std::ofstream(directory_.path() / "file") << "in the way";
  const Dataset data = testing::make_model_data({});
  const FitStore store(directory_.path() / "file");
  const CountingTrainer trainer = counting("lightgbm");
  EXPECT_EQ(ask(store, trainer, data), ask(store, trainer, data));
  EXPECT_EQ(trainer.trainings, 2);
}

TEST_F(FitStoreTest, OthersAreNeverKept) {
  const Dataset data = testing::make_model_data({});
  const FitStore store(directory_.path() / "fits");
  const CountingTrainer trainer = counting("ridge");
  ask(store, trainer, data);
  ask(store, trainer, data);
  EXPECT_EQ(trainer.trainings, 2);
  EXPECT_FALSE(fs::exists(directory_.path() / "fits"));
}

}  // namespace
}  // namespace clm
