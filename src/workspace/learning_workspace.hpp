#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learning/cycle/cycle.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// Recipes that somebody asked for instead of all those of the settings.
struct AskedModels {
  std::vector<std::string> recipes;  ///< "lightgbm", "lightgbm/yearly"; empty: all of the settings
  std::string where;                 ///< what names them, for errors: "--models"
};
/// No others than `asked` are trained. Error `model.type` (usage), which names where the wrong one stands, and what is
/// known.
Status choose_models(LearningOptions& options, const AskedModels& asked);

struct LearningRequest {
  AskedModels models;
  MarketRequest market;
  std::string purpose;  ///< what others are told who ask for the lock meanwhile: "clm cycle"
  std::string actor;    ///< who asked, for the log of cycles: "cli"
};

/// A workspace opened to learn: the cycle lock is held while this lives. Borrows the workspace.
struct LearningWorkspace {
  Workspace& workspace;
  FileLock lock;
  Registry& registry;
  CycleLog& log;
  CandleCorrections corrections;  ///< since before the market was read
  MarketView market;
  std::string actor;

  /// The same as `run_cycle` and `LifeCycle` want it. Borrows this.
  CycleWorkplace workplace() const;
};
/// Chooses the models, takes the lock and opens registry, log and market. `workspace` must be open for `change`; its
/// learning options are then those of the request. Who is trained does not change who belongs to the ensemble. Errors
/// `model.type` (usage), `lock.held` (locked), and those of opening each.
Result<LearningWorkspace> open_to_learn(Workspace& workspace, const LearningRequest& request);

}  // namespace clm
