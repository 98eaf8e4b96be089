#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/replay.hpp"
#include "session.hpp"

namespace clm::app {

/// A replay keeps house under replays/NAME of the workspace: a registry, artifacts and a memory of its own. NAME says
/// policy and span, and ends in a hash of everything else that decides the outcome, settings and data
/// (`ReplayOptions::identity`), so that the same command goes on where it was stopped and another one begins anew.
struct ReplayHouse {
  std::filesystem::path directory;
  std::string name;
};
ReplayHouse replay_house(const Session& session, const ReplayOptions& options);

/// Runs one policy in its house. `from_scratch` forgets what is there.
enum class Again { resume, from_scratch };
Result<ReplayReport> run_policy(Session& session, const MarketTape& tape, const CandleSource& candles,
                                const ContextSource* context, const ReplayOptions& options, Again again,
                                const RunContext& run);

/// What each policy served, held against the first, on the rows that all of them forecast: paired differences with
/// intervals. Empty with fewer than two that served anything.
Result<std::vector<Comparison>> compare_policies(const Session& session, const MarketTape& tape,
                                                 const std::vector<ReplayOptions>& replays,
                                                 const JudgeOptions& judging);

/// `asked` itself, or for "latest" the document that clm replay wrote last in this workspace, by what it says. Error
/// `report.no_replay` (usage) where there is none.
Result<std::filesystem::path> find_replay(const Workspace& workspace, const std::string& asked);

}  // namespace clm::app
