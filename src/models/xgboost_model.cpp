#include "models/xgboost_model.hpp"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/random.hpp"
#include "models/boosted_model.hpp"
#include "models/boosted_trees.hpp"
#include "models/option_fields.hpp"
#include "models/training_rows.hpp"
#include "models/xgboost_handles.hpp"

namespace clm {
namespace {

constexpr std::string_view kXgboostType = "xgboost";
constexpr std::string_view kXgboostFile = "model.ubj";

class XgboostModel final : public BoostedModel {
 public:
  XgboostModel(BoostedModelFile file, XgbBooster booster, FlatForest forest)
      : BoostedModel(std::move(file), kXgboostFile, std::move(forest)), booster_(std::move(booster)) {}

  /// The one way to a model, from a training and from a file, so that both give the same bits.
  static Result<std::unique_ptr<Model>> from_file(BoostedModelFile file) {
    XgbBooster booster;
    const std::string& bytes = file.stored.library_bytes;
    if (XGBoosterCreate(nullptr, 0, booster.receive()) != 0 || XGBoosterSetParam(booster.get(), "nthread", "1") != 0 ||
        XGBoosterLoadModelFromBuffer(booster.get(), bytes.data(), bytes.size()) != 0 ||
        XGBoosterSetParam(booster.get(), "nthread", "1") != 0)
      return load_failure(std::string("XGBoost: ") + XGBGetLastError(), kXgboostFile);
    bst_ulong columns = 0;
    if (XGBoosterGetNumFeature(booster.get(), &columns) != 0 || columns != file.stored.header.feature_names.size())
      return load_failure("has another number of features than its description", kXgboostFile);
    auto forest = read_xgboost_trees(bytes, columns);
    if (!forest) return load_failure(forest.error().message, kXgboostFile);
    const auto ask = [&](std::span<const float> rows, std::span<float> out) { return ask_library(booster, rows, out); };
    if (Status same = check_forest(*forest, columns, ask, kXgboostFile); !same) return forward_error(same);
    return std::make_unique<XgboostModel>(std::move(file), std::move(booster), std::move(*forest));
  }

 private:
  static Status ask_library(const XgbBooster& booster, std::span<const float> rows, std::span<float> out) {
    static constexpr const char* kConfig =
        R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,)"
        R"("missing":NaN,"cache_id":0})";
    const std::string array = xgb_array_interface(rows, out.size());
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* forecasts = nullptr;
    if (XGBoosterPredictFromDense(booster.get(), array.c_str(), kConfig, nullptr, &shape, &dimensions, &forecasts) !=
            0 ||
        dimensions != 1 || shape[0] != out.size())
      return load_failure(std::string("XGBoost: ") + XGBGetLastError(), kXgboostFile);
    std::copy_n(forecasts, out.size(), out.begin());
    return {};
  }

  Result<StoredTrees> stored_trees(const std::string& library_bytes) const override {
    return parse_xgboost_trees(library_bytes, columns());
  }

  // Rows go through a matrix. The library says nothing of
  // threads here, and nobody waits for it, so one at a time.
  Status library_contributions(std::span<const float> features, std::span<double> out) const override {
    static constexpr const char* kConfig =
        R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false})";
    const std::lock_guard lock(contributing_);
    const std::size_t width = columns() + 1;
    const std::size_t count = out.size() / width;
    XgbMatrix matrix;
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    if (XGDMatrixCreateFromDense(xgb_array_interface(features, count).c_str(), R"({"missing":NaN,"nthread":1})",
                                 matrix.receive()) != 0 ||
        XGBoosterPredictFromDMatrix(booster_.get(), matrix.get(), kConfig, &shape, &dimensions, &values) != 0 ||
        dimensions != 2 || shape[0] != count || shape[1] != width)
      return fail(ErrorKind::defect, "model.predict", std::string("XGBoost: ") + XGBGetLastError());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = double{values[i]};
    return {};
  }

  XgbBooster booster_;
  mutable std::mutex contributing_;
};

Status set_parameters(const XgbBooster& booster, const XgboostOptions& options, const TrainingJob& job,
                      double mean_label) {
  // Half of the range that every version of XGBoost reads as a signed 32-bit seed.
  const std::uint64_t seed = Random::stream(job.seed, kXgboostType).below(std::uint64_t{1} << 30);
  const std::pair<const char*, std::string> parameters[] = {
      {"booster", "gbtree"},
      {"objective", "reg:squarederror"},
      {"tree_method", "hist"},
      {"max_depth", std::to_string(options.max_depth)},
      {"learning_rate", nlohmann::json(options.learning_rate).dump()},
      {"subsample", nlohmann::json(options.subsample).dump()},
      {"colsample_bytree", nlohmann::json(options.colsample).dump()},
      {"colsample_bynode", nlohmann::json(options.colsample_bynode).dump()},
      {"min_child_weight", nlohmann::json(options.min_child_weight).dump()},
      {"reg_lambda", nlohmann::json(options.lambda).dump()},
      {"max_bin", std::to_string(options.max_bin)},
      // Left alone, 1.7 starts every forecast at 0.5, which small learning rates do not get away from.
      {"base_score", nlohmann::json(static_cast<float>(mean_label)).dump()},
      {"eval_metric", std::string(to_string(options.stopping_metric))},
      {"seed", std::to_string(seed)},
      {"nthread", std::to_string(job.threads)},
      {"verbosity", "1"}};
  for (const auto& [name, value] : parameters)
    if (XGBoosterSetParam(booster.get(), name, value.c_str()) != 0) return xgb_training_failure();
  return {};
}

Result<double> validation_loss(const XgbBooster& booster, int round, const XgbMatrix& validation) {
  DMatrixHandle matrices[] = {validation.get()};
  const char* names[] = {"validation"};
  const char* text = nullptr;
  if (XGBoosterEvalOneIter(booster.get(), round, matrices, names, 1, &text) != 0) return xgb_training_failure();
  // "[7]\tvalidation-rmse:0.98"
  const std::string line = text;
  return std::strtod(line.c_str() + line.rfind(':') + 1, nullptr);
}

double weighted_mean(const Targets& targets) {
  double sum = 0;
  double weights = 0;
  for (std::size_t i = 0; i < targets.label.size(); ++i) {
    sum += double{targets.weight[i]} * double{targets.label[i]};
    weights += double{targets.weight[i]};
  }
  return sum / weights;
}

/// Total gain as a share per feature, in column order.
Result<std::vector<double>> gain_shares(const XgbBooster& booster, const std::vector<std::string>& names) {
  bst_ulong count = 0;
  bst_ulong dimensions = 0;
  const bst_ulong* shape = nullptr;
  const char** features = nullptr;
  const float* scores = nullptr;
  if (XGBoosterFeatureScore(booster.get(), R"({"importance_type":"total_gain"})", &count, &features, &dimensions,
                            &shape, &scores) != 0)
    return xgb_training_failure();
  std::vector<double> gains(names.size(), 0.0);
  for (bst_ulong i = 0; i < count; ++i) {
    // Without names in the booster they are "f0", "f1", ...
    const std::size_t column = static_cast<std::size_t>(std::strtoull(features[i] + 1, nullptr, 10));
    expects(column < gains.size(), "XGBoost scores features of the training matrix");
    gains[column] = double{scores[i]};
  }
  return shares_of(std::move(gains));
}

/// The first `rounds` trees with the feature names, as bytes.
Result<std::string> serialize(const XgbBooster& booster, const std::vector<std::string>& names) {
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  const char* bytes = nullptr;
  bst_ulong length = 0;
  if (XGBoosterSetStrFeatureInfo(booster.get(), "feature_name", pointers.data(), pointers.size()) != 0 ||
      XGBoosterSaveModelToBuffer(booster.get(), R"({"format":"ubj"})", &length, &bytes) != 0)
    return xgb_training_failure();
  return std::string(bytes, length);
}

class XgboostTrainer final : public Trainer {
 public:
  explicit XgboostTrainer(const XgboostOptions& options) : options_(options) {}

  std::string_view type() const override { return kXgboostType; }
  nlohmann::json parameters() const override { return options_to_json(options_); }
  std::size_t progress_steps() const override { return static_cast<std::size_t>(options_.rounds); }
  bool stops_early() const override { return options_.early_stopping_rounds > 0; }
  bool reads_features_alone() const override { return true; }

  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const override {
    expects(job.threads >= 1, "a training has at least one thread");
    if (Status ready = check_job(job); !ready) return forward_error(ready);
    if (Status going = context.cancel.check(); !going) return forward_error(going);
    quiet_xgboost();
    Result<Targets> targets = gather_targets(job.training);
    if (!targets) return forward_error(targets);
    const double mean_label = weighted_mean(*targets);
    const Result<XgbMatrix> training =
        make_xgb_matrix(job.training, std::move(*targets), job.threads, options_.max_bin, nullptr);
    if (!training) return forward_error(training);
    XgbMatrix validation;
    if (job.validation.size() > 0 && options_.early_stopping_rounds > 0) {
      Result<Targets> validation_targets = gather_targets(job.validation);
      if (!validation_targets) return forward_error(validation_targets);
      Result<XgbMatrix> made = make_xgb_matrix(job.validation, std::move(*validation_targets), job.threads,
                                               options_.max_bin, training->get());
      if (!made) return forward_error(made);
      validation = std::move(*made);
    }

    XgbBooster booster;
    DMatrixHandle matrices[] = {training->get(), validation.get()};
    if (XGBoosterCreate(matrices, validation.get() == nullptr ? 1 : 2, booster.receive()) != 0)
      return xgb_training_failure();
    if (Status set = set_parameters(booster, options_, job, mean_label); !set) return forward_error(set);

    EarlyStopping stopping(options_.early_stopping_rounds);
    int rounds = 0;
    while (rounds < options_.rounds) {
      if (Status going = context.cancel.check(); !going) return forward_error(going);
      if (XGBoosterUpdateOneIter(booster.get(), rounds, training->get()) != 0) return xgb_training_failure();
      ++rounds;
      context.progress.advance();
      if (validation.get() == nullptr) continue;
      const Result<double> loss = validation_loss(booster, rounds - 1, validation);
      if (!loss) return forward_error(loss);
      stopping.observe(rounds, *loss);
      if (stopping.should_stop()) break;
    }
    if (rounds < options_.rounds) context.progress.advance(static_cast<std::size_t>(options_.rounds - rounds));

    const int best_rounds = validation.get() == nullptr ? rounds : stopping.best_rounds();
    XgbBooster best;
    if (XGBoosterSlice(booster.get(), 0, best_rounds, 1, best.receive()) != 0) return xgb_training_failure();
    return finish(best, job, best_rounds, rounds);
  }

 private:
  static Result<std::unique_ptr<Model>> finish(const XgbBooster& best, const TrainingJob& job, int best_rounds,
                                               int rounds_run) {
    const FeatureFrame& frame = *job.training.data->frame;
    Result<std::vector<double>> shares = gain_shares(best, frame.names);
    if (!shares) return forward_error(shares);
    Result<std::string> bytes = serialize(best, frame.names);
    if (!bytes) return forward_error(bytes);
    return XgboostModel::from_file({{{std::string(kXgboostType), frame.set_hash, frame.names}, std::move(*bytes)},
                                    {xgboost_version(), best_rounds, rounds_run, std::move(*shares)}});
  }

  XgboostOptions options_;
};

}  // namespace

Result<std::unique_ptr<Trainer>> make_xgboost_trainer(const XgboostOptions& options) {
  if (Status valid = check_options(options); !valid) return forward_error(valid);
  return std::make_unique<XgboostTrainer>(options);
}

Result<std::unique_ptr<Model>> load_xgboost_model(const std::filesystem::path& directory) {
  quiet_xgboost();
  Result<BoostedModelFile> file = read_boosted_model(directory, kXgboostType, kXgboostFile);
  if (!file) return forward_error(file);
  return XgboostModel::from_file(std::move(*file));
}

std::string xgboost_version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
}

}  // namespace clm
