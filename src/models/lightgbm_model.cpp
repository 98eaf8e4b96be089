#include "models/lightgbm_model.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/random.hpp"
#include "models/boosted_model.hpp"
#include "models/boosted_trees.hpp"
#include "models/lightgbm_handles.hpp"
#include "models/option_fields.hpp"
#include "models/training_rows.hpp"

namespace clm {
namespace {

constexpr std::string_view kLightGbmType = "lightgbm";
constexpr std::string_view kLightGbmFile = "model.txt";

class LightGbmModel final : public BoostedModel {
 public:
  LightGbmModel(BoostedModelFile file, LgbBooster booster, FlatForest forest)
      : BoostedModel(std::move(file), kLightGbmFile, std::move(forest)), booster_(std::move(booster)) {}

  /// The one way to a model, from a training and from a file, so that both give the same bits.
  static Result<std::unique_ptr<Model>> from_file(BoostedModelFile file) {
    const LgbThreadSeat seat = LgbThreadSeat::join();
    LgbBooster booster;
    int rounds = 0;
    int columns = 0;
    if (LGBM_BoosterLoadModelFromString(file.stored.library_bytes.c_str(), &rounds, booster.receive()) != 0 ||
        LGBM_BoosterGetNumFeature(booster.get(), &columns) != 0)
      return load_failure(std::string("LightGBM: ") + LGBM_GetLastError(), kLightGbmFile);
    if (static_cast<std::size_t>(columns) != file.stored.header.feature_names.size())
      return load_failure("has another number of features than its description", kLightGbmFile);
    auto forest = read_lightgbm_trees(file.stored.library_bytes, static_cast<std::size_t>(columns));
    if (!forest) return load_failure(forest.error().message, kLightGbmFile);
    const auto ask = [&](std::span<const float> rows, std::span<float> out) -> Status {
      const std::string parameters = "verbosity=-1 num_threads=" + std::to_string(seat.threads());
      std::vector<double> forecasts(out.size());
      std::int64_t length = 0;
      if (LGBM_BoosterPredictForMat(booster.get(), rows.data(), C_API_DTYPE_FLOAT32,
                                    static_cast<std::int32_t>(out.size()), columns, 1, C_API_PREDICT_NORMAL, 0, -1,
                                    parameters.c_str(), &length, forecasts.data()) != 0 ||
          static_cast<std::size_t>(length) != out.size())
        return load_failure(std::string("LightGBM: ") + LGBM_GetLastError(), kLightGbmFile);
      std::transform(forecasts.begin(), forecasts.end(), out.begin(),
                     [](double value) { return static_cast<float>(value); });
      return {};
    };
    if (Status same = check_forest(*forest, static_cast<std::size_t>(columns), ask, kLightGbmFile); !same)
      return forward_error(same);
    return std::make_unique<LightGbmModel>(std::move(file), std::move(booster), std::move(*forest));
  }

 private:
  Result<StoredTrees> stored_trees(const std::string& library_bytes) const override {
    return parse_lightgbm_trees(library_bytes, columns());
  }

  // Through the batch call, which sets the library's process-wide number of threads: hence the seat.
  Status library_contributions(std::span<const float> features, std::span<double> out) const override {
    const LgbThreadSeat seat = LgbThreadSeat::join();
    const std::string parameters = "verbosity=-1 num_threads=" + std::to_string(seat.threads());
    std::int64_t length = 0;
    if (LGBM_BoosterPredictForMat(booster_.get(), features.data(), C_API_DTYPE_FLOAT32,
                                  static_cast<std::int32_t>(features.size() / columns()),
                                  static_cast<std::int32_t>(columns()), 1, C_API_PREDICT_CONTRIB, 0, -1,
                                  parameters.c_str(), &length, out.data()) != 0 ||
        static_cast<std::size_t>(length) != out.size())
      return fail(ErrorKind::defect, "model.predict", std::string("LightGBM: ") + LGBM_GetLastError());
    return {};
  }

  LgbBooster booster_;
};

std::string library_parameters(const LightGbmOptions& options, const TrainingJob& job) {
  const auto number = [](double value) { return nlohmann::json(value).dump(); };
  const std::uint64_t seed = Random::stream(job.seed, kLightGbmType).below(std::uint64_t{1} << 30);
  return "objective=regression boosting=gbdt deterministic=true force_row_wise=true verbosity=-1 num_leaves=" +
         std::to_string(options.num_leaves) + " max_depth=" + std::to_string(options.max_depth) +
         " learning_rate=" + number(options.learning_rate) + " bagging_fraction=" + number(options.subsample) +
         " bagging_freq=1 feature_fraction=" + number(options.colsample) +
         " extra_trees=" + (options.extra_trees ? "true" : "false") +
         " min_data_in_leaf=" + std::to_string(options.min_data_in_leaf) + " lambda_l2=" + number(options.lambda) +
         " max_bin=" + std::to_string(options.max_bin) +
         " bin_construct_sample_cnt=" + std::to_string(options.bin_sample_rows) +
         " metric=" + std::string(to_string(options.stopping_metric)) + " seed=" + std::to_string(seed) +
         " num_threads=" + std::to_string(job.threads);
}

Status set_feature_names(const LgbDataset& dataset, const std::vector<std::string>& names) {
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  if (LGBM_DatasetSetFeatureNames(dataset.get(), pointers.data(), static_cast<int>(pointers.size())) != 0)
    return lgb_training_failure();
  return {};
}

/// The first `rounds` trees as text.
Result<std::string> serialize(const LgbBooster& booster, int rounds) {
  std::string text(std::size_t{1} << 20, '\0');
  while (true) {
    std::int64_t needed = 0;
    if (LGBM_BoosterSaveModelToString(booster.get(), 0, rounds, C_API_FEATURE_IMPORTANCE_GAIN,
                                      static_cast<std::int64_t>(text.size()), &needed, text.data()) != 0)
      return lgb_training_failure();
    const auto length = static_cast<std::size_t>(needed);
    const bool fitted = length <= text.size();
    text.resize(length);
    if (!fitted) continue;
    text.pop_back();  // the terminating zero
    return text;
  }
}

/// Total gain as a share per feature, in column order.
Result<std::vector<double>> gain_shares(const LgbBooster& booster, int rounds, std::size_t columns) {
  std::vector<double> gains(columns);
  if (LGBM_BoosterFeatureImportance(booster.get(), rounds, C_API_FEATURE_IMPORTANCE_GAIN, gains.data()) != 0)
    return lgb_training_failure();
  return shares_of(std::move(gains));
}

class LightGbmTrainer final : public Trainer {
 public:
  explicit LightGbmTrainer(const LightGbmOptions& options) : options_(options) {}

  std::string_view type() const override { return kLightGbmType; }
  nlohmann::json parameters() const override { return options_to_json(options_); }
  std::size_t progress_steps() const override { return static_cast<std::size_t>(options_.rounds); }
  bool stops_early() const override { return options_.early_stopping_rounds > 0; }
  bool reads_features_alone() const override { return true; }

  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const override {
    expects(job.threads >= 1, "a training has at least one thread");
    if (Status ready = check_job(job); !ready) return forward_error(ready);
    if (Status going = context.cancel.check(); !going) return forward_error(going);
    const Result<LgbThreadSeat> seat = LgbThreadSeat::acquire(job.threads, context.cancel);
    if (!seat) return forward_error(seat);
    quiet_lightgbm();
    const std::string parameters = library_parameters(options_, job);
    const FeatureFrame& frame = *job.training.data->frame;
    const Result<LgbDataset> training = make_lgb_dataset(job.training, parameters, nullptr);
    if (!training) return forward_error(training);
    if (Status named = set_feature_names(*training, frame.names); !named) return forward_error(named);
    LgbDataset validation;
    if (job.validation.size() > 0 && options_.early_stopping_rounds > 0) {
      Result<LgbDataset> made = make_lgb_dataset(job.validation, parameters, training->get());
      if (!made) return forward_error(made);
      validation = std::move(*made);
    }
    LgbBooster booster;
    if (LGBM_BoosterCreate(training->get(), parameters.c_str(), booster.receive()) != 0) return lgb_training_failure();
    if (validation.get() != nullptr && LGBM_BoosterAddValidData(booster.get(), validation.get()) != 0)
      return lgb_training_failure();

    const Result<Rounds> rounds = boost(booster, validation.get() != nullptr, context);
    if (!rounds) return forward_error(rounds);
    Result<std::vector<double>> shares = gain_shares(booster, rounds->best, frame.columns());
    if (!shares) return forward_error(shares);
    Result<std::string> text = serialize(booster, rounds->best);
    if (!text) return forward_error(text);
    return LightGbmModel::from_file({{{std::string(kLightGbmType), frame.set_hash, frame.names}, std::move(*text)},
                                     {lightgbm_version(), rounds->best, rounds->run, std::move(*shares)}});
  }

 private:
  struct Rounds {
    int best = 0;
    int run = 0;
  };

  Result<Rounds> boost(const LgbBooster& booster, bool stops_early, const RunContext& context) const {
    EarlyStopping stopping(options_.early_stopping_rounds);
    int rounds = 0;
    while (rounds < options_.rounds) {
      if (Status going = context.cancel.check(); !going) return forward_error(going);
      int exhausted = 0;  // no split was worth making: further rounds would add nothing
      if (LGBM_BoosterUpdateOneIter(booster.get(), &exhausted) != 0) return lgb_training_failure();
      ++rounds;
      context.progress.advance();
      if (exhausted != 0) break;
      if (!stops_early) continue;
      int length = 0;
      double loss = 0;
      if (LGBM_BoosterGetEval(booster.get(), 1, &length, &loss) != 0 || length != 1) return lgb_training_failure();
      stopping.observe(rounds, loss);
      if (stopping.should_stop()) break;
    }
    if (rounds < options_.rounds) context.progress.advance(static_cast<std::size_t>(options_.rounds - rounds));
    return Rounds{stops_early && stopping.best_rounds() > 0 ? stopping.best_rounds() : rounds, rounds};
  }

  LightGbmOptions options_;
};

}  // namespace

Result<std::unique_ptr<Trainer>> make_lightgbm_trainer(const LightGbmOptions& options) {
  if (Status valid = check_options(options); !valid) return forward_error(valid);
  return std::make_unique<LightGbmTrainer>(options);
}

Result<std::unique_ptr<Model>> load_lightgbm_model(const std::filesystem::path& directory) {
  quiet_lightgbm();
  Result<BoostedModelFile> file = read_boosted_model(directory, kLightGbmType, kLightGbmFile);
  if (!file) return forward_error(file);
  return LightGbmModel::from_file(std::move(*file));
}

std::string lightgbm_version() { return CLM_LIGHTGBM_VERSION; }

}  // namespace clm
