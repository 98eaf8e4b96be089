#include "learning/cycle/candidate.hpp"

#include "base/file_io.hpp"
#include "base/log.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "learning/data/baselines.hpp"
#include "models/fit_store.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

Result<CalibratedModel> calibrated(std::unique_ptr<Model> model, const LearningData& data, const RowSet& rows) {
  std::vector<float> raw(rows.size());
  if (auto predicted = model->predict(rows, raw); !predicted) return forward_error(predicted);
  auto calibration = ForecastCalibration::fit(*judged_rows_of(data, rows), raw, return_basis(data.label.target));
  if (!calibration) return forward_error(calibration);
  return CalibratedModel{std::move(model), std::move(*calibration)};
}

}  // namespace

std::size_t planned_rounds(const std::string& model_type, const TrainerOptions& trainers) {
  const auto trainer = make_trainer(model_type, trainers);
  return trainer ? (*trainer)->progress_steps() : 0;
}

Result<std::unique_ptr<Model>> train_model(const Trainer& trainer, const TrainingSplit& split,
                                           const TrainingOptions& options, const RunContext& run,
                                           const TrainingFolders& folders) {
  const TrainingJob job{split.fit, split.validation, static_cast<std::uint64_t>(options.seed),
                        static_cast<int>(options.threads), folders.checkpoints};
  const std::string type(trainer.type());
  log_info("training of " + type + " begins: " + std::to_string(split.fit.size()) + " rows, " +
           std::to_string(split.validation.size()) + " to validate on");
  const double started = monotonic_seconds();
  auto trained = FitStore(folders.fits).find_or_train(trainer, job, run);
  const std::string took =
      to_string(Duration(static_cast<std::int64_t>(1e3 * (monotonic_seconds() - started)))) + " wall time";
  if (!trained) {
    log_info("training of " + type + " failed after " + took + ": " + to_string(trained.error()));
    return forward_error(trained);
  }
  log_info("training of " + type + " ends, " + took);
  return trained;
}

Result<CalibratedModel> train_calibrated(const Trainer& trainer, const LearningData& data, const TrainingSplit& split,
                                         const TrainingOptions& options, const RunContext& run,
                                         const TrainingFolders& folders) {
  auto trained = train_model(trainer, split, options, run, folders);
  if (!trained) return forward_error(trained);
  return calibrated(std::move(*trained), data, split.validation);
}

Result<CalibratedModel> store_calibrated(const std::filesystem::path& directory, const CalibratedModel& model,
                                         const Trainer& trainer) {
  if (auto saved = model.model->save(directory); !saved) return forward_error(saved);
  const auto written = write_file_atomic(directory / ForecastCalibration::kFileName, model.calibration.to_json_text());
  if (!written) return forward_error(written);
  return load_calibrated_model(trainer.type(), directory);
}

Result<CalibratedModel> train_into(const std::filesystem::path& directory, const Trainer& trainer,
                                   const LearningData& data, const TrainingSplit& split, const TrainingOptions& options,
                                   const RunContext& run, const TrainingFolders& folders) {
  const auto candidate = train_calibrated(trainer, data, split, options, run, folders);
  if (!candidate) return forward_error(candidate);
  return store_calibrated(directory, *candidate, trainer);
}

Result<std::vector<ForecastTable>> baseline_forecasts(const std::shared_ptr<const JudgedRows>& truth,
                                                      const LearningData& data, const TrainingSplit& split,
                                                      const TrainerOptions& trainers, const TrainingOptions& options,
                                                      const RunContext& run) {
  const auto own = baseline_trainers(*data.rows.data.frame, data.label, trainers);
  if (!own) return forward_error(own);
  std::vector<ForecastTable> tables;
  for (const auto& trainer : *own) {
    const auto baseline = train_calibrated(*trainer, data, split, options, run);
    if (!baseline) return forward_error(baseline);
    auto said = baseline->served(split.holdout);
    if (!said) return forward_error(said);
    tables.push_back(
        ForecastTable{std::string(trainer->type()), truth, std::move(said->forecast), std::move(said->up_probability)});
  }
  return tables;
}

}  // namespace clm
