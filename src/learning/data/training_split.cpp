#include "learning/data/training_split.hpp"

#include <algorithm>

#include "evaluation/statistics/purged_split.hpp"

namespace clm {
namespace {

constexpr std::size_t kMinFitRows = 200;
constexpr std::size_t kMinHoldoutRows = 100;

RowSet within_window(const Dataset& data, double window_days, Timestamp as_of) {
  RowSet rows{&data, {}};
  const auto oldest =
      window_days > 0 ? as_of.ms() - static_cast<std::int64_t>(window_days * kDayMs) : Timestamp::min().ms();
  for (std::uint32_t i = 0; i < data.size(); ++i)
    if (data.decided_at_ms[i] >= oldest && data.known_at_ms[i] <= as_of.ms()) rows.rows.push_back(i);
  return rows;
}

RowSet thinned(const RowSet& rows, std::int64_t max_rows, Interval interval) {
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t step_bars = (count + max_rows - 1) / max_rows;
  if (step_bars <= 1) return rows;
  RowSet kept{rows.data, {}};
  for (const auto row : rows.rows) {
    const std::int64_t bar = rows.data->decided_at_ms[row] / interval.ms();
    if ((bar + rows.data->symbol[row]) % step_bars == 0) kept.rows.push_back(row);
  }
  return kept;
}

}  // namespace

Result<TrainingSplit> split_for_training(const Dataset& data, const TrainingOptions& options, Timestamp as_of) {
  HoldoutOptions holdout;
  holdout.share = options.holdout_share;
  holdout.embargo = data.frame->interval.length() * options.embargo_bars;
  holdout.as_of = as_of;
  auto outer = holdout_split(within_window(data, options.window_days, as_of), holdout);
  if (!outer) return forward_error(outer);
  return split_before(outer->train, outer->test, options);
}

Result<TrainingSplit> split_before(const RowSet& known, const RowSet& judged, const TrainingOptions& options) {
  const Dataset& data = *known.data;
  const Interval interval = data.frame->interval;
  auto inner = inner_split(known, options.validation_share, interval.length() * options.embargo_bars);
  if (!inner) return forward_error(inner);

  TrainingSplit split;
  split.fit = thinned(inner->train, options.max_fit_rows, interval);
  split.validation = std::move(inner->test);
  split.holdout = judged;
  if (split.fit.size() < kMinFitRows || split.holdout.size() < kMinHoldoutRows)
    return fail(ErrorKind::data, "training.too_few_rows",
                std::to_string(split.fit.size()) + " rows to fit on and " + std::to_string(split.holdout.size()) +
                    " to be judged on are too few",
                {}, "Import a longer history or more symbols, or widen training.window_days.");
  const auto span_of = [&](const RowSet& rows) {
    return TimeRange{Timestamp(data.decided_at_ms[rows.rows.front()]),
                     Timestamp(data.decided_at_ms[rows.rows.back()] + 1)};
  };
  split.training_span = TimeRange{span_of(split.fit).from, span_of(split.validation).to};
  std::int64_t last_label_ms = 0;
  for (const auto row : split.holdout.rows) last_label_ms = std::max(last_label_ms, data.known_at_ms[row]);
  split.holdout_span = TimeRange{span_of(split.holdout).from, Timestamp(last_label_ms + 1)};
  return split;
}

}  // namespace clm
