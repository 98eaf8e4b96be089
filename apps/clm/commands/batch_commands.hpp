#pragma once
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "market/batches/undo.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// `clm import --list`: every batch that the log knows.
Result<int> list_batches(Program& program);

/// `clm import --undo N`.
Result<int> undo_one_batch(Program& program, int number);

/// "xgboost 0123456789ab" of every version whose training rows lie in the time of one of these series: it may have
/// learned from what was changed there. None where there is no registry yet. Errors: those of the registry.
Result<std::vector<std::string>> versions_trained_on(Workspace& workspace, const std::vector<TouchedSeries>& series);
/// The same as a sentence with an end of line; empty if there are none.
std::string note_of_versions(const std::vector<std::string>& versions);

nlohmann::json document_of(const TouchedSeries& series);
/// "BTCUSDT 8h of binance-um", "funding_rate of BTCUSDT"
std::string name_of(const TouchedSeries& series);

}  // namespace clm::app
