#include "learning/data/training_split.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "evaluation/statistics/purged_split.hpp"

namespace clm {
namespace {

constexpr std::size_t kMinFitRows = 200;
constexpr std::size_t kMinValidationRows = 100;  // fewer do not calibrate (`ForecastCalibration::fit`)
constexpr std::size_t kMinHoldoutRows = 100;

RowSet every_nth_bar(const RowSet& rows, std::int64_t max_rows) {
  const Interval interval = rows.data->frame->interval;
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

RowSet least_hashes(const RowSet& rows, std::size_t max_rows, std::int64_t seed, Timestamp as_of) {
  if (rows.size() <= max_rows) return rows;
  const Dataset& data = *rows.data;
  std::vector<std::uint64_t> salts;
  for (const Symbol& symbol : data.frame->symbols)
    salts.push_back(Random::stream(static_cast<std::uint64_t>(seed), "thinning of " + symbol.str(),
                                   static_cast<std::uint64_t>(as_of.ms()))
                        .next());
  std::vector<std::uint64_t> hashes;
  hashes.reserve(rows.size());
  for (const auto row : rows.rows) {
    std::uint64_t state = salts[data.symbol[row]] ^ static_cast<std::uint64_t>(data.decided_at_ms[row]);
    hashes.push_back(splitmix64(state));
  }
  std::vector<std::uint64_t> ranked = hashes;
  const auto last = ranked.begin() + static_cast<std::ptrdiff_t>(max_rows) - 1;
  std::nth_element(ranked.begin(), last, ranked.end());
  // Rows of one and the same hash are as likely as two equal draws of 64 bits; of them the earlier ones are kept.
  auto places_of_last = static_cast<std::size_t>(std::count(ranked.begin(), last + 1, *last));
  RowSet kept{&data, {}};
  kept.rows.reserve(max_rows);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (hashes[i] > *last || (hashes[i] == *last && places_of_last == 0)) continue;
    if (hashes[i] == *last) --places_of_last;
    kept.rows.push_back(rows.rows[i]);
  }
  return kept;
}

RowSet thinned(const RowSet& rows, const TrainingOptions& options, Timestamp as_of) {
  return options.thinning == Thinning::by_hash
             ? least_hashes(rows, static_cast<std::size_t>(options.max_fit_rows), options.seed, as_of)
             : every_nth_bar(rows, options.max_fit_rows);
}

/// Cuts `known` into fit and validation.
Result<TrainingSplit> cut(const RowSet& known, const RowSet& judged, const TrainingOptions& options, Timestamp as_of) {
  const Dataset& data = *known.data;
  auto inner = inner_split(known, options.validation_share, data.frame->interval.length() * options.embargo_bars);
  if (!inner) return forward_error(inner);

  TrainingSplit split;
  split.fit = thinned(inner->train, options, as_of);
  split.validation = std::move(inner->test);
  split.holdout = judged;
  if (split.fit.size() < kMinFitRows || split.validation.size() < kMinValidationRows ||
      split.holdout.size() < kMinHoldoutRows)
    return fail(ErrorKind::data, "training.too_few_rows",
                std::to_string(split.fit.size()) + " rows to fit on, " + std::to_string(split.validation.size()) +
                    " to calibrate by and " + std::to_string(split.holdout.size()) +
                    " to be judged on are too few: " + std::to_string(kMinFitRows) + ", " +
                    std::to_string(kMinValidationRows) + " and " + std::to_string(kMinHoldoutRows) + " are needed",
                {}, "Import a longer history or more symbols, or widen training.window_days.");
  const auto span_of = [&](const RowSet& rows) {
    return TimeRange{Timestamp(data.decided_at_ms[rows.rows.front()]),
                     Timestamp(data.decided_at_ms[rows.rows.back()] + 1)};
  };
  split.training_span = TimeRange{span_of(split.fit).from, span_of(split.validation).to};
  split.holdout_span = TimeRange{span_of(split.holdout).from, last_label_known(split.holdout) + Duration(1)};
  return split;
}

}  // namespace

RowSet known_at(const Dataset& data, double window_days, Timestamp as_of) {
  RowSet rows{&data, {}};
  const auto oldest =
      window_days > 0 ? as_of.ms() - static_cast<std::int64_t>(window_days * kDayMs) : Timestamp::min().ms();
  for (std::uint32_t i = 0; i < data.size(); ++i)
    if (data.decided_at_ms[i] >= oldest && data.known_at_ms[i] <= as_of.ms()) rows.rows.push_back(i);
  return rows;
}

Timestamp last_label_known(const RowSet& rows) {
  std::int64_t last_ms = 0;
  for (const auto row : rows.rows) last_ms = std::max(last_ms, rows.data->known_at_ms[row]);
  return Timestamp(last_ms);
}

Result<TrainingSplit> split_for_training(const Dataset& data, const TrainingOptions& options, Timestamp as_of) {
  HoldoutOptions holdout;
  holdout.share = options.holdout_share;
  holdout.embargo = data.frame->interval.length() * options.embargo_bars;
  holdout.as_of = as_of;
  auto outer = holdout_split(known_at(data, options.window_days, as_of), holdout);
  if (!outer) return forward_error(outer);
  return cut(outer->train, outer->test, options, as_of);
}

Result<TrainingSplit> split_of_known(const RowSet& known, StopsEarly stops_early, const TrainingOptions& options,
                                     Timestamp as_of) {
  const Interval interval = known.data->frame->interval;
  TrainingSplit split;
  split.validation.data = split.holdout.data = known.data;
  if (stops_early == StopsEarly::yes) {
    auto inner = inner_split(known, options.validation_share, interval.length() * options.embargo_bars);
    if (!inner) return forward_error(inner);
    split.fit = thinned(inner->train, options, as_of);
    split.validation = std::move(inner->test);
  } else {
    split.fit = thinned(known, options, as_of);
  }
  if (split.fit.size() < kMinFitRows)
    return fail(ErrorKind::data, "training.too_few_rows",
                std::to_string(split.fit.size()) + " rows to fit on are too few", {},
                "Import a longer history or more symbols, or widen training.window_days.");
  // To the last row that is known, kept by the thinning or not: the version is calibrated up to there.
  split.training_span = {Timestamp(known.data->decided_at_ms[split.fit.rows.front()]),
                         Timestamp(known.data->decided_at_ms[known.rows.back()] + 1)};
  return split;
}

}  // namespace clm
