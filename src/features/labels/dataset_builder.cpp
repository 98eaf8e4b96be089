#include "features/labels/dataset_builder.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"
#include "features/labels/horizon_volatility.hpp"

namespace clm {
namespace {

float clipped(double value, double limit) { return static_cast<float>(std::clamp(value, -limit, limit)); }

/// Labels of one cross-section: returns and volatilities of the symbols present at one time.
class CrossSection {
 public:
  CrossSection(const LabelOptions& options, std::span<const float> returns, std::span<const float> volatilities)
      : options_(options), returns_(returns), volatilities_(volatilities) {}

  std::vector<float> labels() const {
    switch (options_.target) {
      case LabelTarget::plain: return scaled(0.0);
      case LabelTarget::relative: return scaled(mean_return());
      case LabelTarget::rank: return normal_scores();
      case LabelTarget::blend: {
        auto blend = scaled(mean_return());
        const auto scores = normal_scores();
        const auto w = static_cast<float>(options_.rank_weight);
        for (std::size_t i = 0; i < blend.size(); ++i) blend[i] = (1 - w) * blend[i] + w * scores[i];
        return blend;
      }
    }
    return {};
  }

 private:
  double mean_return() const {
    return std::accumulate(returns_.begin(), returns_.end(), 0.0) / static_cast<double>(returns_.size());
  }

  std::vector<float> scaled(double reference) const {
    std::vector<float> out(returns_.size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = clipped((static_cast<double>(returns_[i]) - reference) / static_cast<double>(volatilities_[i]),
                       options_.clip);
    return out;
  }

  std::vector<float> normal_scores() const {
    const std::size_t n = returns_.size();
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return returns_[a] < returns_[b]; });
    std::vector<float> out(n);
    for (std::size_t first = 0; first < n;) {
      std::size_t last = first;
      while (last + 1 < n && returns_[order[last + 1]] == returns_[order[first]]) ++last;
      const double average_rank = 0.5 * static_cast<double>(first + last) + 1.0;  // ties share their rank
      const double score = normal_quantile(average_rank / (static_cast<double>(n) + 1.0));
      for (std::size_t k = first; k <= last; ++k) out[order[k]] = static_cast<float>(score);
      first = last + 1;
    }
    return out;
  }

  const LabelOptions& options_;
  std::span<const float> returns_, volatilities_;
};

/// `forward_returns` of the same horizon, entered `delay_bars` later: they are those of later bars, so that logarithms
/// are taken once.
ForwardReturns entered_later(const CandleSeries& series, const ForwardReturns& forward, int delay_bars) {
  const auto& candles = series.candles;
  const auto delay = static_cast<std::size_t>(delay_bars);
  ForwardReturns out{std::vector<float>(candles.size(), kUnknownLabel), std::vector<std::int64_t>(candles.size(), 0)};
  std::size_t unbroken_bars = 0;  // how many bars in a row, ending at this one, have their predecessor
  for (std::size_t t = 0; t < candles.size(); ++t) {
    const bool adjacent = t > 0 && candles[t].open_time - candles[t - 1].open_time == series.key.interval.length();
    unbroken_bars = adjacent ? unbroken_bars + 1 : 0;
    if (t < delay || unbroken_bars < delay || std::isnan(forward.log_return[t])) continue;
    out.log_return[t - delay] = forward.log_return[t];
    out.known_at_ms[t - delay] = forward.known_at_ms[t];
  }
  return out;
}

/// Frame rows ordered by time, then by symbol. Counting sort over the bar grid: linear in rows.
std::vector<std::uint32_t> time_major_order(const FeatureFrame& frame, const std::vector<std::uint32_t>& rows) {
  if (rows.empty()) return {};
  // A symbol at a time, so that what is in memory is the times there are and not one for every row.
  std::vector<std::int64_t> times, own, joined;
  const auto join = [&] {
    if (own == times) return;
    joined.clear();
    std::set_union(times.begin(), times.end(), own.begin(), own.end(), std::back_inserter(joined));
    times.swap(joined);
  };
  for (const auto row : rows) {
    const std::int64_t time = frame.open_time_ms[row];
    if (!own.empty() && time <= own.back()) {  // the next symbol's first
      join();
      own.clear();
    }
    own.push_back(time);
  }
  join();
  const auto slot_of = [&](std::uint32_t row) {
    const auto found = std::lower_bound(times.begin(), times.end(), frame.open_time_ms[row]);
    return static_cast<std::size_t>(found - times.begin());
  };
  std::vector<std::size_t> begin(times.size() + 1, 0);
  for (const auto row : rows) ++begin[slot_of(row) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::uint32_t> ordered(rows.size());
  for (const auto row : rows) ordered[begin[slot_of(row)]++] = row;  // rows ascend, hence symbols within a time do too
  return ordered;
}

}  // namespace

std::vector<float> label_uniqueness(const std::vector<bool>& labelled, int first_offset_bars, int horizon_bars) {
  expects(first_offset_bars >= 0 && horizon_bars >= 1, "a label spans bars after its own");
  const std::size_t bars = labelled.size();
  const auto offset = static_cast<std::size_t>(first_offset_bars), horizon = static_cast<std::size_t>(horizon_bars);
  std::vector<int> change(bars + offset + horizon + 1, 0);
  for (std::size_t t = 0; t < bars; ++t) {
    if (!labelled[t]) continue;
    ++change[t + offset];
    --change[t + offset + horizon];
  }
  std::vector<double> inverse_sum(change.size() + 1, 0.0);  // prefix sums of 1 / concurrent labels
  int concurrent = 0;
  for (std::size_t b = 0; b < change.size(); ++b) {
    concurrent += change[b];
    inverse_sum[b + 1] = inverse_sum[b] + (concurrent > 0 ? 1.0 / concurrent : 0.0);
  }
  std::vector<float> out(bars, 0.0F);
  for (std::size_t t = 0; t < bars; ++t)
    if (labelled[t])
      out[t] = static_cast<float>((inverse_sum[t + offset + horizon] - inverse_sum[t + offset]) /
                                  static_cast<double>(horizon));
  return out;
}

tl::unexpected<Error> no_labelled_rows(const DatasetOptions& options, std::size_t symbols) {
  const bool compares_symbols = options.label.target != LabelTarget::plain;
  return fail(ErrorKind::data, "dataset.no_rows", "no bar has features, a known label and a volatility",
              to_string(options.as_of),
              compares_symbols && symbols < DatasetBuilder::kMinCrossSection
                  ? "A label that compares symbols needs at least 5 of them: set label.target = \"plain\"."
                  : "Import a longer history: a label needs its volatility window, its horizon and one bar.");
}

DatasetBuilder::DatasetBuilder(std::shared_ptr<const FeatureFrame> frame, DatasetOptions options)
    : frame_(std::move(frame)),
      options_(std::move(options)),
      forward_return_(frame_->rows(), kUnknownLabel),
      volatility_(frame_->rows(), kUnknownLabel),
      learned_return_(frame_->rows(), kUnknownLabel),
      weight_(frame_->rows(), 0.0F),
      known_at_ms_(frame_->rows(), 0),
      delayed_(options_.delays_bars.size(), std::vector<float>(frame_->rows(), kUnknownLabel)) {}

void DatasetBuilder::add(const CandleSeries& series) {
  expects(next_symbol_ < frame_->symbols.size() && series.key.symbol == frame_->symbols[next_symbol_],
          "symbols are added in the frame's order");
  const LabelOptions& label = options_.label;
  const auto forward = forward_returns(series, label.horizon_bars, 0, options_.as_of);
  const auto learned = entered_later(series, forward, label.entry_delay_bars);
  const auto volatility = horizon_volatility(series, label.volatility_bars, label.horizon_bars);
  std::vector<ForwardReturns> delayed;
  for (const int delay : options_.delays_bars) delayed.push_back(entered_later(series, forward, delay));
  std::vector<bool> labelled(series.candles.size());
  for (std::size_t t = 0; t < labelled.size(); ++t)
    labelled[t] =
        !std::isnan(learned.log_return[t]) && !std::isnan(forward.log_return[t]) && !std::isnan(volatility[t]);
  const auto uniqueness = label_uniqueness(labelled, 1 + label.entry_delay_bars, label.horizon_bars);

  LabelledBars bars{std::move(labelled), {}};
  std::size_t row = frame_->symbol_begin[next_symbol_];
  const std::size_t end = frame_->symbol_begin[next_symbol_ + 1];
  for (std::size_t t = 0; t < series.candles.size(); ++t) {
    const std::int64_t open_time = series.candles[t].open_time.ms();
    while (row < end && frame_->open_time_ms[row] < open_time) ++row;
    if (row == end || frame_->open_time_ms[row] != open_time) {
      bars.without_row.push_back({static_cast<std::uint32_t>(t), series.known_at(t).ms()});
      continue;
    }
    if (!bars.has_label[t]) continue;
    forward_return_[row] = forward.log_return[t];
    learned_return_[row] = learned.log_return[t];
    known_at_ms_[row] = learned.known_at_ms[t];  // the later of the two
    volatility_[row] = volatility[t];
    weight_[row] = uniqueness[t] * static_cast<float>(label.horizon_bars);
    for (std::size_t d = 0; d < delayed.size(); ++d) delayed_[d][row] = delayed[d].log_return[t];
  }
  bars_.push_back(std::move(bars));
  ++next_symbol_;
}

Result<LabelledRows> DatasetBuilder::build() && {
  expects(next_symbol_ == frame_->symbols.size(), "every symbol of the frame was added");
  std::vector<std::uint32_t> ordered;
  {
    std::vector<std::uint32_t> labelled;
    for (std::size_t row = 0; row < frame_->rows(); ++row)
      if (!std::isnan(forward_return_[row])) labelled.push_back(static_cast<std::uint32_t>(row));
    ordered = time_major_order(*frame_, labelled);
  }

  const bool compares_symbols = options_.label.target != LabelTarget::plain;
  LabelledRows out;
  Dataset& data = out.data;
  std::vector<float> returns, volatilities;
  std::size_t kept = 0;  // of `ordered`, moved to its front
  for (std::size_t first = 0; first < ordered.size();) {
    std::size_t last = first;
    const std::int64_t time = frame_->open_time_ms[ordered[first]];
    while (last < ordered.size() && frame_->open_time_ms[ordered[last]] == time) ++last;
    if (!compares_symbols || last - first >= kMinCrossSection) {
      returns.clear();
      volatilities.clear();
      for (std::size_t i = first; i < last; ++i) {
        returns.push_back(learned_return_[ordered[i]]);
        volatilities.push_back(volatility_[ordered[i]]);
      }
      const auto labels = CrossSection(options_.label, returns, volatilities).labels();
      for (std::size_t i = first; i < last; ++i) {
        learned_return_[ordered[i]] = labels[i - first];  // the label takes the place of what it was made of
        ordered[kept++] = ordered[i];
      }
    }
    first = last;
  }
  ordered.resize(kept);

  // Column by column, each giving way to its successor, so that hardly more than one of them is there twice.
  const auto in_order = [&ordered](auto& of_frame_row) {
    auto column = std::exchange(of_frame_row, {});
    decltype(column) taken(ordered.size());
    for (std::size_t i = 0; i < ordered.size(); ++i) taken[i] = column[ordered[i]];
    return taken;
  };
  data.label = in_order(learned_return_);
  data.forward_return = in_order(forward_return_);
  data.volatility = in_order(volatility_);
  data.weight = in_order(weight_);
  data.known_at_ms = in_order(known_at_ms_);
  for (std::size_t d = 0; d < delayed_.size(); ++d)
    out.delayed.push_back({options_.delays_bars[d], in_order(delayed_[d])});
  data.decided_at_ms.resize(kept);
  data.symbol.resize(kept);
  for (std::size_t i = 0; i < kept; ++i) {
    data.decided_at_ms[i] = frame_->open_time_ms[ordered[i]] + frame_->interval.ms();
    const auto after =
        std::upper_bound(frame_->symbol_begin.begin(), frame_->symbol_begin.end(), std::size_t{ordered[i]});
    data.symbol[i] = static_cast<std::uint16_t>(after - frame_->symbol_begin.begin() - 1);
  }
  data.frame_row = std::move(ordered);
  if (data.size() == 0) return no_labelled_rows(options_, frame_->symbols.size());
  data.definition = options_.label;
  data.frame = std::move(frame_);
  return out;
}

}  // namespace clm
