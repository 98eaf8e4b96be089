#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "evaluation/statistics/selection_bias.hpp"
#include "evaluation/verdict/daily_results.hpp"
#include "evaluation/verdict/judgement.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/options/learning_options.hpp"
#include "models/model.hpp"

namespace clm {

/// How a study goes through history.
struct WalkForwardStudyOptions {
  TimeRange test;        ///< decision times that are judged; models are fitted on what was known before each block
  int refit_months = 1;  ///< calendar months that one fit serves, >= 1
};

/// One step of the walk: what was judged, and what the models that forecast it were fitted on.
struct StudyBlock {
  TimeRange test;      ///< decision times that were judged
  TimeRange training;  ///< decision times of fit and validation rows
  std::size_t fit_rows = 0;
  std::size_t validation_rows = 0;  ///< for calibration and early stopping
  std::size_t test_rows = 0;
};

/// Which features a type of model used, as the mean share over its fits; descending, then by name. Empty where the
/// model has no such notion.
struct StudyImportance {
  std::string model_type;
  std::vector<FeatureImportance> features;
};

/// Models and baselines over the same unseen months.
struct WalkForwardStudy {
  std::vector<std::string> models;  ///< model types that were averaged
  std::size_t fits = 0;
  std::vector<StudyBlock> blocks;
  std::vector<TimeRange> skipped;    ///< blocks that were not judged: no rows there, or none known before to train on
  Judgement average;                 ///< the plain average of the models, beside the baselines
  std::vector<ModelJudgement> each;  ///< every model by itself, on the same rows
  std::vector<StudyImportance> importance;  ///< as `models`
  /// What was forecast, on all rows of the blocks: the average where there are several models, then these, then the
  /// baselines. A model was judged on the rows where it and the baselines have a forecast, the average and the
  /// baselines where all have.
  std::vector<ForecastTable> forecasts;
  DailyResults daily;  ///< of `forecasts`
  /// Whether the best of the models and their average is better than the baselines, in rank IC and in net return of
  /// `daily`.
  SuperiorityTest superior_rank_ic, superior_net_return;
  double fit_seconds_summed = 0;  ///< of the clock on the wall, summed over fits that ran side by side
  double wall_seconds = 0;        ///< from the first fit to the last figure
};
/// {models, blocks, fits, wall_seconds, fit_seconds_summed, judgement, each, walk, skipped, importance, daily,
/// superior_ability}.
nlohmann::json to_json(const WalkForwardStudy& study);
/// How many of `forecasts` and `daily.forecasters` are candidates: the average and the models come first.
std::size_t candidates_of(const WalkForwardStudy& study);
/// "average", "model" or "baseline": what the k-th of `forecasts` and `daily.forecasters` is.
const char* role_of(const WalkForwardStudy& study, std::size_t k);

/// Walk-forward: the time to be judged is cut into blocks of calendar months, of which the first and the last may be
/// parts of one. For each block the models are fitted as in a cycle (validation split, calibration) on labels
/// known before it, purged and embargoed, and forecast it; all blocks are judged together. `options` as for a cycle;
/// the holdout share is not used, and the blocks that are judged one by one are those of the walk. The outcome does not
/// depend on `run.jobs`. Errors: `split.no_folds`, `training.too_few_rows` (data); those of training and judging.
Result<WalkForwardStudy> run_walk_forward(const LearningData& data, const LearningOptions& options,
                                          const WalkForwardStudyOptions& study, const RunContext& run);

}  // namespace clm
