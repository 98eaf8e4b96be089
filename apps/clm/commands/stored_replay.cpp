#include "commands/stored_replay.hpp"

#include "report/replay_report.hpp"

namespace clm::app {

Result<std::filesystem::path> find_replay(const WorkspaceDirectory& workspace, const std::string& asked) {
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
