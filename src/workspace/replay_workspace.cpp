#include "workspace/replay_workspace.hpp"

#include "base/hash.hpp"
#include "serving/load_check.hpp"

namespace clm {
namespace {

std::string compact_date(Timestamp time) {
  std::string text = to_date_string(time);
  std::erase(text, '-');
  return text;
}

/// What a replay's own workspace holds, with its lock. Everything is owned.
struct OpenReplay {
  WorkspaceDirectory directory;
  FileLock lock;
  std::unique_ptr<Database> database;
  Registry registry;
  CycleLog cycles;
  LifeCycleLog log;
};

/// Everything goes but the settings and the lock, which the caller holds: another process may be at work there.
Status forget(const WorkspaceDirectory& replay) {
  std::vector<std::filesystem::path> doomed;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(replay.root(), failed))
    if (entry.is_directory() ||
        entry.path().filename().string().starts_with(replay.database_file().filename().string()))
      doomed.push_back(entry.path());
  for (const auto& path : doomed)
    if (!failed) std::filesystem::remove_all(path, failed);
  if (failed)
    return fail(ErrorKind::unavailable, "replay.directory", failed.message(), replay.root().string(),
                "Check permissions.");
  return {};
}

Result<OpenReplay> open_replay(const std::filesystem::path& place, Again again = Again::resume) {
  std::error_code failed;
  std::filesystem::create_directories(place.parent_path(), failed);
  if (failed)
    return fail(ErrorKind::unavailable, "replay.directory", failed.message(), place.string(),
                "Check permissions and free space.");
  if (!std::filesystem::exists(place / "clm.toml"))
    if (auto made =
            WorkspaceDirectory::init(place, "# A replay's own registry; the settings are those of the workspace.\n");
        !made)
      return forward_error(made);
  auto directory = WorkspaceDirectory::find(place, place);
  if (!directory) return forward_error(directory);
  auto lock = directory->lock_cycle("clm replay");
  if (!lock) return forward_error(lock);
  if (again == Again::from_scratch)
    if (auto forgotten = forget(*directory); !forgotten) return forward_error(forgotten);
  Database::Options options;
  options.durability = Database::Durability::process_end;
  auto opened = Database::open(directory->database_file(), options);
  if (!opened) return forward_error(opened);
  auto database = std::make_unique<Database>(std::move(*opened));
  auto registry = Registry::open(*database, ArtifactStore(directory->versions()), nullptr, LoadsOnce());
  if (!registry) return forward_error(registry);
  auto cycles = CycleLog::open(*database);
  if (!cycles) return forward_error(cycles);
  auto log = LifeCycleLog::open(*database);
  if (!log) return forward_error(log);
  return OpenReplay{std::move(*directory), std::move(*lock),   std::move(database),
                    std::move(*registry),  std::move(*cycles), std::move(*log)};
}

}  // namespace

ReplayWorkspace replay_workspace(const Workspace& workspace, const ReplayOptions& options) {
  Sha256 hash;
  // Another commit may decide otherwise: what it did is not this program's to go on with, or to tell as its own.
  hash.update(options.identity)
      .update(options.policy)
      .update(workspace.build().version)
      .update(workspace.build().commit);
  hash.update(to_string(options.span.from)).update(to_string(options.span.to));
  const std::string name = options.policy + "-" + compact_date(options.span.from) + "-" +
                           compact_date(options.span.to) + "-" + hash.hex_digest().substr(0, 8);
  return {workspace.directory().replays() / name, name};
}

Result<ReplayReport> run_policy(const Workspace& workspace, const MarketTape& tape, const MarketView& market,
                                const ReplayOptions& options, Again again, const RunContext& run) {
  auto opened = open_replay(replay_workspace(workspace, options).directory, again);
  if (!opened) return forward_error(opened);
  const ProgramBuild& build = workspace.build();
  CycleWorkplace place{*market.candles,  market.context.get(),
                       opened->registry, opened->cycles,
                       opened->lock,     build.version,
                       build.commit,     {opened->directory.checkpoints(), workspace.directory().fits()}};
  return replay(tape, place, opened->log, options, run);
}

Result<std::vector<Comparison>> compare_policies(const Workspace& workspace, const MarketTape& tape,
                                                 const std::vector<ReplayOptions>& replays,
                                                 const JudgeOptions& judging) {
  std::vector<ForecastTable> tables;
  std::shared_ptr<const JudgedRows> truth;
  for (const ReplayOptions& options : replays) {
    auto opened = open_replay(replay_workspace(workspace, options).directory);
    if (!opened) return forward_error(opened);
    if (truth == nullptr) truth = truth_of(tape, options.span);
    auto table = served_table(opened->log, options.span, options.policy, truth);
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

}  // namespace clm
