#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/scratch_file.hpp"
#include "base/settings.hpp"
#include "learning/options/learning_options.hpp"
#include "market/import/import_rows.hpp"

namespace clm {

/// What decides how a machine works and never what comes out.
struct MachineOptions {
  /// Features of up to so many MB are kept in memory, those of a longer history in a file without a name in the
  /// workspace. More spares the disk, and costs that memory.
  std::size_t features_memory_mb = ScratchSpace().memory_bytes >> 20;
  /// Memory that the rows of one imported file may take; a file of more is refused. MB of a million bytes.
  std::size_t import_max_file_mb = ImportLimits().max_memory_bytes / 1'000'000;
};
/// The settings that are in `MachineOptions`.
bool is_of_the_machine(const std::string& key);

/// All settings bound to the options they decide; what it holds before `load` are the defaults. Not movable: the
/// settings point into the options.
struct Configuration {
  Configuration();
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  /// Reads a file and the environment, and checks what came of it. All that is wrong: what `Settings` says of either,
  /// or, where both can be read, `check`. Empty: nothing is. Of `environment` only variables named CLM_... count.
  std::vector<Error> load(const std::filesystem::path& file, const std::map<std::string, std::string>& environment);
  /// What nothing could work with (`check_options`), each with its setting, where that comes from and what to do.
  std::vector<Error> check() const;

  LearningOptions learning;
  MachineOptions machine;
  Settings settings;
};

}  // namespace clm
