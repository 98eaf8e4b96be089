#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/program.hpp"
#include "report/overview_report.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// What a report needs, gathered from the workspace into plain structs.

/// Coverage and findings of every stored series; damaged files are warned of.
Result<std::vector<SeriesCoverage>> gather_data(Program& program, Workspace& workspace);

/// On how many held-out rows, at most, a version is asked what its forecasts live on; 0: it is not asked.
struct ExplainedRows {
  std::size_t most = 0;
  const RunContext& run;
};

/// Manifest, evidence, importance and history of a version. `cycle`: the evidence that this cycle gave, where it gave
/// some; else the latest. A model that cannot be loaded, or not be explained, is said so in the facts, it is no error.
/// Errors: those of the registry, `cancelled`.
Result<VersionFacts> gather_version(Workspace& workspace, std::string_view version, std::optional<std::int64_t> cycle,
                                    const ExplainedRows& explained);

/// Cycles, active versions and the candidates of `cycle` (default: of the newest cycle that decided something).
/// `data` stays empty. Error `report.unknown_cycle` (usage).
Result<OverviewFacts> gather_overview(Workspace& workspace, std::optional<std::int64_t> cycle,
                                      const ExplainedRows& explained);

}  // namespace clm::app
