#include "evaluation/permutation_importance.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

#include "base/contract.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/forecast_table.hpp"
#include "evaluation/rank_ic.hpp"
#include "models/sequence_model.hpp"

namespace clm {
namespace {

/// The rows alone, with a feature frame of their own that may be altered.
Dataset compact(const RowSet& rows, std::shared_ptr<const FeatureFrame> frame) {
  Dataset data;
  data.definition = rows.data->definition;
  data.frame_row.resize(rows.size());
  std::iota(data.frame_row.begin(), data.frame_row.end(), 0U);
  for (const std::uint32_t row : rows.rows) {
    data.symbol.push_back(rows.data->symbol[row]);
    data.decided_at_ms.push_back(rows.data->decided_at_ms[row]);
    data.known_at_ms.push_back(rows.data->known_at_ms[row]);
    data.label.push_back(rows.data->label[row]);
    data.forward_return.push_back(rows.data->forward_return[row]);
    data.volatility.push_back(rows.data->volatility[row]);
    data.weight.push_back(rows.data->weight[row]);
  }
  data.frame = std::move(frame);
  return data;
}

/// The features of the rows, in their order; not symbol by symbol as in other frames, which no model that reads
/// features knows.
FeatureFrame features_of(const RowSet& rows) {
  const FeatureFrame& whole = *rows.data->frame;
  FeatureFrame frame;
  frame.set_name = whole.set_name;
  frame.set_hash = whole.set_hash;
  frame.venue = whole.venue;
  frame.interval = whole.interval;
  frame.names = whole.names;
  frame.symbols = whole.symbols;
  frame.values.resize(rows.size() * whole.columns());
  rows.gather(0, rows.size(), frame.values);
  for (const std::uint32_t row : rows.rows) frame.open_time_ms.push_back(whole.open_time_ms[rows.data->frame_row[row]]);
  return frame;
}

void shuffle_column(FeatureFrame& frame, std::size_t column, Random random) {
  const std::size_t columns = frame.columns();
  for (std::size_t left = frame.rows(); left > 1; --left) {
    const std::size_t other = random.below(left);
    std::swap(frame.values[(left - 1) * columns + column], frame.values[other * columns + column]);
  }
}

Result<TimedSeries> rank_ic_of(const Model& model, const Dataset& data, const JudgedRows& truth,
                               const PermutationOptions& options) {
  std::vector<float> forecasts(data.size());
  if (auto predicted = model.predict(all_rows(data), forecasts); !predicted) return forward_error(predicted);
  return rank_ic_series(truth, forecasts, truth.label, {options.min_symbols}).ic;
}

/// whole - permuted, averaged over the repeats, at each time that all of them have.
std::vector<double> mean_drop(const TimedSeries& whole, const std::vector<TimedSeries>& repeats) {
  std::vector<double> sum(whole.size(), 0.0);
  std::vector<std::size_t> found(whole.size(), 0);
  for (const auto& series : repeats)
    for (std::size_t t = 0; t < series.size(); ++t) {
      const auto at = std::lower_bound(whole.time_ms.begin(), whole.time_ms.end(), series.time_ms[t]);
      if (at == whole.time_ms.end() || *at != series.time_ms[t]) continue;
      const auto place = static_cast<std::size_t>(at - whole.time_ms.begin());
      sum[place] += whole.value[place] - series.value[t];
      ++found[place];
    }
  std::vector<double> drops;
  for (std::size_t t = 0; t < whole.size(); ++t)
    if (found[t] == repeats.size()) drops.push_back(sum[t] / static_cast<double>(repeats.size()));
  return drops;
}

/// Blocks of twice the times that a label spans, as in the judging; the rows may be every n-th time.
MeanOptions mean_options(const JudgedRows& truth, const PermutationOptions& options) {
  const TimeIndex times = index_times(truth.decided_at_ms);
  if (times.size() < 2) return {options.alpha, 1};
  const double span_ms = static_cast<double>(times.time_ms.back() - times.time_ms.front());
  const double spacing_ms = span_ms / static_cast<double>(times.size() - 1);
  return {options.alpha, 2 * std::max(1.0, static_cast<double>(truth.horizon_bars * truth.interval.ms()) / spacing_ms)};
}

Result<MeanEstimate> drop_without(const Model& model, const RowSet& rows, const FeatureFrame& features,
                                  const JudgedRows& truth, const TimedSeries& whole, std::size_t column,
                                  const PermutationOptions& options, const CancelToken& cancel) {
  std::vector<TimedSeries> repeats;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    if (Status going = cancel.check(); !going) return forward_error(going);
    auto shuffled = std::make_shared<FeatureFrame>(features);
    shuffle_column(*shuffled, column,
                   Random::stream(options.seed, features.names[column], static_cast<std::uint64_t>(repeat)));
    auto series = rank_ic_of(model, compact(rows, std::move(shuffled)), truth, options);
    if (!series) return forward_error(series);
    repeats.push_back(std::move(*series));
  }
  return estimate_mean(mean_drop(whole, repeats), mean_options(truth, options));
}

}  // namespace

Result<PermutationImportance> permutation_importance(const Model& model, const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run) {
  expects(options.repeats >= 1, "a feature is permuted at least once");
  if (is_sequence_type(model.type()))
    return fail(ErrorKind::usage, "explain.permutation",
                std::string(model.type()) + " reads windows of bars: it has no features to permute", {},
                "Models that read features can be asked.");
  const auto truth = judged_rows(rows, horizon_bars);
  const auto features = std::make_shared<const FeatureFrame>(features_of(rows));
  const auto whole = rank_ic_of(model, compact(rows, features), *truth, options);
  if (!whole) return forward_error(whole);

  const std::size_t columns = features->columns();
  std::vector<std::optional<Result<MeanEstimate>>> drops(columns);
  run.progress.begin("permuting", columns);
  parallel_for(run.jobs, columns, [&](std::size_t column) {
    drops[column].emplace(drop_without(model, rows, *features, *truth, *whole, column, options, run.cancel));
    run.progress.advance();
  });
  run.progress.end();

  PermutationImportance importance;
  importance.rank_ic = estimate_mean(whole->value, mean_options(*truth, options));
  for (std::size_t column = 0; column < columns; ++column) {
    const Result<MeanEstimate>& drop = *drops[column];
    if (!drop) return forward_error(drop);
    importance.features.push_back({features->names[column], *drop});
  }
  std::stable_sort(importance.features.begin(), importance.features.end(),
                   [](const PermutedFeature& a, const PermutedFeature& b) { return a.drop.mean > b.drop.mean; });
  return importance;
}

}  // namespace clm
