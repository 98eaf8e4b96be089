#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "learning/life_cycle/life_cycle_log.hpp"
#include "registry/registry.hpp"

namespace clm {

/// A version of a recipe, as its record names it.
struct RecordedVintage {
  VersionId version;
  std::string recipe;  ///< `Recipe::id`
  std::string model_type;
  Timestamp created_as_of, learned_until;
};
/// Every version that is of a recipe, ensembles aside; one whose stored manifest is broken is of none. Errors: those of
/// the registry. Cost: reads every manifest.
Result<std::map<VersionId, RecordedVintage>> recorded_vintages(const Registry& registry);

/// What was said at the close of one bar, before anybody could know what came of it.
struct RecordedBar {
  Timestamp decided_at;
  VersionId vintage;  ///< who spoke; of what was served, the newest vintage in service; empty: none of a recipe
  std::shared_ptr<const std::vector<Symbol>> symbols;
  std::vector<float> forecast;            ///< one per symbol, units of the horizon's volatility; NaN: nothing
  std::optional<ServedTerms> terms = {};  ///< of what was served, where the release that logged it noted them
};

/// What was said bar by bar (test, then train: Dawid 1984, J. R. Statist. Soc. A 147:278). Bars ascend.
struct Record {
  std::map<std::string, std::vector<RecordedBar>> of_recipe;  ///< by id
  std::vector<RecordedBar> served;
};

/// The record of bars decided in `span`, from what the life cycle logged. A recipe's line is at each bar that of its
/// newest vintage in service; where none of its vintages is, of the newest that a trial hears. A vintage that was made
/// of a bar that closed later has no part in it: it may have learned what it says, so such a row cannot come in,
/// whatever was logged. Errors: those of the log. Cost: reads the rows of the span,
/// some 10 us each. Memory: 4 bytes a forecast of the lines, 12 of what was served, and a month of everybody's.
Result<Record> read_record(const LifeCycleLog& log, const std::map<VersionId, RecordedVintage>& vintages,
                           TimeRange span);

}  // namespace clm
