#pragma once
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "report/regime_report.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

struct RegimePictures {
  std::vector<RegimePicture> pictures;  ///< the market, then the symbols asked for
  Timestamp as_of;
};
/// What `clm report --regimes` draws. Errors: those of the market and of `trace_regimes`.
Result<RegimePictures> gather_regimes(Program& program, Workspace& workspace, const std::vector<std::string>& symbols);

}  // namespace clm::app
