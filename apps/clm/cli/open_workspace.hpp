#pragma once
#include <memory>
#include <string>

#include "program.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// Opens the workspace that the flags name, or the one around the current directory, with the program's clock and
/// environment, and lets the program put aside there. What is wrong beside the error is told after it
/// (`Program::also_wrong`). Errors `workspace.missing`, and those of `Workspace::open`.
Result<std::unique_ptr<Workspace>> open_workspace(Program& program, Workspace::Access access);

/// An open workspace and its registry, for commands that only read.
struct RegistryView {
  std::unique_ptr<Workspace> workspace;
  Registry* registry;
};
Result<RegistryView> open_registry(Program& program);

/// The same with the cycle lock held (`lock_registry`), for commands that move versions.
struct RegistryForChange {
  std::unique_ptr<Workspace> workspace;
  FileLock lock;
  Registry* registry;
};
Result<RegistryForChange> open_registry_for_change(Program& program, const std::string& purpose);

/// `as_of` as the person wrote it behind --as-of; empty: now. Error `time.syntax` (usage).
Result<MarketRequest> market_request(const Program& program, const std::string& as_of);
/// Warns of damaged files, and of what else is to be said of the market.
void warn_of(Program& program, const std::vector<DamagedFile>& damaged, const std::vector<std::string>& notes);

/// The market of the workspace at `as_of`, with those warnings.
Result<MarketView> open_market(Program& program, Workspace& workspace, const std::string& as_of);
/// The same for a command whose answer is for acting on: warns where the candles are later than the clock by more than
/// `serving.max_late_bars`, or the clock is behind them.
Result<MarketView> open_live_market(Program& program, Workspace& workspace, const std::string& as_of);

}  // namespace clm::app
