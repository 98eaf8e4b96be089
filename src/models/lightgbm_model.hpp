#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "models/early_stopping.hpp"
#include "models/model.hpp"

namespace clm {

/// Gradient boosting with LightGBM on squared error (Ke et al. 2017, NeurIPS 30), leaf-wise, `deterministic` and
/// row-wise. The defaults are regularised for labels that are nearly all noise; they were chosen on months of a
/// 60-symbol panel that were not used to judge them (docs/QUALITY.md). The system that clm re-creates had 500 rounds,
/// depth 7, rate .01 and both samples .8.
struct LightGbmOptions {
  int rounds = 300;             ///< trees at most, 1..100000; more fit closer and cost in proportion
  int num_leaves = 31;          ///< leaves of a tree, 2..131072; the main brake on complexity
  int max_depth = -1;           ///< levels of a tree, -1..1000; -1 = no limit
  double learning_rate = 0.05;  ///< [1e-6, 1]; smaller needs more rounds and generalises better
  double subsample = 0.5;       ///< share of rows per tree, [.01, 1]; less decorrelates trees
  double colsample = 0.3;       ///< share of features per tree, [.01, 1]
  int min_data_in_leaf = 1000;  ///< least number of rows in a leaf, >= 1; more smooths
  double lambda = 10.0;         ///< L2 penalty on leaf values, in row weights, >= 0; more shrinks small leaves
  /// Thresholds drawn at random, the best of the draws taken (Geurts et al. 2006): splits follow noise less.
  bool extra_trees = true;
  int early_stopping_rounds = 0;  ///< stop after so many without a better validation loss; 0 = run all rounds
  StoppingMetric stopping_metric = StoppingMetric::rmse;
  int max_bin = 63;             ///< histogram bins per feature, 2..65535; more is finer and slower
  int bin_sample_rows = 50000;  ///< rows drawn to place the bins, >= 1; held as doubles while the bins are made
};

/// Error `train.options` (usage) names a value out of range.
///
/// LightGBM keeps its number of threads in one variable of the process and sizes buffers by it. Trainings with the
/// same `TrainingJob::threads` run side by side; one with another number waits until they are done.
Result<std::unique_ptr<Trainer>> make_lightgbm_trainer(const LightGbmOptions& options);

/// Reads `model.json` and `model.txt` (LightGBM's own text, readable by its other bindings). Errors as `load_model`.
Result<std::unique_ptr<Model>> load_lightgbm_model(const std::filesystem::path& directory);

/// Of the library built against, "4.7.0".
std::string lightgbm_version();

}  // namespace clm
