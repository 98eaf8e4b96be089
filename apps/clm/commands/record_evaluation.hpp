#pragma once
#include <string>

#include "cli/program.hpp"

namespace clm::app {

/// Which record is judged, as the flags say it.
struct RecordFlags {
  std::string record;    ///< a recipe's id or a unique beginning of it, or "served"
  std::string from, to;  ///< empty: from its beginning, to its end
};

/// Judges what the life cycle logged, and prints it. Errors: `recipe.unknown`, `recipe.ambiguous` (usage),
/// `record.none` (usage) where nothing was logged, those of the market, of `judge_record` and of the flags.
Result<int> evaluate_record(Program& program, const RecordFlags& flags);

}  // namespace clm::app
