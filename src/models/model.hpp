#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "features/labels/dataset.hpp"

namespace clm {

/// How much a feature mattered to a trained model, as a share of the total (sums to 1 over the features).
struct FeatureImportance {
  std::string feature;
  double share = 0;
};

/// A trained forecaster of the label. Immutable and thread-safe once made: any number of threads may call any member
/// at once and get what one thread would have got, to the bit. A forecast depends on its own row alone, so neither
/// the order nor the number of rows in a call changes it.
class Model {
 public:
  virtual ~Model() = default;

  /// "xgboost", "lightgbm", "ridge", "zero", "majority_sign", "momentum", "reversal", ...
  virtual std::string_view type() const = 0;
  /// Hash of the feature set it was trained on; other frames are refused.
  virtual const std::string& feature_hash() const = 0;

  /// One forecast per row, in label units; NaN where the model abstains (it then has no vote): a model that reads
  /// features abstains where none of those it reads is known. `out` has `rows.size()` entries. Runs in the calling
  /// thread. Errors `model.feature_hash` (integrity), `model.predict` (defect).
  virtual Status predict(const RowSet& rows, std::span<float> out) const = 0;

  /// How many of a symbol's bars up to a row's own it reads from `FeatureFrame::bars`; 0 where it reads features alone,
  /// which is the default. A frame that holds as many of the last bars gives the newest rows the same forecasts, to the
  /// bit, as one that holds all.
  virtual std::size_t history_bars() const { return 0; }

  /// How far each feature moved each forecast, in label units: row-major, rows.size() x (F + 1), the last column what
  /// the model says of nothing in particular. A row's values sum to its forecast, to float rounding; all are NaN where
  /// the model abstains; a feature that the model does not use has 0. Boosted trees: Shapley values of the conditional
  /// expectation along the trees' paths (Lundberg et al. 2020, Nature Machine Intelligence 2:56, algorithm 2), by
  /// `ShapleyForest`, trees of more than 65 leaves by the libraries, whose cost is ten times that. ridge: coefficient x
  /// z-score, exact. `out` has rows.size() x (F + 1) entries. Errors as `predict`, and
  /// `model.contributions` (usage) from the types that do not offer it, which is the default.
  virtual Status contributions(const RowSet& rows, std::span<double> out) const;

  /// Writes the model's files into an existing, empty directory; `load_model` reads them back so that predictions
  /// are equal to the bit. Error `file.write` (unavailable).
  virtual Status save(const std::filesystem::path& directory) const = 0;

  /// Descending by share; empty where the model has no such notion.
  virtual std::vector<FeatureImportance> importance() const { return {}; }
  /// What a person should know of how it was trained, a sentence each; kept by `save`.
  virtual std::vector<std::string> notes() const { return {}; }
  /// Libraries beside those of `library_versions()` that compute it, and what they run on: {"networks", "cpu
  /// (avx512)"}. For manifests; bits do not depend on it.
  virtual std::map<std::string, std::string> libraries() const { return {}; }
};

/// What a training is given. `validation` (for early stopping) was purged against `training` by the caller and holds
/// no row of it; it may be empty, then all rounds are run. Nothing but early stopping reads it.
struct TrainingJob {
  const RowSet& training;
  const RowSet& validation;
  std::uint64_t seed = 1;
  int threads = 1;  ///< >= 1; a parameter of the training: the bits may depend on it, so it is stored
  /// Where long trainings leave their state and find it again after they were killed; empty = nowhere. The bits do not
  /// depend on it.
  std::filesystem::path checkpoint_directory = {};
};

/// Makes models of one type. Thread-safe; holds parameters only.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual std::string_view type() const = 0;
  /// Every parameter that decides the bits of the model, for the manifest; `make_trainer` reads it back.
  virtual nlohmann::json parameters() const = 0;
  /// The same for a model that it trained, read back or not: with what the training met that decides the bits, such as
  /// the step at which a time budget ended it. With these `make_trainer` makes a trainer of the same bits on any
  /// machine.
  virtual nlohmann::json parameters_of(const Model& model) const;
  /// By how much a successful training advances `RunContext::progress` in all (it neither begins nor ends a task).
  virtual std::size_t progress_steps() const = 0;
  /// Whether it reads `TrainingJob::validation` to stop early; for one that does not, rows kept back for it are lost.
  virtual bool stops_early() const { return false; }
  /// Whether the model follows from features, labels and weights of the job's rows alone, beside parameters, seed,
  /// threads and libraries, and takes long enough that finding it again pays (`FitStore`).
  virtual bool reads_features_alone() const { return false; }
  /// Errors: `train.no_rows`, `train.label`, `train.weight` (data), `train.column` (usage), `model.feature_hash`
  /// (integrity: validation rows of another feature set), `train.failed` (data, with the library's words), `cancelled`.
  virtual Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const = 0;
};

/// Reads what `Model::save` wrote. A file that is missing, empty, cut off or altered in any bit is refused before a
/// library sees it. Errors `model.load` (integrity), `model.type` (integrity: unknown, or not what the directory
/// holds).
Result<std::unique_ptr<Model>> load_model(std::string_view type, const std::filesystem::path& directory);

}  // namespace clm
