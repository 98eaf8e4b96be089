#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "learning/cycle/candidate_judging.hpp"
#include "learning/cycle/cycle_rows.hpp"
#include "learning/cycle/recipe_acceptance.hpp"

namespace clm {

/// Of these, those that are judged at the same origins, and what that is done by; at its place, since it refers to
/// itself.
struct OriginJudging {
  std::vector<Timestamp> origins;
  std::vector<Trigger> triggers;
  TrainingSplit split;
  std::optional<JudgingContext> judging;
};

/// The rows that recipes with the same options are judged on, each from the moments on at which its record began.
struct RowsToJudge {
  CycleData working;
  std::map<std::string, AnchoredRecipe> recipes;  ///< by slot
  std::vector<std::unique_ptr<OriginJudging>> groups;

  /// The one of these origins; made where there is none.
  OriginJudging& group_at(const std::vector<Timestamp>& origins);
};

/// Of recipes that are made by `options`, which `workspace` asks for; their records are begun where they have none, in
/// the order of the triggers. Errors: those of `anchored_recipe` and of preparing rows.
Result<RowsToJudge> rows_to_judge(const CycleWorkplace& place, const LearningOptions& workspace, CycleRows& rows,
                                  const LearningOptions& options, const std::vector<Trigger>& triggers,
                                  Timestamp as_of);

/// Fits, judges and settles `triggers`, whose records are among `rows`, at the origins of `group`. `floor`: its record,
/// where a baseline is to speak; else null. Errors: those of `judge_at_origins` and `judge_and_settle`.
Result<std::vector<CycleResult>> judge_group(const CycleWorkplace& place, const LearningOptions& workspace,
                                             const LearningOptions& options, const CycleRequest& request,
                                             std::int64_t cycle, CycleRows& all_rows, const RowsToJudge& rows,
                                             const AnchoredRecipe* floor, OriginJudging& group,
                                             const std::vector<Trigger>& triggers, const RunContext& run);

}  // namespace clm
