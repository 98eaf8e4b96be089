#include "workspace/learning_workspace.hpp"

#include "learning/options/recipe_options.hpp"
#include "models/trainers.hpp"

namespace clm {

Status choose_models(LearningOptions& options, const AskedModels& asked) {
  if (auto chosen = train_only(options, asked.recipes, asked.where); !chosen) return chosen;
  return check_model_types(options.training.models, "training.models");
}

CycleWorkplace LearningWorkspace::workplace() const {
  const ProgramBuild& build = workspace.build();
  CycleWorkplace place{*market.candles,
                       market.context.get(),
                       registry,
                       log,
                       lock,
                       build.version,
                       build.commit,
                       {workspace.directory().checkpoints()}};
  place.corrections = &corrections;
  return place;
}

Result<LearningWorkspace> open_to_learn(Workspace& workspace, const LearningRequest& request) {
  LearningOptions& options = workspace.learning();
  // Who is trained today does not change who serves or belongs to the ensemble.
  if (!request.models.recipes.empty()) {
    options.serving.models = options.training.models;
    if (options.ensemble.models.empty()) options.ensemble.models = trained_recipes(options);
  }
  if (auto chosen = choose_models(options, request.models); !chosen) return forward_error(chosen);
  auto lock = workspace.directory().lock_cycle(request.purpose);
  if (!lock) return forward_error(lock);
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  const auto log = workspace.cycle_log();
  if (!log) return forward_error(log);
  auto corrections = open_corrections(workspace);
  if (!corrections) return forward_error(corrections);
  auto market = open_market(workspace, request.market);
  if (!market) return forward_error(market);
  return LearningWorkspace{workspace,          std::move(*lock), **registry, **log, std::move(*corrections),
                           std::move(*market), request.actor};
}

}  // namespace clm
