#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/vintages/lineup_places.hpp"
#include "models/model.hpp"

namespace clm {

/// What one recipe's fits of one day said about the rows of its vintage.
struct RecipeVintage {
  std::string name;                      ///< model type
  std::vector<std::vector<float>> fits;  ///< raw forecasts, one per row of the vintage, by fit
  std::vector<double> own_scale;         ///< by fit: root mean square of its forecasts where it was fitted
  std::vector<std::vector<FeatureImportance>> importance;  ///< by fit
};

/// All recipes fitted at one moment on what was known then, and what they said about the bars that followed, as long as
/// they are in a lineup. Rows are consecutive rows of the dataset, from the first that was decided at `fitted_at`.
struct Vintage {
  Timestamp fitted_at;
  TimeRange training;  ///< decision times of fit and validation rows
  std::size_t fit_rows = 0, validation_rows = 0;
  std::size_t first_row = 0, end_row = 0;
  std::vector<RecipeVintage> recipes;
  std::vector<RecipeVintage> baselines;  ///< one fit each, until the next vintage is made
  double fit_seconds = 0;                ///< of the clock on the wall, all fits one after the other
};

/// Between two vintages, the same speak.
struct LineupSpan {
  std::size_t first_row = 0, end_row = 0;  ///< of the dataset
  std::vector<std::size_t> members;        ///< places in `VintageWalk::vintages`, newest first
};

/// A history gone through as it would have been lived: nothing that was not known is fitted on, and every forecast was
/// made before its row's outcome was known.
struct VintageWalk {
  std::vector<Vintage> vintages;  ///< ascending in time
  std::vector<LineupSpan> spans;  ///< one per vintage: from its making to the next one's
};

/// Fits `options.training.models` and the baselines at each of `fitted_at` (ascending), on the rows whose label was
/// known `embargo_bars` before; forecasts until `end`. Moments at which too little was known are left out. A fit after
/// the first of its day differs in its seed and in the rows that are drawn where there are more than
/// `training.max_fit_rows`. The outcome does not depend on `run.jobs`. `fits`: where trainings are
/// kept and found again (`FitStore`); empty: nowhere. Errors: those of training, `split.no_folds`
/// (data) where nothing could be fitted. Memory: 4 bytes a row, fit and model, beside what `run.jobs` trainings need.
Result<VintageWalk> walk_vintages(const LearningData& data, const LearningOptions& options,
                                  std::span<const Timestamp> fitted_at, Timestamp end, const LineupOptions& lineup,
                                  const RunContext& run, const std::filesystem::path& fits = {});

}  // namespace clm
