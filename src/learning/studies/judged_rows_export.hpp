#pragma once
#include <cstddef>
#include <filesystem>

#include "base/result.hpp"
#include "learning/studies/walk_forward_study.hpp"

namespace clm {

/// Writes what a study judged as CSV, a line per forecaster and row, so that its figures can be computed by hand:
///   forecaster, role       as in the study: average, model or baseline
///   symbol, decided_at_ms  the decision, at the close of a bar
///   known_at_ms            when its outcome was known: the exit
///   forecast, label        in units of recent volatility
///   forward_return         log return from the next bar's open to the exit
///   judged_return          the same less its mean over the lines of that time, where forecasts are relative: what they
///                          are held against
///   volatility             over the horizon, known at the decision
///   up_probability         of forward_return being above zero, as it would be served; empty where none was
///   position               of the single position opened here: 1 long, -1 short, 0 none
///   position_net_bps       what that came to after costs, the hedge included; empty where none was opened
///   book_weight            what the long-short book formed here holds of the symbol; empty where there is none
/// Ordered by forecaster, decision, symbol. Numbers are as short as gives back the same bits. Rank IC: Spearman's
/// correlation of forecast and judged_return over the symbols of a time, the mean over the times with enough of them (a
/// constant forecast ranks nothing and counts 0; momentum computed from candles in doubles differs in the seventh
/// digit, as returns that differ there may be equal in the 32 bits of a feature). Hit rate: the share of lines where
/// forecast and judged_return have the same sign, zeros left out. A rebalance earns the sum of book_weight x
/// (exp(forward_return) - 1) over the lines of a time, and pays for the weights changed against those horizon_bars
/// earlier, for all of them where there were none, and for closing where none follow. Replaces `file` in one step.
/// Returns the number of lines below the header. Error `file.write` (unavailable). Cost O(rows x forecasters), memory
/// that of one forecaster.
Result<std::size_t> export_judged_rows(const WalkForwardStudy& study, const JudgeOptions& options,
                                       const std::filesystem::path& file);

}  // namespace clm
