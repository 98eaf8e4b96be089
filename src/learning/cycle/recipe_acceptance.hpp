#pragma once
#include <map>
#include <string>
#include <vector>

#include "evaluation/verdict/acceptance.hpp"
#include "learning/cycle/cycle_rows.hpp"
#include "learning/cycle/judging_context.hpp"
#include "registry/cycle_log.hpp"

namespace clm {

/// The record of a recipe that is not accepted, and the moments at which the recipe is fitted for it.
struct AnchoredRecipe {
  std::string slot;  ///< "lightgbm", "lightgbm/yearly"
  RecipeTry record;
  std::vector<Timestamp> origins;
  std::size_t possible = 0;  ///< as many origins there would be, had `training.origins_minutes` no say
};

/// The record of the recipe that `name` has under these options, begun now if it has none, or if nothing is stored any
/// more of what it was first fitted on. What is looked at later
/// contains what was looked at before; so the evidence may be looked at as often as anybody likes. `workspace`: the
/// options of all, `own` those of the recipe. Errors: those of `rolling_origins`, of `recipe_in_force` and of the log.
Result<AnchoredRecipe> anchored_recipe(const CycleWorkplace& place, const LearningOptions& workspace,
                                       const LearningOptions& own, const std::string& name, const Dataset& data,
                                       Timestamp as_of);

/// Who a recipe that is judged on these rows is to join, as far as it is the same for all of them.
struct LineupOnRows {
  std::vector<ForecastTable> speaking;       ///< what accepted recipes said, each by its newest vintage of then
  const ForecastTable* benchmark = nullptr;  ///< ridge, if it is shown to have foresight on these rows
  BenchmarkSpeaks benchmark_speaks = BenchmarkSpeaks::no;
};

/// What accepted recipes but `judged` said about the judged rows, before they were known: `past_forecasts`. Ridge
/// speaks among them where it is active, or nobody is and it would be let in (`policy.floor`). `floor`: its record; may
/// be null.
Result<LineupOnRows> lineup_on_rows(const CycleWorkplace& place, const LearningOptions& workspace, CycleRows& rows,
                                    const JudgingContext& judging, const std::vector<std::string>& judged,
                                    const AnchoredRecipe* floor);

/// Of a recipe's year, before this look.
Result<AcceptanceBudget> budget_of(const CycleLog& log, const RecipeTry& record, double acceptance_alpha,
                                   Timestamp as_of);

/// All that acceptances of a cycle are asked by.
struct AcceptanceQuestions {
  LineupOnRows lineup;
  std::map<std::string, AcceptanceBudget> budgets;  ///< by slot
};

/// What the record of a candidate says. `active`: what is active by slot though its recipe is another one than the
/// settings ask for, where it can be compared: the one of the candidate's own slot gives way to it. Who is the
/// benchmark is not held against it.
Acceptance acceptance_of(const AcceptanceQuestions& questions, const std::string& slot, const ForecastTable& candidate,
                         const std::map<std::string, ForecastTable>& active, const LearningOptions& options);

/// Whether accepted recipes are shown to need the benchmark beside them no longer: what all of them together said, each
/// by its newest vintage of then, ranks no more than `policy.margin` below what ridge said. Both as they lie in the
/// registry; false where they have no rows in common.
Result<bool> is_floor_dispensable(const CycleWorkplace& place, const LearningOptions& workspace, CycleRows& rows,
                                  Timestamp as_of);

}  // namespace clm
