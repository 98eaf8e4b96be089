#pragma once
#include <filesystem>

namespace clm {

/// Where trainings find what was done before. Neither changes a bit of what they make; empty: nowhere.
struct TrainingFolders {
  /// State of long trainings that were killed (`TrainingJob::checkpoint_directory`); removed when a cycle is done.
  std::filesystem::path checkpoints = {};
  /// Finished trainings of replays and walks (`FitStore`): another policy over the same bars fits the same rows.
  std::filesystem::path fits = {};
};

}  // namespace clm
