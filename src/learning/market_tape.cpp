#include "learning/market_tape.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "features/dataset_builder.hpp"
#include "features/feature_engine.hpp"
#include "learning/arena.hpp"

namespace clm {
namespace {

/// The volatility of every row of the frame, NaN where it is not known; by frame row.
std::vector<float> volatility_of_rows(const FeatureFrame& frame, std::size_t symbol, const CandleSeries& series,
                                      const LabelOptions& label) {
  const auto volatility = horizon_volatility(series, label.volatility_bars, label.horizon_bars);
  std::vector<float> out(frame.symbol_begin[symbol + 1] - frame.symbol_begin[symbol],
                         std::numeric_limits<float>::quiet_NaN());
  std::size_t t = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto open_time = frame.open_time_ms[frame.symbol_begin[symbol] + i];
    while (t < series.candles.size() && series.candles[t].open_time.ms() < open_time) ++t;
    if (t < series.candles.size() && series.candles[t].open_time.ms() == open_time) out[i] = volatility[t];
  }
  return out;
}

}  // namespace

Result<MarketTape> MarketTape::record(const FeatureSet& features, const CandleSource& candles,
                                      const ContextSource* context, const LabelOptions& label, Timestamp as_of,
                                      const RunContext& run) {
  FeatureOptions feature_options;
  feature_options.as_of = as_of;
  auto computed = compute_features(features, candles, context, feature_options, run);
  if (!computed) return forward_error(computed);
  const auto frame = std::make_shared<const FeatureFrame>(std::move(*computed));
  if (frame->rows() == 0)
    return fail(ErrorKind::data, "tape.no_rows", "no usable bar had closed", to_string(as_of),
                "Import candles, or ask for a later time.");

  DatasetOptions dataset_options;
  dataset_options.label = label;
  dataset_options.as_of = as_of;
  DatasetBuilder builder(frame, dataset_options);
  std::vector<float> volatility;
  volatility.reserve(frame->rows());
  for (std::size_t s = 0; s < candles.symbols().size(); ++s) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    const auto series = candles.load(s);
    if (!series) return forward_error(series);
    builder.add(*series);
    const auto own = volatility_of_rows(*frame, s, *series, label);
    volatility.insert(volatility.end(), own.begin(), own.end());
  }
  const auto labelled = std::move(builder).build();
  if (!labelled && labelled.error().code != "dataset.no_rows") return forward_error(labelled);

  MarketTape tape;
  tape.rows_ = std::make_unique<Dataset>();
  Dataset& rows = *tape.rows_;
  rows.frame = frame;
  rows.definition = label;
  rows.frame_row.resize(frame->rows());
  std::iota(rows.frame_row.begin(), rows.frame_row.end(), 0U);
  std::stable_sort(rows.frame_row.begin(), rows.frame_row.end(), [&](std::uint32_t a, std::uint32_t b) {
    return frame->open_time_ms[a] < frame->open_time_ms[b];  // ties keep the order of the symbols
  });
  std::vector<std::uint16_t> symbol_of_row(frame->rows());
  for (std::size_t s = 0; s < frame->symbols.size(); ++s)
    for (std::size_t row = frame->symbol_begin[s]; row < frame->symbol_begin[s + 1]; ++row)
      symbol_of_row[row] = static_cast<std::uint16_t>(s);
  const std::size_t count = frame->rows();
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  rows.known_at_ms.assign(count, Timestamp::max().ms());
  rows.label.assign(count, kUnknown);
  rows.forward_return.assign(count, kUnknown);
  rows.weight.assign(count, 1.0F);
  std::size_t next_labelled = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t row = rows.frame_row[i];
    const Timestamp close(frame->open_time_ms[row] + frame->interval.ms());
    if (tape.closes_.empty() || tape.closes_.back() != close) {
      tape.closes_.push_back(close);
      tape.begin_.push_back(i);
    }
    rows.symbol.push_back(symbol_of_row[row]);
    rows.decided_at_ms.push_back(close.ms());
    rows.volatility.push_back(volatility[row]);
    // The labelled rows are in the same order.
    if (!labelled || next_labelled == labelled->data.size() || labelled->data.frame_row[next_labelled] != row) continue;
    const Dataset& known = labelled->data;
    rows.known_at_ms[i] = known.known_at_ms[next_labelled];
    rows.label[i] = known.label[next_labelled];
    rows.forward_return[i] = known.forward_return[next_labelled];
    rows.weight[i] = known.weight[next_labelled];
    ++next_labelled;
  }
  tape.begin_.push_back(count);
  return tape;
}

std::size_t MarketTape::bar_at_or_after(Timestamp time) const {
  return static_cast<std::size_t>(std::lower_bound(closes_.begin(), closes_.end(), time) - closes_.begin());
}

std::int64_t MarketTape::rows_since(Timestamp time, std::size_t bar) const {
  const std::size_t first = bar_at_or_after(time + Duration(1));
  return first > bar ? 0 : static_cast<std::int64_t>(row_end(bar) - row_begin(first));
}

Timestamp MarketTape::known_at(std::size_t bar) const { return label_end(close(bar), label(), interval()); }

}  // namespace clm
