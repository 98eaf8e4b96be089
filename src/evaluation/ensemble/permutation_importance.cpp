#include "evaluation/ensemble/permutation_importance.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>

#include "base/contract.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/metrics/rank_ic.hpp"
#include "models/window_channels.hpp"

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
  frame.values = std::vector<float>(rows.size() * whole.columns());
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

/// Those whose forecasts are judged as one, and how.
struct Voices {
  std::vector<const Model*> models;
  /// One list of forecasts per model, label units -> one list.
  std::function<std::vector<float>(std::vector<std::vector<float>>)> combine;
};

/// What can be dealt out anew.
struct Input {
  std::string name;
  std::optional<std::size_t> column;  ///< of the feature frame; none: a channel of windows
};

/// Forecasts of the rows, whole and with one input dealt out anew. Immutable once made.
class Permuting {
 public:
  static Result<Permuting> begin(const Voices& voices, const RowSet& rows,
                                 const std::shared_ptr<const JudgedRows>& truth, const PermutationOptions& options) {
    Permuting out(voices, rows, truth, options);
    for (const Model* model : voices.models) {
      auto forecasts = out.ask(*model, *out.features_);
      if (!forecasts) return forward_error(forecasts);
      out.forecasts_.push_back(std::move(*forecasts));
    }
    out.whole_ = out.rank_ic_of(out.forecasts_);
    return out;
  }

  const std::vector<Input>& inputs() const { return inputs_; }
  const TimedSeries& whole() const { return whole_; }

  /// Rank IC with the input dealt out anew.
  Result<TimedSeries> without(const Input& input, int repeat) const {
    const Random random = Random::stream(options_.seed, input.name, static_cast<std::uint64_t>(repeat));
    std::shared_ptr<const Dataset> shuffled;
    if (input.column) {
      auto frame = std::make_shared<FeatureFrame>(*features_->frame);
      shuffle_column(*frame, *input.column, random);
      shuffled = std::make_shared<const Dataset>(compact(rows_, std::move(frame)));
    }
    std::vector<std::vector<float>> forecasts = forecasts_;
    for (std::size_t m = 0; m < voices_.models.size(); ++m) {
      const Model& model = *voices_.models[m];
      const auto channels = window_channels(model);
      if (input.column && channels.empty()) {
        auto asked = ask(model, *shuffled);
        if (!asked) return forward_error(asked);
        forecasts[m] = std::move(*asked);
      }
      for (std::size_t channel = 0; channel < channels.size(); ++channel)
        if (!input.column && channel_input(channels[channel]) == input.name)
          if (Status done = predict_dealt_out(model, rows_, channel, random, forecasts[m]); !done)
            return forward_error(done);
    }
    return rank_ic_of(std::move(forecasts));
  }

 private:
  Permuting(const Voices& voices, const RowSet& rows, std::shared_ptr<const JudgedRows> truth,
            const PermutationOptions& options)
      : voices_(voices),
        rows_(rows),
        truth_(std::move(truth)),
        options_(options),
        features_(
            std::make_shared<const Dataset>(compact(rows, std::make_shared<const FeatureFrame>(features_of(rows))))) {
    const bool reads_features = std::any_of(voices.models.begin(), voices.models.end(),
                                            [](const Model* model) { return window_channels(*model).empty(); });
    const auto& names = features_->frame->names;
    if (reads_features)
      for (std::size_t column = 0; column < names.size(); ++column) inputs_.push_back({names[column], column});
    for (const Model* model : voices.models)
      for (const auto& channel : window_channels(*model)) {
        const std::string name = channel_input(channel);
        if (std::none_of(inputs_.begin(), inputs_.end(), [&](const Input& known) { return known.name == name; }))
          inputs_.push_back({name, std::nullopt});
      }
  }

  static std::string channel_input(const std::string& channel) { return "window." + channel; }

  /// Models that read windows need the rows as they are, with the bars behind them.
  Result<std::vector<float>> ask(const Model& model, const Dataset& features) const {
    std::vector<float> forecasts(rows_.size());
    const bool windows = !window_channels(model).empty();
    if (auto done = model.predict(windows ? rows_ : all_rows(features), forecasts); !done) return forward_error(done);
    return forecasts;
  }

  TimedSeries rank_ic_of(std::vector<std::vector<float>> forecasts) const {
    return rank_ic_series(*truth_, voices_.combine(std::move(forecasts)), truth_->label, {options_.min_symbols}).ic;
  }

  const Voices& voices_;
  const RowSet& rows_;
  std::shared_ptr<const JudgedRows> truth_;
  PermutationOptions options_;
  std::shared_ptr<const Dataset> features_;
  std::vector<Input> inputs_;
  std::vector<std::vector<float>> forecasts_;
  TimedSeries whole_;
};

Result<MeanEstimate> drop_without(const Permuting& permuting, const Input& input, const MeanOptions& mean,
                                  const PermutationOptions& options, const CancelToken& cancel) {
  std::vector<TimedSeries> repeats;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    if (Status going = cancel.check(); !going) return forward_error(going);
    auto series = permuting.without(input, repeat);
    if (!series) return forward_error(series);
    repeats.push_back(std::move(*series));
  }
  return estimate_mean(mean_drop(permuting.whole(), repeats), mean);
}

Result<PermutationImportance> importance_of(const Voices& voices, const RowSet& rows,
                                            const std::shared_ptr<const JudgedRows>& truth,
                                            const PermutationOptions& options, const RunContext& run) {
  expects(options.repeats >= 1, "an input is permuted at least once");
  const auto permuting = Permuting::begin(voices, rows, truth, options);
  if (!permuting) return forward_error(permuting);
  const MeanOptions mean = mean_options(*truth, options);
  const auto& inputs = permuting->inputs();
  std::vector<std::optional<Result<MeanEstimate>>> drops(inputs.size());
  run.progress.begin("permuting", inputs.size());
  parallel_for(run.jobs, inputs.size(), [&](std::size_t i) {
    drops[i].emplace(drop_without(*permuting, inputs[i], mean, options, run.cancel));
    run.progress.advance();
  });
  run.progress.end();

  PermutationImportance importance;
  importance.rank_ic = estimate_mean(permuting->whole().value, mean);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Result<MeanEstimate>& drop = *drops[i];
    if (!drop) return forward_error(drop);
    importance.features.push_back({inputs[i].name, *drop});
  }
  std::stable_sort(importance.features.begin(), importance.features.end(),
                   [](const PermutedFeature& a, const PermutedFeature& b) { return a.drop.mean > b.drop.mean; });
  return importance;
}

}  // namespace

Result<PermutationImportance> permutation_importance(const Model& model, const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run) {
  const Voices alone{{&model}, [](std::vector<std::vector<float>> forecasts) { return std::move(forecasts.front()); }};
  return importance_of(alone, rows, judged_rows(rows, horizon_bars), options, run);
}

Result<PermutationImportance> permutation_importance(const EnsembleRule& rule,
                                                     std::span<const CalibratedModel* const> members,
                                                     const RowSet& rows, int horizon_bars,
                                                     const PermutationOptions& options, const RunContext& run) {
  expects(rule.members.size() == members.size(), "the members of the rule, in its order");
  const std::shared_ptr<const JudgedRows> truth = judged_rows(rows, horizon_bars);
  Voices together;
  for (const CalibratedModel* member : members) together.models.push_back(member->model.get());
  together.combine = [&](std::vector<std::vector<float>> forecasts) {
    std::vector<ForecastTable> tables;
    for (std::size_t m = 0; m < members.size(); ++m) {
      for (float& value : forecasts[m])
        value = static_cast<float>(members[m]->calibration.scaled(static_cast<double>(value)));
      tables.push_back({rule.members[m].model_type, truth, std::move(forecasts[m])});
    }
    return rule.combine(tables);
  };
  return importance_of(together, rows, truth, options, run);
}

}  // namespace clm
