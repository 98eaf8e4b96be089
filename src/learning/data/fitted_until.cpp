#include "learning/data/fitted_until.hpp"

#include <nlohmann/json.hpp>

#include "learning/data/label_overlap.hpp"

namespace clm {
namespace {

/// What two trainings must share so that the rows of one can be told from the data of the other.
bool same_rows_to_choose_from(const Protocol& a, const Protocol& b) {
  return a.venue == b.venue && a.interval == b.interval && a.symbols == b.symbols &&
         a.min_frozen_bars == b.min_frozen_bars;
}

}  // namespace

Timestamp fitted_until(const Manifest& manifest, const LearningData& data, const TrainingSplit& split,
                       const Protocol& protocol) {
  if (manifest.schema > 1) return manifest.learned_until;
  if (nlohmann::json::parse(manifest.protocol_json, nullptr, false) == to_json(protocol) &&
      manifest.training_rows == split.fit.size())
    return last_label_known(split.fit);
  const Interval interval = data.rows.data.frame->interval;
  const Timestamp everything = label_end(manifest.training_span.to, data.label, interval);
  const auto own = read_protocol(manifest.protocol_json);
  if (!own || !same_rows_to_choose_from(*own, protocol) || own->as_of > protocol.as_of) return everything;
  const auto again = split_for_training(data.rows.data, own->training, own->as_of);
  // Where candles were corrected since, the rows are not the same any more.
  if (!again || again->fit.size() != manifest.training_rows || again->training_span != manifest.training_span)
    return everything;
  return last_label_known(again->fit);
}

}  // namespace clm
