#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scratch_file.hpp"
#include "base/time.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/context_store.hpp"
#include "registry/cycle_log.hpp"
#include "registry/database.hpp"
#include "registry/registry.hpp"
#include "serving/prediction_log.hpp"
#include "workspace/configuration.hpp"
#include "workspace/workspace_directory.hpp"

namespace clm {

/// What the program was built from; it goes into manifests.
struct ProgramBuild {
  std::string version;
  std::string commit;
};

/// How a workspace is opened. Whoever opens it says everything that does not lie in it.
struct WorkspaceOptions {
  /// `change`: trainings, decisions, imports. `look` works beside whoever changes it, and where nothing may be written.
  Database::Access access = Database::Access::look;
  /// Variables CLM_SECTION_KEY that take the place of what clm.toml says; others are passed over.
  std::map<std::string, std::string> environment;
  /// Where a workspace in which nothing may be written is worked beside.
  std::filesystem::path temporary_directory = "/tmp";
  ProgramBuild build;
};

/// An open workspace with its settings in force: what every front end, a command or a service, works on. Stores,
/// database and registry are opened when first asked for and belong to the workspace; what is asked for again is the
/// same object. Not thread-safe, and not movable: what it hands out points into it.
class Workspace {
 public:
  using Access = Database::Access;

  /// Reads clm.toml and the environment. Takes no lock and opens no store. `clock` is what time it is for whatever is
  /// decided here, and must outlive the workspace. Errors `workspace.read_only` (unavailable) where it is to be
  /// changed, and those of the settings, `config.*` and others (usage): the first is the error, and what is wrong
  /// beside it is appended to `also_wrong`. Cost: below 5 ms.
  static Result<std::unique_ptr<Workspace>> open(WorkspaceDirectory directory, const Clock& clock,
                                                 WorkspaceOptions options, std::vector<Error>* also_wrong = nullptr);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const WorkspaceDirectory& directory() const { return directory_; }
  const Configuration& configuration() const { return configuration_; }
  const LearningOptions& learning() const { return configuration_.learning; }
  /// For whoever asks for something other than the settings say, before it is worked with.
  LearningOptions& learning() { return configuration_.learning; }
  const Clock& clock() const { return clock_; }
  const ProgramBuild& build() const { return options_.build; }
  /// Where work on this workspace puts large arrays aside: in it, or in the temporary directory where nothing may be
  /// written.
  const ScratchSpace& scratch() const { return scratch_; }

  /// For whoever looks again and again: what the database gives out from now on is read anew, also where it was not
  /// there before, or where a copy of it stood in for tables of an older program. Registry, logs and database that were
  /// handed out are void then. Nothing happens where it was opened for `change`: it sees every commit. Cost: what
  /// opening costs, at the next use.
  void look_again();

  /// Errors: those of opening each. A store that is not there is empty; a database that is not there is made with
  /// `change`, and reads as an empty one with `look`.
  Result<CandleStore*> candles();
  Result<ContextStore*> context_series();
  Result<Database*> database();
  /// Its events are dated by the clock, and only versions that this program can load are usable.
  Result<Registry*> registry();
  Result<CycleLog*> cycle_log();
  /// For reading what was predicted.
  Result<PredictionLog*> predictions();
  /// For writing down what is predicted, beside whoever changes the workspace and whatever it was opened for: the log
  /// only grows. Error `workspace.read_only` (unavailable) where nothing may be written.
  Result<PredictionLog*> predictions_for_writing();

 private:
  Workspace(WorkspaceDirectory directory, const Clock& clock, WorkspaceOptions options)
      : directory_(std::move(directory)), clock_(clock), options_(std::move(options)) {}
  WorkspaceDirectory directory_;
  const Clock& clock_;
  WorkspaceOptions options_;
  ScratchSpace scratch_;
  Configuration configuration_;
  std::unique_ptr<CandleStore> candles_;
  std::unique_ptr<ContextStore> context_series_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<CycleLog> cycle_log_;
  std::unique_ptr<PredictionLog> predictions_;
  std::unique_ptr<Database> written_database_;  ///< where `database_` only looks
  std::unique_ptr<PredictionLog> written_predictions_;
};

/// The registry for whoever moves versions: while this lives, nobody else does.
struct LockedRegistry {
  FileLock lock;
  Registry* registry;  ///< of the workspace
};
/// Takes the cycle lock and makes whole what a killed process left (`Registry::reconcile`). `purpose` is what others
/// are told who ask for the lock meanwhile. Errors `lock.held` (locked) and those of opening the registry.
Result<LockedRegistry> lock_registry(Workspace& workspace, std::string_view purpose);

}  // namespace clm
