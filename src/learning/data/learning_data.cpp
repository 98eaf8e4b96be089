#include "learning/data/learning_data.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
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

/// Reads every series as it was known at `as_of`, shows it to `see`, and returns the fingerprint of all.
template <typename See>
Result<std::string> read_market(const CandleSource& candles, const ContextSource* context, Timestamp as_of,
                                const RunContext& run, See&& see) {
  Sha256 hash;
  for (std::size_t i = 0; i < candles.symbols().size(); ++i) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    auto series = candles.load(i);
    if (!series) return forward_error(series);
    drop_later(*series, as_of);
    hash.update(fingerprint(*series));
    if (context != nullptr) {
      const auto beside = context->load(series->key.symbol);
      if (!beside) return forward_error(beside);
      for (const auto& known : *beside) add_to_hash(hash, known, as_of);
    }
    see(*series);
  }
  return hash.hex_digest();
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
  DatasetBuilder builder(std::move(frame), {options.label, options.as_of, options.delays_bars});
  auto read =
      read_market(candles, context, options.as_of, run, [&](const CandleSeries& series) { builder.add(series); });
  if (!read) return forward_error(read);
  auto rows = std::move(builder).build();
  if (!rows) return forward_error(rows);
  return LearningData{std::move(*rows), options.label, std::move(*read)};
}

Result<LearningData> prepare_learning_data(const MarketTape& tape, const std::string& set_hash,
                                           const CandleSource& candles, const ContextSource* context,
                                           const LearningDataOptions& options, const RunContext& run) {
  expects(to_json(options.label) == to_json(tape.label()), "the labels are the tape's");
  expects(std::equal(options.delays_bars.begin(), options.delays_bars.end(), MarketTape::kJudgedDelays.begin(),
                     MarketTape::kJudgedDelays.end()),
          "the later entries are the tape's");
  expects(tape.rows_of(set_hash) != nullptr, "the tape holds these features");
  auto read = read_market(candles, context, options.as_of, run, [](const CandleSeries&) {});
  if (!read) return forward_error(read);
  auto rows = tape.labels_known_at(options.as_of);
  if (!rows) return forward_error(rows);
  rows->data.frame = tape.rows_of(set_hash)->frame;
  return LearningData{std::move(*rows), options.label, std::move(*read)};
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
