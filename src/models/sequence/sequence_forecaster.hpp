#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "models/sequence/window_source.hpp"

namespace clm {

/// A trained network: from the past of a series to the path of its next `horizon` values. Immutable and thread-safe;
/// a window's forecast does not depend on the windows beside it, to the bit.
class SequenceForecaster {
 public:
  virtual ~SequenceForecaster() = default;

  /// "nhits", "patchtst", "dlinear", "nlinear", "nlinear_ols"
  virtual std::string_view type() const = 0;
  virtual WindowShape shape() const = 0;
  /// The quantiles it was trained for, ascending; empty for a point forecast.
  virtual const std::vector<double>& quantiles() const = 0;
  /// How many paths one window gets: one per quantile, or 1.
  std::size_t paths() const { return quantiles().empty() ? 1 : quantiles().size(); }

  /// `inputs` is [window][channel][bar] as in WindowBatch, every value finite; `out` is [window][path][step]. Runs in
  /// the calling thread. Errors `network.predict` (defect), `network.input` (data: a value that is not finite).
  virtual Status forecast(std::span<const float> inputs, std::size_t windows, std::span<float> out) const = 0;

  /// Type, shape and every option, as read by NetworkLibrary::restore.
  virtual nlohmann::json configuration() const = 0;
  /// The weights as a safetensors file (https://github.com/huggingface/safetensors), little endian float32.
  virtual std::string weights() const = 0;
  /// Writes network.json and network.safetensors into an existing directory, each in one step. The JSON holds the
  /// SHA-256 of the weights. Error `file.write` (unavailable).
  virtual Status save(const std::filesystem::path& directory) const = 0;
};

/// Why a training ended.
enum class TrainingEnd { epochs, patience, time_budget, closed_form };
constexpr std::string_view to_string(TrainingEnd end) {
  constexpr std::string_view kNames[] = {"epochs", "patience", "time_budget", "closed_form"};
  return kNames[static_cast<std::size_t>(end)];
}

/// What a training was like, for manifests and reports.
struct TrainingReport {
  TrainingEnd ended_by = TrainingEnd::epochs;
  std::size_t steps = 0;                ///< optimizer steps in all, resumed ones included
  std::size_t epochs = 0;               ///< whole passes over the training windows
  std::size_t best_epoch = 0;           ///< whose weights were kept, from 1; 0 = the last ones (no validation windows)
  std::vector<double> training_loss;    ///< per epoch, weighted mean while training (dropout on)
  std::vector<double> validation_loss;  ///< per epoch; empty without validation windows
  double seconds = 0;                   ///< by RunContext::clock, of this run alone
  bool resumed = false;                 ///< went on from a checkpoint
  std::string device;                   ///< "cpu (avx512)"
};

struct TrainedSequence {
  std::unique_ptr<SequenceForecaster> forecaster;
  TrainingReport report;
};

/// What a training is given. `validation` shares no window with `training`, nor one whose target its targets touch;
/// only early stopping reads it; it may be empty.
struct SequenceJob {
  const WindowSource& training;
  const WindowSource& validation;
  std::uint64_t seed = 1;
  /// Where the training leaves its state after every so many steps and finds it again; empty = nowhere. A state that
  /// belongs to another training (options, seed, windows) is an error, a damaged one likewise.
  std::filesystem::path checkpoint;
  /// Weights to begin with instead of drawn ones; same type, shape and options of structure.
  const SequenceForecaster* warm_start = nullptr;
  /// Ends before the next step once there were so many, as a time budget ends it, and then whatever the clock says: how
  /// a training that ran out of time is made again, to the same bits.
  std::optional<std::size_t> stop_after_steps = std::nullopt;
};

/// Makes networks of one type. Thread-safe; holds options only. A training runs in the calling thread: trainings side
/// by side use more cores.
class SequenceTrainer {
 public:
  virtual ~SequenceTrainer() = default;
  virtual std::string_view type() const = 0;
  /// Every option, as read by NetworkLibrary::make_trainer.
  virtual nlohmann::json parameters() const = 0;
  /// Advances `RunContext::progress` by epochs (it neither begins nor ends a task).
  virtual std::size_t progress_steps() const = 0;
  /// Errors: `train.no_windows`, `train.diverged` (data), `train.warm_start`, `train.shape` (usage),
  /// `train.checkpoint` (integrity), `file.write` (unavailable), `cancelled`.
  virtual Result<TrainedSequence> fit(const SequenceJob& job, const RunContext& context) const = 0;
};

}  // namespace clm
