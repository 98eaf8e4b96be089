#include "evaluation/purged_split.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"

namespace clm {
namespace {

std::int64_t decided(const RowSet& rows, std::size_t i) { return rows.data->decided_at_ms[rows.rows[i]]; }
std::int64_t known(const RowSet& rows, std::size_t i) { return rows.data->known_at_ms[rows.rows[i]]; }

template <typename Keep>
RowSet filter(const RowSet& rows, Keep keep) {
  RowSet out{rows.data, {}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (keep(decided(rows, i), known(rows, i))) out.rows.push_back(rows.rows[i]);
  return out;
}

RowSet known_by(const RowSet& rows, Timestamp as_of) {
  return filter(rows, [as_of](std::int64_t, std::int64_t known_at) { return known_at <= as_of.ms(); });
}

std::vector<std::int64_t> distinct_times(const RowSet& rows) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < rows.size(); ++i) times.push_back(decided(rows, i));
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

tl::unexpected<Error> no_folds(const std::string& why) {
  return fail(ErrorKind::data, "split.no_folds", why, {},
              "Use more history, shorter test blocks or a shorter horizon.");
}

/// Rows whose label was known more than `embargo` before `from_ms`, and rows decided in [from_ms, to_ms).
Fold cut(const RowSet& rows, std::int64_t train_from_ms, std::int64_t from_ms, std::int64_t to_ms, Duration embargo) {
  return Fold{
      filter(rows,
             [=](std::int64_t decided_at, std::int64_t known_at) {
               return decided_at >= train_from_ms && known_at + embargo.count() < from_ms;
             }),
      filter(rows, [=](std::int64_t decided_at, std::int64_t) { return decided_at >= from_ms && decided_at < to_ms; })};
}

Result<Fold> cut_share(const RowSet& rows, double share, Duration embargo) {
  expects(share > 0 && share < 1, "the share held out is between 0 and 1");
  const auto times = distinct_times(rows);
  const auto held_out = static_cast<std::size_t>(std::llround(share * static_cast<double>(times.size())));
  if (held_out == 0 || held_out >= times.size()) return no_folds("too few decision times to hold a share out");
  Fold fold = cut(rows, Timestamp::min().ms(), times[times.size() - held_out], Timestamp::max().ms(), embargo);
  if (fold.train.rows.empty()) return no_folds("no label was known before the rows held out begin");
  return fold;
}

}  // namespace

RowSet purge(const RowSet& rows, std::span<const LabelSpan> test_spans, Duration embargo) {
  return filter(rows, [=](std::int64_t decided_at, std::int64_t known_at) {
    return std::none_of(test_spans.begin(), test_spans.end(), [=](const LabelSpan& test) {
      return decided_at <= test.to_ms + embargo.count() && known_at >= test.from_ms;
    });
  });
}

LabelSpan label_span(const RowSet& rows) {
  expects(!rows.rows.empty(), "no rows, no span");
  LabelSpan span{decided(rows, 0), known(rows, 0)};
  for (std::size_t i = 1; i < rows.size(); ++i) {
    span.from_ms = std::min(span.from_ms, decided(rows, i));
    span.to_ms = std::max(span.to_ms, known(rows, i));
  }
  return span;
}

std::vector<TimeRange> test_blocks(TimeRange range, Duration length, Duration step) {
  expects(length.count() > 0 && step.count() > 0, "test blocks have a length and a step");
  std::vector<TimeRange> blocks;
  for (Timestamp from = range.from; from < range.to; from = from + step)
    blocks.push_back({from, std::min(from + length, range.to)});
  return blocks;
}

std::vector<TimeRange> calendar_month_blocks(TimeRange range) {
  std::vector<TimeRange> blocks;
  const auto first = calendar_time(range.from);
  const auto month_start = [&](int months_later) {
    const int month = first.month - 1 + months_later;
    return from_calendar(first.year + month / 12, month % 12 + 1, 1);
  };
  for (int i = 0; std::max(month_start(i), range.from) < range.to; ++i)
    blocks.push_back({std::max(month_start(i), range.from), std::min(month_start(i + 1), range.to)});
  return blocks;
}

Result<std::vector<Fold>> walk_forward(const RowSet& rows, std::span<const TimeRange> blocks,
                                       const WalkForwardOptions& options) {
  const RowSet usable = known_by(rows, options.as_of);
  std::vector<Fold> folds;
  for (const auto& block : blocks) {
    const auto train_from = options.train_length.count() > 0 ? block.from - options.train_length : Timestamp::min();
    Fold fold = cut(usable, train_from.ms(), block.from.ms(), block.to.ms(), options.embargo);
    if (!fold.train.rows.empty() && !fold.test.rows.empty()) folds.push_back(std::move(fold));
  }
  if (folds.empty()) return no_folds("no test block has both training and test rows");
  return folds;
}

Result<Fold> holdout_split(const RowSet& rows, const HoldoutOptions& options) {
  return cut_share(known_by(rows, options.as_of), options.share, options.embargo);
}

Result<Fold> inner_split(const RowSet& train, double share, Duration embargo) {
  return cut_share(train, share, embargo);
}

std::size_t backtest_path_count(int groups, int test_groups) {
  expects(test_groups > 0 && test_groups < groups, "some groups test, some train");
  // C(N - 1, k - 1) = k C(N, k) / N: in how many splits a given group tests.
  std::size_t count = 1;
  for (int i = 1; i < test_groups; ++i)
    count = count * static_cast<std::size_t>(groups - i) / static_cast<std::size_t>(i);
  return count;
}

Result<std::vector<CombinatorialFold>> combinatorial_purged(const RowSet& rows, const CombinatorialOptions& options) {
  expects(options.test_groups > 0 && options.test_groups < options.groups, "some groups test, some train");
  const RowSet usable = known_by(rows, options.as_of);
  const auto times = distinct_times(usable);
  const auto count = static_cast<std::size_t>(options.groups);
  if (times.size() < count) return no_folds("fewer decision times than groups");

  std::vector<RowSet> group_rows(count, RowSet{usable.data, {}});
  std::vector<std::size_t> group_of_row(usable.size());
  for (std::size_t i = 0; i < usable.size(); ++i) {
    const auto rank =
        static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), decided(usable, i)) - times.begin());
    group_of_row[i] = rank * count / times.size();
    group_rows[group_of_row[i]].rows.push_back(usable.rows[i]);
  }
  std::vector<LabelSpan> spans;
  for (const auto& group : group_rows) spans.push_back(label_span(group));

  std::vector<CombinatorialFold> folds;
  std::vector<int> next_path(count, 0);
  std::vector<bool> tests(count, false);
  std::fill_n(tests.begin(), options.test_groups, true);
  do {
    CombinatorialFold split;
    std::vector<LabelSpan> test_spans;
    for (std::size_t g = 0; g < count; ++g) {
      if (!tests[g]) continue;
      split.groups.push_back(static_cast<int>(g));
      split.paths.push_back(next_path[g]++);
      test_spans.push_back(spans[g]);
    }
    RowSet others{usable.data, {}};
    split.fold.test.data = usable.data;
    for (std::size_t i = 0; i < usable.size(); ++i)
      (tests[group_of_row[i]] ? split.fold.test : others).rows.push_back(usable.rows[i]);
    split.fold.train = purge(others, test_spans, options.embargo);
    folds.push_back(std::move(split));
  } while (std::prev_permutation(tests.begin(), tests.end()));
  return folds;
}

}  // namespace clm
