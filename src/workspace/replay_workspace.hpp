#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "learning/studies/replay.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// A replay works in a workspace of its own, replays/NAME in the one whose market it replays: a registry, artifacts and
/// a memory of its own. NAME says policy and span, and ends in a hash of everything else that decides the outcome,
/// settings, data (`ReplayOptions::identity`), release and commit of the program, so that the same replay goes on where
/// it was stopped and another one begins anew.
struct ReplayWorkspace {
  std::filesystem::path directory;
  std::string name;
};
ReplayWorkspace replay_workspace(const Workspace& workspace, const ReplayOptions& options);

/// Runs one policy in its workspace, which is made if it is not there. `from_scratch` forgets what is there. `tape` is
/// recorded from `market`. Errors: `lock.held` (locked) where the same replay is under way, `replay.directory`
/// (unavailable), those of opening registry and logs, and of `replay`; the next run goes on from there.
enum class Again { resume, from_scratch };
Result<ReplayReport> run_policy(const Workspace& workspace, const MarketTape& tape, const MarketView& market,
                                const ReplayOptions& options, Again again, const RunContext& run);

/// What each policy served, held against the first, on the rows that all of them forecast: paired differences with
/// intervals. Empty with fewer than two that served anything. Errors as `run_policy`.
Result<std::vector<Comparison>> compare_policies(const Workspace& workspace, const MarketTape& tape,
                                                 const std::vector<ReplayOptions>& replays,
                                                 const JudgeOptions& judging);

}  // namespace clm
