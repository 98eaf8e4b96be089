#include "session.hpp"

namespace clm::app {
namespace {

/// Variables that begin with CLM_ and are no settings.
const std::vector<std::string> kReservedVariables{"CLM_TESTDATA", "CLM_BUILD_JOBS"};

/// Where a read-only workspace is worked beside.
std::filesystem::path temporary_directory() {
  std::error_code failure;
  auto directory = std::filesystem::temp_directory_path(failure);
  return failure ? std::filesystem::path("/tmp") : directory;
}

constexpr const char* kFeaturesMemory = "features.memory_mb";

}  // namespace

bool is_of_the_machine(const std::string& key) { return key == kFeaturesMemory; }

Configuration::Configuration() {
  add_settings(settings, learning);
  settings.add(kFeaturesMemory, &machine.features_memory_mb,
               {"MB",
                "Features of a history are kept in memory up to this size, and beyond it in a file without a name in "
                "the workspace. Results do not depend on it.",
                0,
                1e7,
                {},
                {}});
}

Result<std::unique_ptr<Session>> Session::open(Program& program, Access access) {
  const auto& given = program.flags.workspace;
  auto workspace = Workspace::find(given.empty() ? std::nullopt : std::optional<std::filesystem::path>(given),
                                   std::filesystem::current_path());
  if (!workspace) return forward_error(workspace);
  const auto writable = workspace->check_writable();
  if (!writable && access == Access::change) return forward_error(writable);
  std::unique_ptr<Session> session(new Session(std::move(*workspace), access));
  Settings& settings = session->configuration_.settings;
  if (auto read = settings.load_toml(session->workspace_.config_file()); !read) return forward_error(read);
  if (auto read = settings.load_environment(program.environment(), kReservedVariables); !read)
    return forward_error(read);
  program.put_aside_in({writable ? session->workspace_.root() : temporary_directory(),
                        session->configuration_.machine.features_memory_mb * (std::size_t{1} << 20)});
  return session;
}

Result<CandleStore*> Session::candles() {
  if (!candles_) {
    auto store = CandleStore::open(workspace_.candles());
    if (!store) return forward_error(store);
    candles_ = std::make_unique<CandleStore>(std::move(*store));
  }
  return candles_.get();
}

Result<ContextStore*> Session::context_series() {
  if (!context_series_) {
    auto store = ContextStore::open(workspace_.series());
    if (!store) return forward_error(store);
    context_series_ = std::make_unique<ContextStore>(std::move(*store));
  }
  return context_series_.get();
}

Result<Database*> Session::database() {
  if (!database_) {
    Database::Options options;
    options.access = access_;
    options.copies_in = temporary_directory();
    auto database = Database::open(workspace_.database_file(), options);
    if (!database) return forward_error(database);
    database_ = std::make_unique<Database>(std::move(*database));
  }
  return database_.get();
}

Result<Registry*> Session::registry() {
  if (!registry_) {
    const auto database = this->database();
    if (!database) return forward_error(database);
    auto registry = Registry::open(**database, ArtifactStore(workspace_.versions()));
    if (!registry) return forward_error(registry);
    registry_ = std::make_unique<Registry>(std::move(*registry));
  }
  return registry_.get();
}

Result<CycleLog*> Session::cycle_log() {
  if (!cycle_log_) {
    const auto database = this->database();
    if (!database) return forward_error(database);
    auto log = CycleLog::open(**database);
    if (!log) return forward_error(log);
    cycle_log_ = std::make_unique<CycleLog>(std::move(*log));
  }
  return cycle_log_.get();
}

}  // namespace clm::app
