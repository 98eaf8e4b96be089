#include "learning/cycle/origin_judging.hpp"

#include <algorithm>

#include "learning/cycle/rolling_origins.hpp"

namespace clm {

OriginJudging& RowsToJudge::group_at(const std::vector<Timestamp>& origins) {
  for (const auto& group : groups)
    if (group->origins == origins) return *group;
  groups.push_back(std::make_unique<OriginJudging>(OriginJudging{origins, {}, {}, {}}));
  return *groups.back();
}

Result<RowsToJudge> rows_to_judge(const CycleWorkplace& place, const LearningOptions& workspace, CycleRows& rows,
                                  const LearningOptions& options, const std::vector<Trigger>& triggers,
                                  Timestamp as_of) {
  auto working = rows.of(options);
  if (!working) return forward_error(working);
  RowsToJudge out{std::move(*working), {}, {}};
  for (const Trigger& trigger : triggers) {
    auto recipe = anchored_recipe(place, workspace, options, trigger.model_type, out.working.data.rows.data, as_of);
    if (!recipe) return forward_error(recipe);
    out.group_at(recipe->origins).triggers.push_back(trigger);
    out.recipes.emplace(trigger.model_type, std::move(*recipe));
  }
  return out;
}

Result<std::vector<CycleResult>> judge_group(const CycleWorkplace& place, const LearningOptions& workspace,
                                             const LearningOptions& options, const CycleRequest& request,
                                             std::int64_t cycle, CycleRows& all_rows, const RowsToJudge& rows,
                                             const AnchoredRecipe* floor, OriginJudging& group,
                                             const std::vector<Trigger>& triggers, const RunContext& run) {
  const std::size_t count = group.origins.size();
  std::size_t of = count;
  for (const Trigger& trigger : triggers) of = std::max(of, rows.recipes.at(trigger.model_type).possible);
  if (!group.judging) {
    Protocol protocol = rows.working.protocol;
    if (count < of) protocol.origins = static_cast<std::int64_t>(count);
    auto judging = judge_at_origins(rows.working.data, protocol, group.origins, options, group.split, run);
    if (!judging) return forward_error(judging);
    group.judging.emplace(std::move(*judging));
  }
  AcceptanceQuestions questions;
  std::vector<std::string> judged;
  for (const Trigger& trigger : triggers) {
    const auto budget = budget_of(place.log, rows.recipes.at(trigger.model_type).record,
                                  workspace.policy.acceptance_alpha, request.as_of);
    if (!budget) return forward_error(budget);
    questions.budgets.emplace(trigger.model_type, *budget);
    judged.push_back(trigger.model_type);
  }
  auto lineup = lineup_on_rows(place, workspace, all_rows, *group.judging, judged, floor);
  if (!lineup) return forward_error(lineup);
  questions.lineup = std::move(*lineup);
  auto trained = train_at_origins(place, options, *group.judging, group.origins, triggers, run);
  if (!trained) return forward_error(trained);
  auto results =
      judge_and_settle(place, options, request, cycle, *group.judging, triggers, std::move(*trained), &questions, run);
  if (!results || count == of) return results;
  for (CycleResult& result : *results)
    result.reasons.push_back("fitted at the newest " + std::to_string(count) + " of " + std::to_string(of) +
                             " moments: training.origins_minutes leaves no time for more");
  return results;
}

}  // namespace clm
