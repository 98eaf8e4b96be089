#include "learning/data/market_tape.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/contract.hpp"
#include "features/engine/feature_engine.hpp"
#include "features/labels/dataset_builder.hpp"
#include "features/labels/horizon_volatility.hpp"
#include "learning/data/label_overlap.hpp"

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

/// Every row of the frame, by time and then by symbol: the symbols are gone through side by side.
std::vector<std::uint32_t> rows_in_time(const FeatureFrame& frame) {
  std::vector<std::uint32_t> rows;
  rows.reserve(frame.rows());
  std::vector<std::size_t> next(frame.symbol_begin.begin(), frame.symbol_begin.end() - 1);
  while (rows.size() < frame.rows()) {
    std::int64_t time = std::numeric_limits<std::int64_t>::max();
    for (std::size_t s = 0; s < next.size(); ++s)
      if (next[s] < frame.symbol_begin[s + 1]) time = std::min(time, frame.open_time_ms[next[s]]);
    for (std::size_t s = 0; s < next.size(); ++s)
      if (next[s] < frame.symbol_begin[s + 1] && frame.open_time_ms[next[s]] == time)
        rows.push_back(static_cast<std::uint32_t>(next[s]++));
  }
  return rows;
}

/// A column of some rows becomes one of `count`: value i moves to `place[i]`, which ascends, the others are `absent`.
template <typename T>
void spread(std::vector<T>& column, const std::vector<std::uint32_t>& place, std::size_t count, T absent) {
  std::vector<T> wide(count, absent);
  for (std::size_t i = 0; i < place.size(); ++i) wide[place[i]] = column[i];
  column = std::move(wide);
}

/// Goes along the bars of every symbol up to a moment, those without a row of the frame included, and finds those whose
/// labels were known then.
class KnownBars {
 public:
  KnownBars(const std::vector<LabelledBars>& bars, const LabelOptions& label, Interval interval, Timestamp as_of)
      : bars_(bars), label_(label), interval_(interval), as_of_(as_of), places_(bars.size()) {}

  /// The bar, counted in the series of its symbol, of the next row of that symbol.
  std::uint32_t of_next_row(std::size_t symbol, Timestamp decided_at) {
    pass_bars_without_row(symbol);
    meet(symbol, decided_at);
    return places_[symbol].next - 1;
  }

  /// Once every row is passed: how much of each label is its own, by symbol and bar, among those that were known.
  std::vector<std::vector<float>> uniqueness() {
    std::vector<std::vector<float>> out;
    for (std::size_t s = 0; s < bars_.size(); ++s) {
      pass_bars_without_row(s);
      const auto& has_label = bars_[s].has_label;
      const auto end = has_label.begin() + static_cast<std::ptrdiff_t>(places_[s].labelled_end);
      out.push_back(label_uniqueness({has_label.begin(), end}, 1 + label_.entry_delay_bars, label_.horizon_bars));
    }
    return out;
  }

 private:
  struct Place {
    std::uint32_t next = 0;
    std::size_t passed = 0;          ///< of the bars without a row
    std::uint32_t labelled_end = 0;  ///< one past the last bar whose label was known
  };
  void pass_bars_without_row(std::size_t symbol) {
    Place& place = places_[symbol];
    const auto& without_row = bars_[symbol].without_row;
    for (; place.passed < without_row.size() && without_row[place.passed].bar == place.next; ++place.passed)
      meet(symbol, Timestamp(without_row[place.passed].decided_at_ms));
  }
  void meet(std::size_t symbol, Timestamp decided_at) {
    Place& place = places_[symbol];
    const std::uint32_t bar = place.next++;
    if (bars_[symbol].has_label[bar] && label_end(decided_at, label_, interval_) <= as_of_)
      place.labelled_end = bar + 1;
  }

  const std::vector<LabelledBars>& bars_;
  const LabelOptions& label_;
  Interval interval_;
  Timestamp as_of_;
  std::vector<Place> places_;
};

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
  dataset_options.delays_bars.assign(kJudgedDelays.begin(), kJudgedDelays.end());
  std::optional<DatasetBuilder> builder(std::in_place, frame, dataset_options);
  const std::size_t count = frame->rows();
  std::vector<float> volatility;
  volatility.reserve(count);
  for (std::size_t s = 0; s < candles.symbols().size(); ++s) {
    if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
    const auto series = candles.load(s);
    if (!series) return forward_error(series);
    builder->add(*series);
    const auto own = volatility_of_rows(*frame, s, *series, label);
    volatility.insert(volatility.end(), own.begin(), own.end());
  }
  MarketTape tape;
  tape.bars_ = builder->bars();
  auto labelled = std::move(*builder).build();
  builder.reset();
  if (!labelled && labelled.error().code != "dataset.no_rows") return forward_error(labelled);

  tape.rows_ = std::make_unique<Dataset>(labelled ? std::move(labelled->data) : Dataset());
  Dataset& rows = *tape.rows_;
  rows.frame = frame;
  rows.definition = label;
  rows.volatility = {};  // known of more rows than have a label
  const std::vector<std::uint32_t> labelled_rows = std::exchange(rows.frame_row, {});
  rows.frame_row = rows_in_time(*frame);
  // Where the labelled rows are among all, which are in the same order.
  std::vector<std::uint32_t> place(labelled_rows.size());
  for (std::size_t i = 0, next = 0; next < place.size(); ++i)
    if (rows.frame_row[i] == labelled_rows[next]) place[next++] = static_cast<std::uint32_t>(i);
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  spread(rows.known_at_ms, place, count, Timestamp::max().ms());
  spread(rows.label, place, count, kUnknown);
  spread(rows.forward_return, place, count, kUnknown);
  spread(rows.weight, place, count, 1.0F);
  if (labelled) tape.delayed_ = std::move(labelled->delayed);
  for (DelayedColumn& column : tape.delayed_) spread(column.forward_return, place, count, kUnknown);
  rows.symbol.resize(count);
  rows.decided_at_ms.resize(count);
  rows.volatility.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t row = rows.frame_row[i];
    const Timestamp close(frame->open_time_ms[row] + frame->interval.ms());
    if (tape.closes_.empty() || tape.closes_.back() != close) {
      tape.closes_.push_back(close);
      tape.begin_.push_back(i);
    }
    const auto after = std::upper_bound(frame->symbol_begin.begin(), frame->symbol_begin.end(), std::size_t{row});
    rows.symbol[i] = static_cast<std::uint16_t>(after - frame->symbol_begin.begin() - 1);
    rows.decided_at_ms[i] = close.ms();
    rows.volatility[i] = volatility[row];
  }
  tape.begin_.push_back(count);
  return tape;
}

Status MarketTape::add_features(const FeatureSet& features, const CandleSource& candles, const ContextSource* context,
                                const RunContext& run) {
  FeatureOptions options;
  options.as_of = closes_.back();
  auto computed = compute_features(features, candles, context, options, run);
  if (!computed) return forward_error(computed);
  expects(computed->open_time_ms == frame()->open_time_ms && computed->symbol_begin == frame()->symbol_begin,
          "every feature set has the same rows");
  auto rows = std::make_unique<Dataset>(*rows_);
  rows->frame = std::make_shared<const FeatureFrame>(std::move(*computed));
  const std::string hash = rows->frame->set_hash;
  added_[hash] = std::move(rows);
  return {};
}

const Dataset* MarketTape::rows_of(const std::string& feature_hash) const {
  if (feature_hash == frame()->set_hash) return rows_.get();
  const auto added = added_.find(feature_hash);
  return added == added_.end() ? nullptr : added->second.get();
}

std::size_t MarketTape::bar_at_or_after(Timestamp time) const {
  return static_cast<std::size_t>(std::lower_bound(closes_.begin(), closes_.end(), time) - closes_.begin());
}

Result<LabelledRows> MarketTape::labels_known_at(Timestamp as_of) const {
  const Dataset& all = *rows_;
  const LabelOptions& definition = label();
  const auto is_known = [&](std::size_t row) { return all.known_at_ms[row] <= as_of.ms(); };
  std::vector<std::uint32_t> known_rows, bars;
  KnownBars known_bars(bars_, definition, interval(), as_of);
  for (std::size_t row = 0; row < all.size() && all.decided_at_ms[row] <= as_of.ms(); ++row) {
    const std::uint32_t bar = known_bars.of_next_row(all.symbol[row], Timestamp(all.decided_at_ms[row]));
    if (!is_known(row)) continue;
    known_rows.push_back(static_cast<std::uint32_t>(row));
    bars.push_back(bar);
  }
  if (known_rows.empty()) return no_labelled_rows({definition, as_of, {}}, symbols().size());

  const auto known_of = [&](const auto& column) {
    std::decay_t<decltype(column)> out;
    out.reserve(known_rows.size());
    for (const std::uint32_t row : known_rows) out.push_back(column[row]);
    return out;
  };
  LabelledRows known;
  Dataset& data = known.data;
  data.frame = all.frame;
  data.definition = definition;
  data.frame_row = known_of(all.frame_row);
  data.symbol = known_of(all.symbol);
  data.decided_at_ms = known_of(all.decided_at_ms);
  data.known_at_ms = known_of(all.known_at_ms);
  data.label = known_of(all.label);
  data.forward_return = known_of(all.forward_return);
  data.volatility = known_of(all.volatility);
  for (const DelayedColumn& column : delayed_) {
    known.delayed.push_back({column.delay_bars, known_of(column.forward_return)});
    const Duration until = interval().length() * (1 + column.delay_bars + definition.horizon_bars);
    for (std::size_t i = data.size(); i-- > 0 && Timestamp(data.decided_at_ms[i]) + until > as_of;)
      known.delayed.back().forward_return[i] = kUnknownLabel;
  }
  const auto uniqueness = known_bars.uniqueness();
  data.weight.reserve(data.size());
  for (std::size_t i = 0; i < data.size(); ++i)
    data.weight.push_back(uniqueness[data.symbol[i]][bars[i]] * static_cast<float>(definition.horizon_bars));
  return known;
}

std::int64_t MarketTape::rows_since(Timestamp time, std::size_t bar) const {
  const std::size_t first = bar_at_or_after(time + Duration(1));
  return first > bar ? 0 : static_cast<std::int64_t>(row_end(bar) - row_begin(first));
}

Timestamp MarketTape::known_at(std::size_t bar) const { return label_end(close(bar), label(), interval()); }

}  // namespace clm
