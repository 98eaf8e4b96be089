#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "learning/cycle/training_folders.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/learning_options.hpp"
#include "models/model.hpp"
#include "registry/artifact_store.hpp"

namespace clm {

/// For the progress bar: trainers advance it once a round, networks once an epoch.
std::size_t planned_rounds(const std::string& model_type, const TrainerOptions& trainers);

/// Fits a model of `trainer`'s type on `split.fit`; `split.validation` stops it, where it stops early.
Result<std::unique_ptr<Model>> train_model(const Trainer& trainer, const TrainingSplit& split,
                                           const TrainingOptions& options, const RunContext& run,
                                           const TrainingFolders& folders = {});

/// Writes both parts to `directory`, and reads them back from there.
Result<CalibratedModel> store_calibrated(const std::filesystem::path& directory, const CalibratedModel& model,
                                         const Trainer& trainer);

/// Fits a model of `trainer`'s type on `split.fit` and calibrates it on `split.validation`, in memory.
Result<CalibratedModel> train_calibrated(const Trainer& trainer, const LearningData& data, const TrainingSplit& split,
                                         const TrainingOptions& options, const RunContext& run,
                                         const TrainingFolders& folders = {});

/// Fits a model of `trainer`'s type on `split.fit`, calibrates it on `split.validation` and writes both to
/// `directory`. The result was read back from there, so that what is judged is what is stored.
Result<CalibratedModel> train_into(const std::filesystem::path& directory, const Trainer& trainer,
                                   const LearningData& data, const TrainingSplit& split, const TrainingOptions& options,
                                   const RunContext& run, const TrainingFolders& folders = {});

/// The baselines of the judging, made as a candidate is (`train_calibrated`): fitted on exactly the rows of `split.fit`
/// and calibrated on `split.validation`; what they say of `split.holdout`, whose truth is `truth`. They are zero,
/// majority_sign, ridge, and momentum and reversal over the past return whose span is nearest to the horizon, where the
/// frame has one.
Result<std::vector<ForecastTable>> baseline_forecasts(const std::shared_ptr<const JudgedRows>& truth,
                                                      const LearningData& data, const TrainingSplit& split,
                                                      const TrainerOptions& trainers, const TrainingOptions& options,
                                                      const RunContext& run);

}  // namespace clm
