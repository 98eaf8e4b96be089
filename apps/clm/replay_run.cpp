#include "replay_run.hpp"

#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "learning_place.hpp"
#include "registry/workspace.hpp"
#include "report/replay_report.hpp"
#include "serving/load_check.hpp"

namespace clm::app {
namespace {

std::string compact_date(Timestamp time) {
  std::string text = to_date_string(time);
  std::erase(text, '-');
  return text;
}

/// Opens what a house holds. Everything is owned.
struct OpenHouse {
  Workspace workspace;
  FileLock lock;
  std::unique_ptr<Database> database;
  Registry registry;
  CycleLog cycles;
  LifeCycleLog log;
};

/// Everything goes but the settings and the lock, which the caller holds: another process may be at work there.
Status forget(const Workspace& workspace) {
  std::vector<std::filesystem::path> doomed;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.root(), failed))
    if (entry.is_directory() ||
        entry.path().filename().string().starts_with(workspace.database_file().filename().string()))
      doomed.push_back(entry.path());
  for (const auto& path : doomed)
    if (!failed) std::filesystem::remove_all(path, failed);
  if (failed)
    return fail(ErrorKind::unavailable, "replay.directory", failed.message(), workspace.root().string(),
                "Check permissions.");
  return {};
}

Result<OpenHouse> open_house(const std::filesystem::path& directory, Again again = Again::resume) {
  std::error_code failed;
  std::filesystem::create_directories(directory.parent_path(), failed);
  if (failed)
    return fail(ErrorKind::unavailable, "replay.directory", failed.message(), directory.string(),
                "Check permissions and free space.");
  if (!std::filesystem::exists(directory / "clm.toml"))
    if (auto made = Workspace::init(directory, "# A replay's own registry; the settings are those of the workspace.\n");
        !made)
      return forward_error(made);
  auto workspace = Workspace::find(directory, directory);
  if (!workspace) return forward_error(workspace);
  auto lock = workspace->lock_cycle("clm replay");
  if (!lock) return forward_error(lock);
  if (again == Again::from_scratch)
    if (auto forgotten = forget(*workspace); !forgotten) return forward_error(forgotten);
  Database::Options options;
  options.durability = Database::Durability::process_end;
  auto opened = Database::open(workspace->database_file(), options);
  if (!opened) return forward_error(opened);
  auto database = std::make_unique<Database>(std::move(*opened));
  auto registry = Registry::open(*database, ArtifactStore(workspace->versions()), nullptr, check_loads);
  if (!registry) return forward_error(registry);
  auto cycles = CycleLog::open(*database);
  if (!cycles) return forward_error(cycles);
  auto log = LifeCycleLog::open(*database);
  if (!log) return forward_error(log);
  return OpenHouse{std::move(*workspace), std::move(*lock),   std::move(database),
                   std::move(*registry),  std::move(*cycles), std::move(*log)};
}

}  // namespace

ReplayHouse replay_house(const Session& session, const ReplayOptions& options) {
  Sha256 hash;
  hash.update(options.identity).update(options.policy).update(program_version());
  hash.update(to_string(options.span.from)).update(to_string(options.span.to));
  const std::string name = options.policy + "-" + compact_date(options.span.from) + "-" +
                           compact_date(options.span.to) + "-" + hash.hex_digest().substr(0, 8);
  return {session.workspace().replays() / name, name};
}

Result<ReplayReport> run_policy(Session& session, const MarketTape& tape, const CandleSource& candles,
                                const ContextSource* context, const ReplayOptions& options, Again again,
                                const RunContext& run) {
  const auto directory = replay_house(session, options).directory;
  auto house = open_house(directory, again);
  if (!house) return forward_error(house);
  CycleWorkplace place{candles,     context,           house->registry, house->cycles,
                       house->lock, program_version(), git_commit(),    house->workspace.checkpoints()};
  return replay(tape, place, house->log, options, run);
}

Result<std::vector<Comparison>> compare_policies(const Session& session, const MarketTape& tape,
                                                 const std::vector<ReplayOptions>& replays,
                                                 const JudgeOptions& judging) {
  std::vector<ForecastTable> tables;
  std::shared_ptr<const JudgedRows> truth;
  for (const ReplayOptions& options : replays) {
    auto house = open_house(replay_house(session, options).directory);
    if (!house) return forward_error(house);
    if (truth == nullptr) truth = truth_of(tape, options.span);
    auto table = served_table(house->log, options.span, options.policy, truth);
    if (!table) return forward_error(table);
    const bool silent = std::all_of(table->forecast.begin(), table->forecast.end(), [](float f) { return f != f; });
    // All are held against the first.
    if (silent && tables.empty()) return std::vector<Comparison>();
    if (!silent) tables.push_back(std::move(*table));
  }
  if (tables.size() < 2) return std::vector<Comparison>();
  auto judgement = judge(tables.front(), std::span(tables).subspan(1), nullptr, judging);
  if (!judgement) {
    if (judgement.error().kind == ErrorKind::data) return std::vector<Comparison>();
    return forward_error(judgement);
  }
  return std::move(judgement->against_baselines);
}

Result<std::filesystem::path> find_replay(const Workspace& workspace, const std::string& asked) {
  if (asked != "latest") {
    if (std::filesystem::exists(asked)) return std::filesystem::path(asked);
    return fail(ErrorKind::usage, "report.no_replay", "there is no such file", asked,
                "Name a file that clm replay wrote, or 'latest'.");
  }
  std::filesystem::path latest;
  std::int64_t made_at = 0;
  std::error_code ignored;  // no directory: no replays
  for (const auto& entry : std::filesystem::directory_iterator(workspace.replays(), ignored)) {
    if (entry.path().extension() != ".json") continue;
    const auto replay = read_replay_file(entry.path());
    if (!replay) return forward_error(replay);
    if (latest.empty() || replay->made_at_ms >= made_at) {
      latest = entry.path();
      made_at = replay->made_at_ms;
    }
  }
  if (latest.empty())
    return fail(ErrorKind::usage, "report.no_replay", "nothing was replayed in this workspace",
                workspace.replays().string(), "Run clm replay --from TIME --to TIME, then this again.");
  return latest;
}

}  // namespace clm::app
