#include "learning/cycle/held_out_rows.hpp"

#include "base/contract.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/cycle/vintage_training.hpp"

namespace clm {

Result<std::unique_ptr<HeldOutRows>> held_out_rows(const Manifest& manifest, const OpenCandles& open_candles,
                                                   const ContextSource* context, const RunContext& run) {
  auto protocol = read_protocol(manifest.protocol_json);
  if (!protocol) return forward_error(protocol);
  protocol->training.seed = static_cast<std::int64_t>(manifest.seed);
  const auto label = read_label_options(manifest.label_json);
  if (!label) return forward_error(label);
  const auto features = feature_set(manifest.feature_set);
  if (!features) return forward_error(features);
  if (features->hash() != manifest.feature_hash)
    return fail(ErrorKind::integrity, "model.feature_hash",
                "the feature set " + manifest.feature_set + " has changed since this version was trained", {},
                "Train the model again.");
  const auto candles = open_candles(*protocol);
  if (!candles) return forward_error(candles);
  LearningDataOptions options;
  options.as_of = protocol->as_of;
  options.label = *label;
  auto data = prepare_learning_data(*features, **candles, context, options, run);
  if (!data) return forward_error(data);
  auto rows = std::make_unique<HeldOutRows>();
  rows->data = std::move(*data);
  auto split = split_of(rows->data, *protocol);
  if (!split) return forward_error(split);
  rows->split = std::move(*split);
  if (protocol->origin) {
    rows->split.holdout = rows_after_origin(rows->data.rows.data, *protocol->origin, protocol->as_of);
  } else if (is_of_everything_known(*protocol)) {
    // Nothing was kept back. What it leans on shows on the newest rows, too; how good it is does not.
    const auto& fit = rows->split.fit.rows;
    rows->split.holdout.rows.assign(fit.end() - static_cast<std::ptrdiff_t>(fit.size() / 4), fit.end());
    rows->note = "it was fitted on these rows, so that they show what it leans on and not how good it is";
  }
  if (rows->data.fingerprint != manifest.data_fingerprint)
    rows->note += std::string(rows->note.empty() ? "" : "; ") +
                  "the stored candles are not the ones it was trained and judged on (corrected or removed since)";
  return rows;
}

RowSet thinned(const RowSet& rows, std::size_t most_rows) {
  expects(most_rows > 0, "at least one row is asked for");
  const std::size_t every = (rows.size() + most_rows - 1) / most_rows;
  RowSet kept{rows.data, {}};
  std::size_t time = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& decided = rows.data->decided_at_ms;
    if (i > 0 && decided[rows.rows[i]] != decided[rows.rows[i - 1]]) ++time;
    if (time % every == 0) kept.rows.push_back(rows.rows[i]);
  }
  return kept;
}

}  // namespace clm
