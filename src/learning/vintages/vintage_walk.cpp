#include "learning/vintages/vintage_walk.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/parallel.hpp"
#include "evaluation/ensemble/standardised_forecast.hpp"
#include "evaluation/statistics/purged_split.hpp"
#include "learning/data/baselines.hpp"
#include "learning/data/training_split.hpp"
#include "models/fit_store.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

/// Of so many of the newest rows that it was fitted on a model's own scale is taken.
constexpr std::size_t kScaleRows = 20'000;

RowSet rows_between(const Dataset& data, std::size_t first, std::size_t end) {
  RowSet rows{&data, {}};
  for (std::size_t row = first; row < end; ++row) rows.rows.push_back(static_cast<std::uint32_t>(row));
  return rows;
}

std::size_t first_row_at(const Dataset& data, Timestamp time) {
  return static_cast<std::size_t>(std::lower_bound(data.decided_at_ms.begin(), data.decided_at_ms.end(), time.ms()) -
                                  data.decided_at_ms.begin());
}

/// Until which place of `fitted_at` each vintage is in the lineup.
std::vector<std::size_t> ends_of_service(std::span<const Timestamp> fitted_at, const LineupOptions& lineup) {
  std::vector<std::size_t> ends(fitted_at.size(), 0);
  for (std::size_t i = 0; i < fitted_at.size(); ++i)
    for (const std::size_t member : lineup_places(fitted_at.first(i + 1), lineup)) ends[member] = i + 1;
  return ends;
}

Result<double> own_scale_of(const Model& model, const RowSet& fitted) {
  const std::size_t count = std::min(fitted.size(), kScaleRows);
  const RowSet newest{fitted.data, {fitted.rows.end() - static_cast<std::ptrdiff_t>(count), fitted.rows.end()}};
  std::vector<float> said(count);
  if (auto predicted = model.predict(newest, said); !predicted) return forward_error(predicted);
  const double scale = root_mean_square(said);
  return scale > 0 ? scale : 1.0;  // what always says nothing has any scale
}

Status add_fit(const Trainer& trainer, const TrainingSplit& split, const TrainingOptions& options, const RowSet& asked,
               RecipeVintage& recipe, const RunContext& run, const FitStore& kept) {
  const TrainingJob job{split.fit, split.validation, static_cast<std::uint64_t>(options.seed),
                        static_cast<int>(options.threads)};
  const auto model = kept.find_or_train(trainer, job, run);
  if (!model) return forward_error(model);
  const auto scale = own_scale_of(**model, split.fit);
  if (!scale) return forward_error(scale);
  std::vector<float> said(asked.size());
  if (auto predicted = (*model)->predict(asked, said); !predicted) return predicted;
  recipe.fits.push_back(std::move(said));
  recipe.own_scale.push_back(*scale);
  recipe.importance.push_back((*model)->importance());
  return {};
}

/// What was known at a moment, and the rows that were decided from then until `end`.
Result<Fold> fold_at(const LearningData& data, const TrainingOptions& options, Timestamp fitted_at, Timestamp end) {
  WalkForwardOptions walk;
  walk.train_length = Duration(static_cast<std::int64_t>(options.window_days * kDayMs));
  walk.embargo = data.rows.data.frame->interval.length() * options.embargo_bars;
  const TimeRange block[] = {{fitted_at, end}};
  auto folds = walk_forward(all_rows(data.rows.data), block, walk);
  if (!folds) return forward_error(folds);
  return std::move(folds->front());
}

StopsEarly stops_early(const Trainer& trainer) { return trainer.stops_early() ? StopsEarly::yes : StopsEarly::no; }

/// The moments at which enough was known for every one of `trainers`.
Result<std::vector<Timestamp>> moments_to_fit_at(const LearningData& data, const TrainingOptions& options,
                                                 const std::vector<std::unique_ptr<Trainer>>& trainers,
                                                 std::span<const Timestamp> fitted_at, Timestamp end) {
  TrainingOptions of_all_rows = options;  // how many there are is asked, not which ones are drawn
  of_all_rows.max_fit_rows = std::numeric_limits<std::int64_t>::max();
  std::vector<Timestamp> moments;
  for (const Timestamp moment : fitted_at) {
    const auto fold = fold_at(data, options, moment, end);
    const bool is_enough = fold && std::all_of(trainers.begin(), trainers.end(), [&](const auto& trainer) {
                             return split_of_known(fold->train, stops_early(*trainer), of_all_rows, moment).has_value();
                           });
    if (is_enough) moments.push_back(moment);
  }
  if (moments.empty())
    return fail(ErrorKind::data, "split.no_folds", "too little was known at every moment to fit on", {},
                "Use more history, or judge later months.");
  return moments;
}

/// `until_next`: rows that are decided before the next vintage is made.
Result<Vintage> make_vintage(const LearningData& data, const LearningOptions& options, const LineupOptions& lineup,
                             const std::vector<std::unique_ptr<Trainer>>& trainers, Vintage vintage, Timestamp end,
                             std::size_t until_next, const RunContext& run, const FitStore& kept) {
  const auto fold = fold_at(data, options.training, vintage.fitted_at, end);
  if (!fold) return forward_error(fold);
  const RowSet asked = rows_between(data.rows.data, vintage.first_row, vintage.end_row);
  const double started = monotonic_seconds();
  for (const auto& trainer : trainers) {
    RecipeVintage recipe{std::string(trainer->type()), {}, {}, {}};
    for (int fit = 0; fit < lineup.fits; ++fit) {
      TrainingOptions training = options.training;
      training.seed += fit;
      const auto split = split_of_known(fold->train, stops_early(*trainer), training, vintage.fitted_at);
      if (!split) return forward_error(split);
      if (auto added = add_fit(*trainer, *split, training, asked, recipe, run, kept); !added)
        return forward_error(added);
      vintage.training = split->training_span;
      vintage.fit_rows = split->fit.size();
      vintage.validation_rows = split->validation.size();
    }
    vintage.recipes.push_back(std::move(recipe));
  }
  vintage.fit_seconds = monotonic_seconds() - started;
  const auto split = split_of_known(fold->train, StopsEarly::no, options.training, vintage.fitted_at);
  if (!split) return forward_error(split);
  const RowSet next = rows_between(data.rows.data, vintage.first_row, until_next);
  const auto baselines = baseline_trainers(*data.rows.data.frame, data.label, options.trainers);
  if (!baselines) return forward_error(baselines);
  for (const auto& trainer : *baselines) {
    RecipeVintage recipe{std::string(trainer->type()), {}, {}, {}};
    if (auto added = add_fit(*trainer, *split, options.training, next, recipe, run, kept); !added)
      return forward_error(added);
    vintage.baselines.push_back(std::move(recipe));
  }
  return vintage;
}

std::vector<LineupSpan> spans_of(const std::vector<Vintage>& vintages, std::size_t end_row,
                                 const LineupOptions& lineup) {
  std::vector<Timestamp> fitted_at;
  std::vector<LineupSpan> spans;
  for (std::size_t i = 0; i < vintages.size(); ++i) {
    fitted_at.push_back(vintages[i].fitted_at);
    const std::size_t end = i + 1 < vintages.size() ? vintages[i + 1].first_row : end_row;
    spans.push_back({vintages[i].first_row, end, lineup_places(fitted_at, lineup)});
  }
  return spans;
}

}  // namespace

Result<VintageWalk> walk_vintages(const LearningData& data, const LearningOptions& options,
                                  std::span<const Timestamp> fitted_at, Timestamp end, const LineupOptions& lineup,
                                  const RunContext& run, const std::filesystem::path& fits) {
  std::vector<std::unique_ptr<Trainer>> trainers;
  for (const auto& type : options.training.models) {
    auto trainer = make_trainer(type, options.trainers);
    if (!trainer) return forward_error(trainer);
    trainers.push_back(std::move(*trainer));
  }
  const auto moments = moments_to_fit_at(data, options.training, trainers, fitted_at, end);
  if (!moments) return forward_error(moments);
  const auto ends = ends_of_service(*moments, lineup);
  const auto row_at = [&](std::size_t place) {
    return first_row_at(data.rows.data, place < moments->size() ? (*moments)[place] : end);
  };
  std::vector<std::optional<Result<Vintage>>> made(moments->size());
  run.progress.begin("fitting vintages", moments->size());
  SilentProgress silent;
  const FitStore kept(fits);
  const RunContext inner{run.clock, run.cancel, silent, 1, run.scratch};
  parallel_for(run.jobs, moments->size(), [&](std::size_t i) {
    Vintage vintage;
    vintage.fitted_at = (*moments)[i];
    vintage.first_row = row_at(i);
    vintage.end_row = row_at(ends[i]);
    made[i].emplace(make_vintage(data, options, lineup, trainers, std::move(vintage), end, row_at(i + 1), inner, kept));
    run.progress.advance();
  });
  run.progress.end();
  VintageWalk walk;
  for (auto& vintage : made) {
    if (!*vintage) return forward_error(*vintage);
    walk.vintages.push_back(std::move(**vintage));
  }
  walk.spans = spans_of(walk.vintages, row_at(moments->size()), lineup);
  return walk;
}

}  // namespace clm
