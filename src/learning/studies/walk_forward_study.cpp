#include "learning/studies/walk_forward_study.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "evaluation/statistics/purged_split.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/data/training_split.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

std::vector<TimeRange> blocks_of(TimeRange test, int months) {
  std::vector<TimeRange> blocks;
  for (const auto& month : calendar_month_blocks(test)) {
    if (blocks.empty() || (calendar_time(month.from).month - calendar_time(test.from).month + 120) % months == 0)
      blocks.push_back(month);
    else
      blocks.back().to = month.to;
  }
  return blocks;
}

/// What one block gave: each forecaster's forecasts of the block's test rows.
struct BlockOutcome {
  std::vector<std::string> names;
  std::vector<std::vector<float>> values;
  std::vector<std::vector<FeatureImportance>> importance;  ///< of the models, without the baselines
  StudyBlock block;
  double fit_seconds = 0;
};

Result<BlockOutcome> run_block(const LearningData& data, const Fold& fold, const LearningOptions& options,
                               const RunContext& run) {
  const auto split = split_before(fold.train, fold.test, options.training);
  if (!split) return forward_error(split);
  BlockOutcome outcome;
  outcome.block = {{}, split->training_span, split->fit.size(), split->validation.size(), fold.test.size()};
  for (const auto& type : options.training.models) {
    const auto trainer = make_trainer(type, options.trainers);
    if (!trainer) return forward_error(trainer);
    const double started = monotonic_seconds();
    const auto model = train_calibrated(**trainer, data, *split, options.training, run);
    if (!model) return forward_error(model);
    outcome.fit_seconds += monotonic_seconds() - started;
    auto forecasts = model->forecast(fold.test);
    if (!forecasts) return forward_error(forecasts);
    outcome.importance.push_back(model->model->importance());
    outcome.names.push_back(type);
    outcome.values.push_back(std::move(*forecasts));
  }
  RowSet known = split->fit;
  known.rows.insert(known.rows.end(), split->validation.rows.begin(), split->validation.rows.end());
  const auto truth = judged_rows(fold.test, data.label.horizon_bars);
  auto baselines = baseline_forecasts(truth, data, known, fold.test, options.trainers, options.training, run);
  if (!baselines) return forward_error(baselines);
  for (auto& table : *baselines) {
    outcome.names.push_back(table.name);
    outcome.values.push_back(std::move(table.forecast));
  }
  return outcome;
}

std::vector<float> average_of(const std::vector<ForecastTable>& tables, std::size_t count) {
  std::vector<float> mean(tables.front().forecast.size());
  for (std::size_t i = 0; i < mean.size(); ++i) {
    double sum = 0;
    for (std::size_t m = 0; m < count; ++m) sum += static_cast<double>(tables[m].forecast[i]);
    mean[i] = static_cast<float>(sum / static_cast<double>(count));  // NaN if any of them abstains
  }
  return mean;
}

/// The block that the rows of a fold were decided in: blocks without rows have no fold.
TimeRange block_of(const Fold& fold, const std::vector<TimeRange>& blocks) {
  const Timestamp decided(fold.test.data->decided_at_ms[fold.test.rows.front()]);
  return *std::find_if(blocks.begin(), blocks.end(), [&](const TimeRange& block) { return block.contains(decided); });
}

std::vector<FeatureImportance> mean_importance(const std::vector<std::vector<FeatureImportance>>& fits) {
  std::map<std::string, double> sums;
  for (const auto& fit : fits)
    for (const auto& feature : fit) sums[feature.feature] += feature.share;
  std::vector<FeatureImportance> mean;
  for (const auto& [feature, sum] : sums) mean.push_back({feature, sum / static_cast<double>(fits.size())});
  std::stable_sort(mean.begin(), mean.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  return mean;
}

nlohmann::json to_json(const TimeRange& range) { return {{"from_ms", range.from.ms()}, {"to_ms", range.to.ms()}}; }

nlohmann::json daily_json(const WalkForwardStudy& study) {
  auto forecasters = nlohmann::json::array();
  for (std::size_t k = 0; k < study.daily.forecasters.size(); ++k) {
    const DailyResult& one = study.daily.forecasters[k];
    forecasters.push_back(
        {{"name", one.name}, {"role", role_of(study, k)}, {"net_return", one.net_return}, {"rank_ic", one.rank_ic}});
  }
  return {{"trading", study.daily.long_short ? "long_short" : "positions"},
          {"day_ms", study.daily.day_ms},
          {"overlap_days", study.daily.overlap_days},
          {"periods_per_year", study.daily.periods_per_year},
          {"forecasters", forecasters}};
}

/// The candidates against the baselines, by one of the daily figures.
SuperiorityTest test_best(const WalkForwardStudy& study, std::vector<double> DailyResult::*figure,
                          const JudgeOptions& options) {
  std::vector<NamedColumn> columns;
  for (const auto& forecaster : study.daily.forecasters) columns.push_back({forecaster.name, forecaster.*figure});
  const std::span<const NamedColumn> all(columns);
  const std::size_t candidates = candidates_of(study);
  return superiority_test(all.first(candidates), all.subspan(candidates), study.daily.overlap_days,
                          {options.bootstrap_repetitions, options.seed});
}

/// `tables`: the models', then the baselines'.
Status judge_all(std::vector<ForecastTable> tables, JudgeOptions judging, WalkForwardStudy& result) {
  const std::size_t models = result.models.size();
  for (const auto& block : result.blocks) judging.blocks.push_back(block.test);
  const std::vector<ForecastTable> baselines(tables.begin() + static_cast<std::ptrdiff_t>(models), tables.end());
  ForecastTable average{"average", tables.front().rows, average_of(tables, models)};
  auto judged = judge(average, baselines, nullptr, judging);
  if (!judged) return forward_error(judged);
  result.average = std::move(*judged);
  for (std::size_t m = 0; m < models; ++m) {
    auto alone = judge(tables[m], baselines, nullptr, judging);
    if (!alone) return forward_error(alone);
    result.each.push_back(std::move(alone->candidate));
  }
  result.forecasts = std::move(tables);
  if (models > 1) result.forecasts.insert(result.forecasts.begin(), std::move(average));
  result.daily = daily_results(result.forecasts, judging);
  result.superior_rank_ic = test_best(result, &DailyResult::rank_ic, judging);
  result.superior_net_return = test_best(result, &DailyResult::net_return, judging);
  return {};
}

}  // namespace

nlohmann::json to_json(const WalkForwardStudy& study) {
  auto each = nlohmann::json::array(), walk = nlohmann::json::array(), importance = nlohmann::json::array();
  auto skipped = nlohmann::json::array();
  for (const TimeRange& block : study.skipped) skipped.push_back(to_json(block));
  for (const auto& model : study.each) each.push_back(to_json(model));
  for (const auto& block : study.blocks)
    walk.push_back({{"test", to_json(block.test)},
                    {"training", to_json(block.training)},
                    {"fit_rows", block.fit_rows},
                    {"validation_rows", block.validation_rows},
                    {"test_rows", block.test_rows}});
  for (const auto& model : study.importance) {
    auto features = nlohmann::json::array();
    for (const auto& feature : model.features)
      features.push_back({{"feature", feature.feature}, {"share", feature.share}});
    importance.push_back({{"model_type", model.model_type}, {"features", features}});
  }
  return {{"models", study.models},
          {"blocks", study.blocks.size()},
          {"fits", study.fits},
          {"wall_seconds", study.wall_seconds},
          {"fit_seconds_summed", study.fit_seconds_summed},
          {"judgement", to_json(study.average)},
          {"each", each},
          {"walk", walk},
          {"skipped", skipped},
          {"importance", importance},
          {"daily", daily_json(study)},
          {"superior_ability",
           {{"rank_ic", to_json(study.superior_rank_ic)}, {"net_return", to_json(study.superior_net_return)}}}};
}

std::size_t candidates_of(const WalkForwardStudy& study) {
  return study.models.size() + (study.models.size() > 1 ? 1 : 0);
}

const char* role_of(const WalkForwardStudy& study, std::size_t k) {
  const std::size_t candidates = candidates_of(study);
  return k >= candidates ? "baseline" : candidates > 1 && k == 0 ? "average" : "model";
}

Result<WalkForwardStudy> run_walk_forward(const LearningData& data, const LearningOptions& options,
                                          const WalkForwardStudyOptions& study, const RunContext& run) {
  const double started = monotonic_seconds();
  WalkForwardOptions walk;
  walk.train_length = Duration(static_cast<std::int64_t>(options.training.window_days * kDayMs));
  walk.embargo = data.rows.data.frame->interval.length() * options.training.embargo_bars;
  const auto blocks = blocks_of(study.test, study.refit_months);
  const auto folds = walk_forward(all_rows(data.rows.data), blocks, walk);
  if (!folds) return forward_error(folds);

  std::vector<std::optional<Result<BlockOutcome>>> outcomes(folds->size());
  run.progress.begin("walking forward", folds->size());
  SilentProgress silent;
  const RunContext inner{run.clock, run.cancel, silent, 1, run.scratch};
  parallel_for(run.jobs, folds->size(), [&](std::size_t i) {
    outcomes[i].emplace(run_block(data, (*folds)[i], options, inner));
    run.progress.advance();
  });
  run.progress.end();

  WalkForwardStudy result;
  result.models = options.training.models;
  result.fits = folds->size() * options.training.models.size();
  RowSet judged{&data.rows.data, {}};
  std::vector<std::vector<float>> values;
  for (std::size_t i = 0; i < folds->size(); ++i) {
    auto& outcome = *outcomes[i];
    if (!outcome) return forward_error(outcome);
    result.fit_seconds_summed += outcome->fit_seconds;
    outcome->block.test = block_of((*folds)[i], blocks);
    result.blocks.push_back(outcome->block);
    judged.rows.insert(judged.rows.end(), (*folds)[i].test.rows.begin(), (*folds)[i].test.rows.end());
    values.resize(outcome->values.size());
    for (std::size_t f = 0; f < values.size(); ++f)
      values[f].insert(values[f].end(), outcome->values[f].begin(), outcome->values[f].end());
  }
  for (const TimeRange& block : blocks)
    if (std::none_of(result.blocks.begin(), result.blocks.end(),
                     [&](const StudyBlock& judged_block) { return judged_block.test == block; }))
      result.skipped.push_back(block);
  const auto truth = judged_rows_of(data, judged);
  std::vector<ForecastTable> tables;
  const auto& names = (*outcomes.front())->names;
  for (std::size_t f = 0; f < names.size(); ++f) tables.push_back({names[f], truth, std::move(values[f])});

  for (std::size_t m = 0; m < result.models.size(); ++m) {
    std::vector<std::vector<FeatureImportance>> fits;
    for (const auto& outcome : outcomes) fits.push_back((*outcome)->importance[m]);
    result.importance.push_back({result.models[m], mean_importance(fits)});
  }
  if (auto judged_all = judge_all(std::move(tables), options.judging, result); !judged_all)
    return forward_error(judged_all);
  result.wall_seconds = monotonic_seconds() - started;
  return result;
}

}  // namespace clm
