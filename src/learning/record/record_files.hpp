#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "evaluation/verdict/judgement.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The record's closed months as Parquet files, for whoever reads it with other tools: DIRECTORY/RECIPE/MONTH.parquet
/// ("2024-06", UTC) and DIRECTORY/served/MONTH.parquet. One row per bar and symbol with a forecast, by time, then by
/// symbol as the universe had them; a missing number is NaN:
///   decided_at           the close, ms since 1970
///   symbol
///   version              the vintage that spoke; of what was served, the newest vintage in service
///   learned_until        when the last label that it was fitted on became known, ms since 1970; 0: not known
///   forecast             in units of the horizon's volatility
///   expected_return_bps  over the horizon; of what was served, as it was told then
///   up_probability       that the price rises; of what was served, as it was told then; NaN of a recipe
///   label                what came of it, as it is learned; NaN: never known
///   forward_return       log return from the next open to the exit; NaN likewise
///   lineup, action       of what was served: the ensemble that spoke ("": the active versions), BUY, SELL or HOLD
/// The metadata say which label, and over which outcomes the file was written.
///
/// A month is written once all labels of its bars are known, and anew where outcomes are other ones than it was written
/// over: candles were corrected, an import was undone, or the universe changed. Months of another label than the
/// tape's stay as they are. The database keeps all rows: a file that is gone is written again. Files of what was served
/// are written last, each in one step, so that a kill leaves a month that is done again. The same record and outcomes
/// give the same bytes.
///
/// `gone_through`: the close until which the life cycle has logged. Only under the cycle lock. Returns how many files
/// were written. Errors: those of log and registry, `file.write`, `parquet.write` (unavailable). Cost: a hash of the
/// outcomes since the first forecast, some 30 ms a year of 60 symbols hourly; and per month written, that of reading
/// its rows.
Result<std::size_t> write_closed_months(const MarketTape& tape, const LifeCycleLog& log, const Registry& registry,
                                        Timestamp gone_through, const std::filesystem::path& directory);

/// Rank IC of a recipe's closed months, from their files; none: it has none. The interval is that of any judgement.
/// Errors: those of `read_parquet`. Cost: reads the files.
Result<std::optional<RecipeRecord>> recorded_skill(const std::filesystem::path& directory, const std::string& recipe,
                                                   const JudgeOptions& options);

}  // namespace clm
