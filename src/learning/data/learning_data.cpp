#include "learning/data/learning_data.hpp"

#include "base/hash.hpp"
#include "features/engine/feature_engine.hpp"
#include "market/store/candle_store.hpp"

namespace clm {
namespace {

/// A version's name must not follow from what was not known.
void drop_later(CandleSeries& series, Timestamp as_of) {
  auto& candles = series.candles;
  const Duration length = series.key.interval.length();
  while (!candles.empty() && candles.back().open_time + length > as_of) candles.pop_back();
}

void add_to_hash(Sha256& hash, const ContextSeries& series, Timestamp as_of) {
  hash.update(info_of(series.kind).name);
  for (const auto& point : series.points) {
    if (point.known_at > as_of) continue;
    const std::int64_t times[] = {point.event_time.ms(), point.known_at.ms()};
    const double value[] = {point.value};
    hash.update_values(std::span<const std::int64_t>(times)).update_values(std::span<const double>(value));
  }
}

}  // namespace

Result<LearningData> prepare_learning_data(const FeatureSet& features, const CandleSource& candles,
                                           const ContextSource* context, const LearningDataOptions& options,
                                           const RunContext& run) {
  FeatureOptions feature_options;
  feature_options.as_of = options.as_of;
  auto frame = compute_features(features, candles, context, feature_options, run);
  if (!frame) return forward_error(frame);
  return prepare_learning_data(std::make_shared<const FeatureFrame>(std::move(*frame)), candles, context, options, run);
}

Result<LearningData> prepare_learning_data(std::shared_ptr<const FeatureFrame> frame, const CandleSource& candles,
                                           const ContextSource* context, const LearningDataOptions& options,
                                           const RunContext& run) {
  DatasetOptions dataset_options;
  dataset_options.label = options.label;
  dataset_options.as_of = options.as_of;
  dataset_options.delays_bars = options.delays_bars;
  DatasetBuilder builder(std::move(frame), dataset_options);
  Sha256 hash;
  for (std::size_t i = 0; i < candles.symbols().size(); ++i) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    auto series = candles.load(i);
    if (!series) return forward_error(series);
    drop_later(*series, options.as_of);
    hash.update(fingerprint(*series));
    if (context != nullptr) {
      const auto beside = context->load(series->key.symbol);
      if (!beside) return forward_error(beside);
      for (const auto& known : *beside) add_to_hash(hash, known, options.as_of);
    }
    builder.add(*series);
  }
  auto rows = std::move(builder).build();
  if (!rows) return forward_error(rows);
  return LearningData{std::move(*rows), options.label, hash.hex_digest()};
}

std::shared_ptr<const JudgedRows> judged_rows_of(const LearningData& data, const RowSet& rows) {
  auto judged = judged_rows(rows, data.label.horizon_bars);
  for (const auto& column : data.rows.delayed) {
    DelayedReturns delayed{column.delay_bars, {}};
    delayed.forward_return.reserve(rows.size());
    for (const auto row : rows.rows) delayed.forward_return.push_back(column.forward_return[row]);
    judged->delayed.push_back(std::move(delayed));
  }
  return judged;
}

}  // namespace clm
