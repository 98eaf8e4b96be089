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
#include "learning/vintages/lineup_places.hpp"
#include "models/model.hpp"

namespace clm {

/// How a study goes through history.
struct WalkForwardStudyOptions {
  TimeRange test;        ///< decision times that are judged; models are fitted on what was known before each block
  int refit_months = 1;  ///< calendar months between fits, >= 1
  int refit_days = 0;    ///< days between fits instead; 0: months
  LineupOptions lineup;
  std::filesystem::path fits = {};  ///< where trainings are kept and found again (`FitStore`); empty: nowhere
};

/// One step of the walk: what was judged, and what the newest of the models that forecast it were fitted on.
struct StudyBlock {
  TimeRange test;      ///< decision times that were judged
  TimeRange training;  ///< decision times of fit and validation rows
  std::size_t fit_rows = 0;
  std::size_t validation_rows = 0;  ///< kept back for early stopping
  std::size_t test_rows = 0;
  std::size_t vintages = 0;  ///< of each recipe that spoke
};

/// Which features a type of model used, as the mean share over its fits; descending, then by name. Empty where the
/// model has no such notion.
struct StudyImportance {
  std::string model_type;
  std::vector<FeatureImportance> features;
};

/// Models and baselines over the same unseen months.
struct WalkForwardStudy {
  std::vector<std::string> models;  ///< model types that were averaged, each as the lineup of its vintages
  LineupOptions lineup;
  std::size_t fits = 0;
  std::vector<StudyBlock> blocks;
  /// Blocks that were not judged: no rows there, or too few known before to train on and to calibrate by.
  std::vector<TimeRange> skipped;
  Judgement average;                        ///< the plain average of the models, beside the baselines
  std::vector<ModelJudgement> each;         ///< every model by itself, on the same rows
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
/// {models, lineup, blocks, fits, wall_seconds, fit_seconds_summed, judgement, each, walk, skipped, importance, daily,
/// superior_ability}.
nlohmann::json to_json(const WalkForwardStudy& study);
/// How many of `forecasts` and `daily.forecasters` are candidates: the average and the models come first.
std::size_t candidates_of(const WalkForwardStudy& study);
/// "average", "model" or "baseline": what the k-th of `forecasts` and `daily.forecasters` is.
const char* role_of(const WalkForwardStudy& study, std::size_t k);

/// Walk-forward, as a lineup would have been lived (`walk_vintages`, `lineup_forecast`): the time to be judged is cut
/// into blocks at the moments of the fits. Each model is fitted on all labels known by then, embargoed; what is judged
/// is the lineup of its vintages, scaled by what its own earlier forecasts were worth (`calibrated_as_served`). So that
/// the first block has a whole lineup and a scale, vintages are made before `test` as well, as far as the history goes
/// back. All blocks are judged together. `options` as for a cycle; the holdout share is not used, and the blocks that
/// are judged one by one are those of the walk. The outcome does not depend on `run.jobs`. Errors: `split.no_folds`
/// (data); those of training and judging.
Result<WalkForwardStudy> run_walk_forward(const LearningData& data, const LearningOptions& options,
                                          const WalkForwardStudyOptions& study, const RunContext& run);

}  // namespace clm
