#include "learning/options/configured_types.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

using Types = std::set<std::string>;

TEST(ConfiguredTypes, AreThoseOfTrainingServingAndTheEnsemble) {
  LearningOptions options;
  options.training.models = {"ridge", "lightgbm"};
  EXPECT_EQ(configured_types(options), (Types{"ensemble", "lightgbm", "ridge"}));
  options.ensemble.models = {"xgboost"};
  options.ensemble.mode = EnsembleMode::off;
  EXPECT_EQ(configured_types(options), (Types{"lightgbm", "ridge", "xgboost"})) << "none is made";
  // One type is trained today, and the others serve on.
  options.serving.models = options.training.models;
  options.training.models = {"ridge"};
  EXPECT_EQ(configured_types(options), (Types{"lightgbm", "ridge", "xgboost"}));
}

}  // namespace
}  // namespace clm
