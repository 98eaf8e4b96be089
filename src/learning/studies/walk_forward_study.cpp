#include "learning/studies/walk_forward_study.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include <nlohmann/json.hpp>

#include "learning/vintages/lineup_forecast.hpp"

namespace clm {
namespace {

/// The beginning of the calendar month that is so many later.
Timestamp month_later(Timestamp t, int months) {
  const auto calendar = calendar_time(t);
  const int month = 12 * calendar.year + calendar.month - 1 + months;
  return from_calendar(month / 12, month % 12 + 1, 1);
}

Duration days_long(int days) { return Duration(days * kDayMs); }

/// What is judged, cut at the moments of the fits.
std::vector<TimeRange> blocks_of(const WalkForwardStudyOptions& study) {
  std::vector<TimeRange> blocks;
  for (Timestamp from = study.test.from; from < study.test.to; from = blocks.back().to) {
    const Timestamp next =
        study.refit_days > 0 ? from + days_long(study.refit_days) : month_later(from, study.refit_months);
    blocks.push_back({from, std::min(next, study.test.to)});
  }
  return blocks;
}

/// The moments of fits that fill the lineup and its record before the first block, ascending, after `earliest`: at
/// least one, if there is any time.
std::vector<Timestamp> moments_before(const WalkForwardStudyOptions& study, Timestamp earliest) {
  const Duration spacing = days_long(study.lineup.spacing_days);
  const auto wanted = static_cast<std::size_t>(std::max(study.lineup.vintages - 1, 1));
  std::vector<Timestamp> moments;
  Timestamp last = study.test.from;
  for (int i = 1; moments.size() < wanted; ++i) {
    const bool by_days = study.refit_days > 0;
    const Timestamp moment = by_days ? last - std::max(days_long(study.refit_days), spacing)
                                     : month_later(study.test.from, -i * study.refit_months);
    if (moment < earliest) break;
    if (last - moment < spacing) continue;
    moments.push_back(moment);
    last = moment;
  }
  // In a short history, half-way: without a record there is nothing to scale by.
  if (moments.empty() && earliest < study.test.from)
    moments.push_back(Timestamp((earliest.ms() + study.test.from.ms()) / 2));
  std::reverse(moments.begin(), moments.end());
  return moments;
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

/// Over all fits of a recipe.
std::vector<FeatureImportance> importance_of(const VintageWalk& walk, std::size_t recipe) {
  std::vector<std::vector<FeatureImportance>> fits;
  for (const Vintage& vintage : walk.vintages)
    for (const auto& fit : vintage.recipes[recipe].importance) fits.push_back(fit);
  return mean_importance(fits);
}

/// The rows of a span that are to be judged, unless it lies before the test or there was nothing to scale by.
void add_block(const VintageWalk& walk, std::size_t place, const std::vector<TimeRange>& blocks,
               const ServedWalkForecast& served, WalkForwardStudy& result, RowSet& judged) {
  const Vintage& newest = walk.vintages[place];
  const LineupSpan& span = walk.spans[place];
  const auto block =
      std::find_if(blocks.begin(), blocks.end(), [&](const TimeRange& one) { return one.from == newest.fitted_at; });
  if (block == blocks.end() || span.first_row == span.end_row) return;
  const std::size_t first = walk.spans.front().first_row;
  const auto begin = served.forecast.begin() + static_cast<std::ptrdiff_t>(span.first_row - first);
  const auto end = served.forecast.begin() + static_cast<std::ptrdiff_t>(span.end_row - first);
  if (std::all_of(begin, end, [](float f) { return std::isnan(f); })) return;
  result.blocks.push_back({*block, newest.training, newest.fit_rows, newest.validation_rows,
                           span.end_row - span.first_row, span.members.size()});
  for (std::size_t row = span.first_row; row < span.end_row; ++row)
    judged.rows.push_back(static_cast<std::uint32_t>(row));
}

nlohmann::json to_json(const LineupOptions& lineup) {
  return {{"vintages", lineup.vintages}, {"fits", lineup.fits}, {"spacing_days", lineup.spacing_days}};
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
Status judge_all(ForecastTable average, std::vector<ForecastTable> tables, JudgeOptions judging,
                 WalkForwardStudy& result) {
  const std::size_t models = result.models.size();
  for (const auto& block : result.blocks) judging.blocks.push_back(block.test);
  const std::vector<ForecastTable> baselines(tables.begin() + static_cast<std::ptrdiff_t>(models), tables.end());
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
                    {"test_rows", block.test_rows},
                    {"vintages", block.vintages}});
  for (const auto& model : study.importance) {
    auto features = nlohmann::json::array();
    for (const auto& feature : model.features)
      features.push_back({{"feature", feature.feature}, {"share", feature.share}});
    importance.push_back({{"model_type", model.model_type}, {"features", features}});
  }
  return {{"models", study.models},
          {"lineup", to_json(study.lineup)},
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
  const Dataset& rows = data.rows.data;
  const auto blocks = blocks_of(study);
  auto moments = moments_before(study, Timestamp(rows.decided_at_ms.front()));
  for (const TimeRange& block : blocks) moments.push_back(block.from);
  const auto walk = walk_vintages(data, options, moments, study.test.to, study.lineup, run, study.fits);
  if (!walk) return forward_error(walk);

  WalkForwardStudy result;
  result.models = options.training.models;
  result.lineup = study.lineup;
  const std::size_t models = result.models.size();
  std::vector<WalkForecast> said;
  for (std::size_t m = 0; m < models; ++m)
    said.push_back(lineup_forecast(data, *walk, m, study.lineup, options.judging.min_symbols));
  for (std::size_t b = 0; b < walk->vintages.front().baselines.size(); ++b) said.push_back(baseline_forecast(*walk, b));
  said.push_back(mean_of_recipes(std::span<const WalkForecast>(said).first(models), "average"));
  const auto served = calibrated_as_served(data, *walk, said);

  RowSet judged{&rows, {}};
  for (std::size_t i = 0; i < walk->spans.size(); ++i) add_block(*walk, i, blocks, served.back(), result, judged);
  for (const TimeRange& block : blocks)
    if (std::none_of(result.blocks.begin(), result.blocks.end(),
                     [&](const StudyBlock& judged_block) { return judged_block.test == block; }))
      result.skipped.push_back(block);
  if (judged.rows.empty())
    return fail(ErrorKind::data, "split.no_folds", "no block has both rows to judge and earlier forecasts to scale by",
                {}, "Use more history, or judge later months.");
  for (const Vintage& vintage : walk->vintages) {
    result.fit_seconds_summed += vintage.fit_seconds;
    result.fits += models * static_cast<std::size_t>(study.lineup.fits);
  }
  for (std::size_t m = 0; m < models; ++m) result.importance.push_back({result.models[m], importance_of(*walk, m)});

  const auto truth = judged_rows_of(data, judged);
  const std::size_t first = walk->spans.front().first_row;
  std::vector<ForecastTable> tables;
  for (const ServedWalkForecast& one : served) {
    ForecastTable table{one.name, truth, {}, {}};
    for (const auto row : judged.rows) {
      table.forecast.push_back(one.forecast[row - first]);
      table.up_probability.push_back(one.up_probability[row - first]);
    }
    tables.push_back(std::move(table));
  }
  ForecastTable average = std::move(tables.back());
  tables.pop_back();
  if (auto judged_all = judge_all(std::move(average), std::move(tables), options.judging, result); !judged_all)
    return forward_error(judged_all);
  result.wall_seconds = monotonic_seconds() - started;
  return result;
}

}  // namespace clm
