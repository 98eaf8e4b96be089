#include "evaluation/statistics/purged_split.hpp"

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

}  // namespace clm
