#pragma once
#include <optional>
#include <string>

#include "learning/cycle/cycle.hpp"
#include "learning/cycle/ensemble_lineup.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"

namespace clm {

/// What a lineup's manifest says of the moment at which it was made. Borrows the data.
struct LineupMoment {
  const LearningData& data;
  const Protocol& protocol;
};

/// Makes one version of the vintages of accepted recipes and makes it active at once (not in mode `logging_only`):
/// every recipe weighs the same (with `ensemble.mode` fixed, as configured), its vintages share that. Nothing is
/// judged: they were fitted on everything known, and what was to be shown was shown by their recipes. Errors: those of
/// the registry, `file.*`.
Result<CycleResult> compose_ensemble(const CycleWorkplace& place, const LearningOptions& options,
                                     const CycleRequest& request, std::int64_t cycle, const LineupMoment& moment,
                                     const EnsemblePlan& plan);

/// The program that makes a version.
struct MadeBy {
  std::string program_version, git_commit;
};

/// Of a lineup that a person took a member out of.
struct RemadeLineup {
  VersionId before;  ///< retired now, and no way back leads to it
  VersionId now;     ///< empty: nobody can be a member, or who can would have to be judged; the active versions speak
};

/// Where `out`, which was rolled back or retired just now, is a member of the active lineup: that is retired, and one
/// of those who can be members now takes its place (of a type that was rolled back its vintages of before). It is as of
/// the newest data that one of them learned from, so that no candle is read. None: it was no member, or the active
/// ensemble was judged as a whole and goes on. A kill in between leaves no lineup active; the next cycle makes one.
/// Whatever the mode: a person decided. Errors: those of the registry; `artifact.*`.
Result<std::optional<RemadeLineup>> remake_lineup_without(const VersionId& out, Registry& registry, const CycleLog& log,
                                                          const LearningOptions& options, const MadeBy& made_by,
                                                          const Decision& decision);

}  // namespace clm
