#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "models/networks/parameters.hpp"

namespace clm {

/// Everything a training needs to go on from where it stood, to the same bits. The order of windows and the dropout
/// masks follow from seed, epoch and step, so no random number generator is in it.
struct TrainingState {
  Floats parameters, first_moment, second_moment;
  Floats best;                    ///< parameters of the epoch with the lowest validation loss; empty before the first
  std::size_t step = 0;           ///< optimizer steps done
  std::size_t epoch = 0;          ///< whole epochs done
  std::size_t step_in_epoch = 0;  ///< of the epoch under way
  double epoch_loss = 0;          ///< summed over the steps of the epoch under way
  double best_loss = std::numeric_limits<double>::infinity();
  std::size_t best_epoch = 0;
  double first_loss = 0;  ///< of the first step; what "exploding" is measured by
  double seconds = 0;     ///< spent before this run
  std::vector<double> training_loss, validation_loss;
};

/// Writes the state in one step. `training` names the training: options, seed and windows. Error `file.write`.
Status write_checkpoint(const std::filesystem::path& path, const TrainingState& state, const std::string& training);

/// Reads it back. Error `train.checkpoint` (integrity): damaged, or of another training.
Result<TrainingState> read_checkpoint(const std::filesystem::path& path, const ParameterLayout& layout,
                                      const std::string& training);

}  // namespace clm
