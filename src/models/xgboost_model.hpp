#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "models/early_stopping.hpp"
#include "models/model.hpp"

namespace clm {

/// Gradient boosting with XGBoost's `hist` method on squared error (Chen & Guestrin 2016, arXiv:1603.02754). The
/// defaults are regularised for labels that are nearly all noise, as those of LightGbmOptions are; the system that clm
/// re-creates had 500 rounds, depth 7, rate .01 and both samples .8.
struct XgboostOptions {
  int rounds = 200;                ///< trees at most, 1..100000; more fit closer and cost in proportion
  int max_depth = 5;               ///< levels of a tree, 1..16; more find higher interactions and overfit sooner
  double learning_rate = 0.05;     ///< [1e-6, 1]; smaller needs more rounds and generalises better
  double subsample = 0.5;          ///< share of rows per tree, [.01, 1]; less decorrelates trees
  double colsample = 1.0;          ///< share of features per tree, [.01, 1]
  double colsample_bynode = 0.1;   ///< share of those per split, [.01, 1]; less decorrelates trees
  double min_child_weight = 1000;  ///< least sum of row weights in a leaf, >= 0; more smooths
  double lambda = 50.0;            ///< L2 penalty on leaf values, in row weights, >= 0; more shrinks small leaves
  int early_stopping_rounds = 0;   ///< stop after so many without a better validation loss; 0 = run all rounds
  StoppingMetric stopping_metric = StoppingMetric::rmse;
  int max_bin = 64;  ///< histogram bins per feature, 2..65535; more is finer and slower
};

/// Error `train.options` (usage) names a value out of range.
Result<std::unique_ptr<Trainer>> make_xgboost_trainer(const XgboostOptions& options);

/// Reads `model.json` and `model.ubj` (XGBoost's own UBJSON, readable by its other bindings). Errors as `load_model`.
Result<std::unique_ptr<Model>> load_xgboost_model(const std::filesystem::path& directory);

/// Of the library in use, "1.7.4".
std::string xgboost_version();

}  // namespace clm
