#include "session.hpp"

#include "base/log.hpp"
#include "learning/option_checks.hpp"
#include "serving/load_check.hpp"

namespace clm::app {
namespace {

/// Variables that begin with CLM_ and are no settings.
const std::vector<std::string> kReservedVariables{"CLM_TESTDATA", "CLM_REQUIRE_TESTDATA", "CLM_BUILD_JOBS"};

/// Where a read-only workspace is worked beside.
std::filesystem::path temporary_directory() {
  std::error_code failure;
  auto directory = std::filesystem::temp_directory_path(failure);
  return failure ? std::filesystem::path("/tmp") : directory;
}

constexpr const char* kFeaturesMemory = "features.memory_mb";
constexpr const char* kImportMaxFile = "import.max_file_mb";

}  // namespace

bool is_of_the_machine(const std::string& key) { return key == kFeaturesMemory || key == kImportMaxFile; }

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
  settings.add(
      kImportMaxFile, &machine.import_max_file_mb,
      {"MB",
       "Memory that the rows of one imported file may take, 140 bytes each: 100 are 714,000 bars. A file of more is "
       "refused, and the error says how much it needs.",
       1,
       1e6,
       {},
       {}});
}

std::vector<Error> Configuration::load(const std::filesystem::path& file,
                                       const std::map<std::string, std::string>& environment) {
  std::vector<Error> wrong, others;
  if (auto read = settings.load_toml(file, &others); !read) wrong.push_back(read.error());
  wrong.insert(wrong.end(), others.begin(), others.end());
  others.clear();
  if (auto read = settings.load_environment(environment, kReservedVariables, &others); !read)
    wrong.push_back(read.error());
  wrong.insert(wrong.end(), others.begin(), others.end());
  return wrong.empty() ? check() : wrong;
}

std::vector<Error> Configuration::check() const {
  std::vector<Error> wrong;
  for (OptionProblem& problem : check_options(learning))
    wrong.push_back({ErrorKind::usage, std::move(problem.code), std::move(problem.message),
                     problem.key + ", " + settings.origin_of(problem.key), std::move(problem.remedy)});
  return wrong;
}

Result<std::unique_ptr<Session>> Session::open(Program& program, Access access) {
  const auto& given = program.flags.workspace;
  auto workspace = Workspace::find(given.empty() ? std::nullopt : std::optional<std::filesystem::path>(given),
                                   std::filesystem::current_path());
  if (!workspace) return forward_error(workspace);
  const auto writable = workspace->check_writable();
  if (!writable && access == Access::change) return forward_error(writable);
  std::unique_ptr<Session> session(new Session(std::move(*workspace), access, program.clock()));
  std::vector<Error> wrong = session->configuration_.load(session->workspace_.config_file(), program.environment());
  if (!wrong.empty()) {
    program.also_wrong({wrong.begin() + 1, wrong.end()});
    return tl::unexpected(std::move(wrong.front()));
  }
  log_info("workspace " + session->workspace_.root().string());
  for (const SettingInForce& setting : session->configuration_.settings.in_force())
    if (setting.origin != "default")
      log_debug("setting " + setting.key + " = " + setting.value + ", " + setting.origin);
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
    auto registry = Registry::open(**database, ArtifactStore(workspace_.versions()), &clock_, check_loads);
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
