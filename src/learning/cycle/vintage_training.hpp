#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "learning/cycle/forecast_memory.hpp"
#include "learning/cycle/training_folders.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/training_split.hpp"
#include "models/model.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The protocol of a vintage that is fitted on everything known: nothing is kept back to judge on, and only for a
/// trainer that stops early something to stop by. `calibrated_by`: ids of earlier versions of its recipe, oldest first.
Protocol vintage_protocol(Protocol protocol, const Trainer& trainer, std::vector<std::string> calibrated_by);
/// The same of a vintage that is fitted on everything known at an earlier moment.
Protocol origin_protocol(Protocol protocol, const Trainer& trainer, Timestamp origin);

/// The rows of a version by its protocol, whether anything was kept back to judge it on or not; where it is the mean of
/// several fits, those of the first. Errors as `split_for_training`.
Result<TrainingSplit> split_of(const LearningData& data, const Protocol& protocol);

/// What earlier versions of a recipe said about rows that they were not fitted on: each row by the newest that was not.
struct PastForecasts {
  RowSet rows;                  ///< ascending, the newest 200,000 at most
  std::vector<float> forecast;  ///< raw, one per row; NaN: it abstained
};
/// `earlier`: verified artifacts, oldest first. A vintage that was fitted on everything known says something about rows
/// decided later; one that was judged on a holdout about rows decided once the last label was known that it was
/// fitted, stopped or calibrated by. `since`: the market changed then; from then on only those speak that were fitted
/// on rows since (`Protocol::since`), for what the others say after it says nothing of how large a forecast is to be.
/// `memory`: of what they said before; null: each is asked about all rows that are its own, to the same bits.
Result<PastForecasts> past_forecasts(const std::vector<StoredArtifact>& earlier, const LearningData& data,
                                     ForecastMemory* memory = nullptr, std::optional<Timestamp> since = {});

/// The versions that a protocol names, verified. Errors: those of the registry (`registry.pruned` where retention
/// removed one).
Result<std::vector<StoredArtifact>> open_versions(const Registry& registry, const std::vector<std::string>& versions);

/// What was fitted at one moment.
struct VintageFit {
  /// Of several fits `fit` holds the rows of all of them together; what stops them is the same for all.
  TrainingSplit split;
  std::unique_ptr<Model> model;  ///< of several fits their mean (`mean_of_fits`)
};
/// Fits as many models as the protocol says, one after the other: the first on the rows of `split_of`, with the
/// protocol's seed, each further one on those and with that of the next higher seed, by which other rows are kept of
/// more than `max_fit_rows`. Notes in `protocol` what the trainings met that decides their bits, and goes by it where
/// it says so already. Errors: those of `split_of` and of training; `train.options` (usage). Cost: that of so many
/// trainings.
Result<VintageFit> fit_vintage(const Trainer& trainer, const LearningData& data, Protocol& protocol,
                               const RunContext& run, const TrainingFolders& folders = {});

/// Fits a vintage and writes it to `directory` with a calibration fitted on `record`; read back from there. Errors:
/// those of `fit_vintage`, `calibration.no_rows` (data), `file.*`.
struct StoredVintage {
  CalibratedModel model;
  TrainingSplit split;  ///< as in `VintageFit`
};
Result<StoredVintage> train_vintage_into(const std::filesystem::path& directory, const Trainer& trainer,
                                         const LearningData& data, Protocol& protocol, const PastForecasts& record,
                                         const RunContext& run, const TrainingFolders& folders = {});

/// The rows that a vintage speaks about which was fitted at `origin`: decided later, for at that bar itself its
/// training had only begun; their label known at `as_of`.
RowSet rows_after_origin(const Dataset& data, Timestamp origin, Timestamp as_of);

/// Calibrates a model that was fitted at a rolling origin by what it says about the rows since, and writes both to
/// `directory`; read back from there. Errors as `train_vintage_into`.
Result<CalibratedModel> store_origin_vintage(const std::filesystem::path& directory, std::unique_ptr<Model> model,
                                             const Trainer& trainer, const LearningData& data,
                                             const PastForecasts& since);

}  // namespace clm
