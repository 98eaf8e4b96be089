#pragma once
#include <string>
#include <vector>

#include "cli/program.hpp"

namespace clm::app {

/// Which part of what was served, as the flags say it.
struct ServedHistoryFlags {
  std::string from, to;              ///< bars that closed in [from, to)
  std::vector<std::string> symbols;  ///< empty: all
  std::string export_file;           ///< FILE.csv or FILE.parquet; empty: to standard output
};

/// Prints or writes what was served bar by bar, as it was logged; nothing is computed. Errors: those of the flags,
/// `predict.unknown_symbol`, `export.kind` (usage), those of the log and of writing.
Result<int> tell_served_history(Program& program, const ServedHistoryFlags& flags);

}  // namespace clm::app
