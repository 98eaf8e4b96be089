#pragma once
#include <filesystem>
#include <memory>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "models/model.hpp"
#include "models/sequence/market_windows.hpp"
#include "models/sequence/network_options.hpp"

namespace clm {

/// A network and what it is shown. The defaults of a market differ from those of the papers: nearly all of a label is
/// noise, so networks are small, held back and trained for a short time. What is known of them: docs/QUALITY.md.
template <typename Network>
struct SequenceModelOptions {
  MarketWindowOptions windows;
  Network network;
};

/// The defaults of the model types that read sequences.
SequenceModelOptions<NHitsOptions> market_nhits();
SequenceModelOptions<PatchTstOptions> market_patchtst();
SequenceModelOptions<DLinearOptions> market_dlinear();
SequenceModelOptions<NLinearOlsOptions> market_nlinear_ols();

/// One global network over all symbols: it reads the bars behind the rows (`FeatureFrame::bars`), never the features,
/// and forecasts symbols it never saw in training. It abstains on a row without a window (see MarketWindows). The
/// forecast is the last step of the path, of the median path where it was trained for quantiles. Trainings and
/// forecasts run in the calling thread; `TrainingJob::threads` changes nothing.
///
/// With `TrainingJob::checkpoint_directory` a training leaves its state in a file there, named by a hash over
/// everything that decides its bits, goes on from one that it finds, and removes it when it is done. Resumed or not,
/// the bits are the same. A time budget that ran out is said in `Model::notes()`: where such a training ended depends
/// on the speed of the machine, but `Trainer::parameters_of` says the step, and a trainer made from these ends there.
///
/// Parameters: {windows: {...}, network: {...}, stop_after_steps: N where a time budget ended the training}. Errors:
/// `train.options`, `train.shape` (usage), `network.library`, `network.cpu` (unavailable), further those of Trainer, of
/// SequenceTrainer::fit.
Result<std::unique_ptr<Trainer>> make_sequence_trainer(const MarketWindowOptions& windows,
                                                       const NetworkOptions& network);
/// The inverse of `Trainer::parameters()`.
Result<std::unique_ptr<Trainer>> make_sequence_trainer(std::string_view type, const nlohmann::json& parameters);

/// The trainer, beginning with the weights of `parent`; both are of the same type, a trained network's (contract). See
/// `warm_started`.
std::unique_ptr<Trainer> warm_started_sequence(std::unique_ptr<Trainer> trainer, std::shared_ptr<const Model> parent);

/// Reads `model.json` and `network.safetensors` (little-endian float32; readable from Python). Errors as `load_model`,
/// and `network.library`, `network.cpu` (unavailable).
Result<std::unique_ptr<Model>> load_sequence_model(std::string_view type, const std::filesystem::path& directory);

}  // namespace clm
