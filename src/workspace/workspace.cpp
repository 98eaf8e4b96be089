#include "workspace/workspace.hpp"

#include "base/log.hpp"
#include "serving/load_check.hpp"

namespace clm {

Result<std::unique_ptr<Workspace>> Workspace::open(WorkspaceDirectory directory, const Clock& clock,
                                                   WorkspaceOptions options, std::vector<Error>* also_wrong) {
  const auto writable = directory.check_writable();
  if (!writable && options.access == Database::Access::change) return forward_error(writable);
  std::unique_ptr<Workspace> workspace(new Workspace(std::move(directory), clock, std::move(options)));
  Configuration& configuration = workspace->configuration_;
  std::vector<Error> wrong = configuration.load(workspace->directory_.config_file(), workspace->options_.environment);
  if (!wrong.empty()) {
    if (also_wrong != nullptr) also_wrong->insert(also_wrong->end(), wrong.begin() + 1, wrong.end());
    return tl::unexpected(std::move(wrong.front()));
  }
  log_info("workspace " + workspace->directory_.root().string());
  for (const SettingInForce& setting : configuration.settings.in_force())
    if (setting.origin != "default")
      log_debug("setting " + setting.key + " = " + setting.value + ", " + setting.origin);
  workspace->scratch_ = {writable ? workspace->directory_.root() : workspace->options_.temporary_directory,
                         configuration.machine.features_memory_mb * (std::size_t{1} << 20)};
  return workspace;
}

void Workspace::look_again() {
  if (options_.access == Access::change) return;
  predictions_.reset();
  cycle_log_.reset();
  registry_.reset();
  database_.reset();
}

Result<CandleStore*> Workspace::candles() {
  if (!candles_) {
    auto store = CandleStore::open(directory_.candles());
    if (!store) return forward_error(store);
    candles_ = std::make_unique<CandleStore>(std::move(*store));
  }
  return candles_.get();
}

Result<ContextStore*> Workspace::context_series() {
  if (!context_series_) {
    auto store = ContextStore::open(directory_.series());
    if (!store) return forward_error(store);
    context_series_ = std::make_unique<ContextStore>(std::move(*store));
  }
  return context_series_.get();
}

Result<Database*> Workspace::database() {
  if (!database_) {
    Database::Options options;
    options.access = options_.access;
    options.copies_in = options_.temporary_directory;
    auto database = Database::open(directory_.database_file(), options);
    if (!database) return forward_error(database);
    database_ = std::make_unique<Database>(std::move(*database));
  }
  return database_.get();
}

Result<Registry*> Workspace::registry() {
  if (!registry_) {
    const auto database = this->database();
    if (!database) return forward_error(database);
    auto registry = Registry::open(**database, ArtifactStore(directory_.versions()), &clock_, LoadsOnce());
    if (!registry) return forward_error(registry);
    registry_ = std::make_unique<Registry>(std::move(*registry));
  }
  return registry_.get();
}

Result<CycleLog*> Workspace::cycle_log() {
  if (!cycle_log_) {
    const auto database = this->database();
    if (!database) return forward_error(database);
    auto log = CycleLog::open(**database);
    if (!log) return forward_error(log);
    cycle_log_ = std::make_unique<CycleLog>(std::move(*log));
  }
  return cycle_log_.get();
}

Result<PredictionLog*> Workspace::predictions() {
  if (!predictions_) {
    const auto database = this->database();
    if (!database) return forward_error(database);
    auto log = PredictionLog::open(**database);
    if (!log) return forward_error(log);
    predictions_ = std::make_unique<PredictionLog>(std::move(*log));
  }
  return predictions_.get();
}

Result<PredictionLog*> Workspace::predictions_for_writing() {
  if (options_.access == Access::change) return predictions();
  if (!written_predictions_) {
    if (auto writable = directory_.check_writable(); !writable) return forward_error(writable);
    auto database = Database::open(directory_.database_file());
    if (!database) return forward_error(database);
    written_database_ = std::make_unique<Database>(std::move(*database));
    auto log = PredictionLog::open(*written_database_);
    if (!log) return forward_error(log);
    written_predictions_ = std::make_unique<PredictionLog>(std::move(*log));
  }
  return written_predictions_.get();
}

Result<LockedRegistry> lock_registry(Workspace& workspace, std::string_view purpose) {
  auto lock = workspace.directory().lock_cycle(purpose);
  if (!lock) return forward_error(lock);
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  if (auto made_whole = (*registry)->reconcile(*lock, workspace.clock().now()); !made_whole)
    return forward_error(made_whole);
  return LockedRegistry{std::move(*lock), *registry};
}

}  // namespace clm
