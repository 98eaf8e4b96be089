#pragma once
#include <memory>

#include "base/settings.hpp"
#include "learning/learning_options.hpp"
#include "market/candle_store.hpp"
#include "market/context_store.hpp"
#include "market/import_rows.hpp"
#include "program.hpp"
#include "registry/cycle_log.hpp"
#include "registry/database.hpp"
#include "registry/registry.hpp"
#include "registry/workspace.hpp"

namespace clm::app {

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

/// The settings of the program bound to the options they decide. Not movable: the settings point into the options.
struct Configuration {
  Configuration();
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  /// Reads a file and the environment, and checks what came of it. All that is wrong: what `Settings` says of either,
  /// or, where both can be read, `check`. Empty: nothing is.
  std::vector<Error> load(const std::filesystem::path& file, const std::map<std::string, std::string>& environment);
  /// What no command could work with (`check_options`), each with its setting, where that comes from and what to do.
  std::vector<Error> check() const;

  LearningOptions learning;
  MachineOptions machine;
  Settings settings;
};

/// An open workspace with its settings in force. Stores are opened when first asked for.
class Session {
 public:
  /// Finds the workspace, reads clm.toml and the environment, and lets the program put aside there, or in the directory
  /// for temporary files where nothing may be written. Only with `change` may the workspace be changed. Errors
  /// `workspace.missing`, `workspace.read_only`, `config.*`.
  using Access = Database::Access;
  static Result<std::unique_ptr<Session>> open(Program& program, Access access);

  const Workspace& workspace() const { return workspace_; }
  const Configuration& configuration() const { return configuration_; }
  const LearningOptions& learning() const { return configuration_.learning; }
  LearningOptions& learning() { return configuration_.learning; }

  Result<CandleStore*> candles();
  Result<ContextStore*> context_series();
  Result<Database*> database();
  Result<Registry*> registry();
  Result<CycleLog*> cycle_log();

 private:
  Session(Workspace workspace, Access access, const Clock& clock)
      : workspace_(std::move(workspace)), access_(access), clock_(clock) {}
  Workspace workspace_;
  Access access_;
  const Clock& clock_;
  Configuration configuration_;
  std::unique_ptr<CandleStore> candles_;
  std::unique_ptr<ContextStore> context_series_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<CycleLog> cycle_log_;
};

}  // namespace clm::app
