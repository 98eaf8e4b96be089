#include "learning/options/training_settings.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(TrainingSettings, TellApartWhatATrainingReads) {
  const std::string before = training_settings_fingerprint(LearningOptions());
  EXPECT_EQ(before.size(), 16U);
  EXPECT_EQ(training_settings_fingerprint(LearningOptions()), before);
  LearningOptions label, trainer, symbols;
  label.label.target = LabelTarget::plain;
  trainer.trainers.lightgbm.rounds += 1;
  symbols.universe.symbols = {"BTCUSDT"};
  for (const LearningOptions& other : {label, trainer, symbols})
    EXPECT_NE(training_settings_fingerprint(other), before);
}

TEST(TrainingSettings, SayNothingOfWhoIsTrainedWhenAndWhatComesAfterwards) {
  const std::string before = training_settings_fingerprint(LearningOptions());
  LearningOptions other;
  other.training.models = {"lightgbm"};
  other.training.threads = 2;
  other.triggers.retrain_hours = 1;
  other.jobs.max_recoveries = 1'000'000;
  other.deployment.mode = PolicyMode::advisory;
  other.deployment.stages.shadow.places = 1;
  EXPECT_EQ(training_settings_fingerprint(other), before);
}

}  // namespace
}  // namespace clm
