#pragma once
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "evaluation/judgement.hpp"
#include "learning/learning_data.hpp"
#include "learning/learning_options.hpp"

namespace clm {

/// How a study goes through history.
struct WalkForwardStudyOptions {
  TimeRange test;        ///< decision times that are judged; models are fitted on what was known before each block
  int refit_months = 1;  ///< calendar months that one fit serves, >= 1
};

/// Models and baselines over the same unseen months.
struct WalkForwardStudy {
  std::vector<std::string> models;  ///< model types that were averaged
  std::size_t fits = 0;
  std::size_t blocks = 0;
  Judgement average;                 ///< the plain average of the models, beside the baselines
  std::vector<ModelJudgement> each;  ///< every model by itself, on the same rows
  double training_seconds = 0;       ///< summed over the fits
};

/// Walk-forward: for each block of months the models are fitted as in a cycle (validation split, calibration) on labels
/// known before it, purged and embargoed, and forecast it; all blocks are judged together. `options` as for a cycle;
/// the holdout share is not used. The outcome does not depend on `run.jobs`. Errors: `split.no_folds`,
/// `training.too_few_rows` (data); those of training and judging.
Result<WalkForwardStudy> run_walk_forward(const LearningData& data, const LearningOptions& options,
                                          const WalkForwardStudyOptions& study, const RunContext& run);

}  // namespace clm
