#include "workspace/store_verification.hpp"

#include <iterator>

namespace clm {

Result<std::vector<FileCheck>> verify_stores(Workspace& workspace, const RunContext& run) {
  const auto candles = workspace.candles();
  if (!candles) return forward_error(candles);
  const auto series = workspace.context_series();
  if (!series) return forward_error(series);
  auto checks = check_files(**candles, run);
  if (!checks) return forward_error(checks);
  auto of_series = check_files(**series, run);
  if (!of_series) return forward_error(of_series);
  checks->insert(checks->end(), std::make_move_iterator(of_series->begin()), std::make_move_iterator(of_series->end()));
  return checks;
}

}  // namespace clm
