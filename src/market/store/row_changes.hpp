#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "market/series/candle.hpp"
#include "market/series/context_series.hpp"

/// What a write to a store does to single rows, so that it can be undone, and the way to do such things.
namespace clm {

struct ContextKey {
  SeriesKind kind = SeriesKind::funding_rate;
  Symbol symbol;
  Venue venue{};  ///< as ContextSeries
  auto operator<=>(const ContextKey&) const = default;
};

/// What is about to change in one series. Of rows that were not there only the times are told, as ranges in which no
/// other row lies; of rows that are replaced or removed, what they were.
template <typename Key, typename Row>
struct RowChanges {
  Key key;
  std::vector<TimeRange> added;  ///< ascending, disjoint
  std::vector<Row> before;       ///< rows as they were; ascending
  std::int64_t rows_added = 0;
};
using CandleChanges = RowChanges<SeriesKey, Candle>;
using ContextChanges = RowChanges<ContextKey, SeriesPoint>;

/// Collects the times of new rows into ranges in which no other row lies.
class AddedRanges {
 public:
  /// Appends to what `changes` has added.
  template <typename Key, typename Row>
  explicit AddedRanges(RowChanges<Key, Row>& changes) : ranges_(changes.added), rows_(changes.rows_added) {}
  /// A new row at `t`, later than the last one, with so many stored rows before it.
  void add(Timestamp t, std::ptrdiff_t stored_before) {
    ++rows_;
    const Timestamp end = t + Duration(1);
    if (any_ && stored_before == stored_before_)
      ranges_.back().to = end;
    else
      ranges_.push_back({t, end});
    any_ = true;
    stored_before_ = stored_before;
  }

 private:
  std::vector<TimeRange>& ranges_;
  std::int64_t& rows_;
  std::ptrdiff_t stored_before_ = 0;
  bool any_ = false;
};

/// A store passes it what a write is about to change, while the store's lock is held and before any of it becomes
/// visible; in the order of the changes, a series possibly more than once. If it fails, the write ends and nothing is
/// changed.
class ChangeRecorder {
 public:
  virtual ~ChangeRecorder() = default;
  virtual Status record(std::span<const CandleChanges> changes) = 0;
  virtual Status record(std::span<const ContextChanges> changes) = 0;
};

/// Rows of one series to put (exactly as they are, over whatever is there) and to remove.
template <typename Key, typename Row>
struct RowEdit {
  Key key;
  std::vector<Row> put;                   ///< ascending
  TimeRange within;                       ///< where rows may be removed
  std::function<bool(Timestamp)> remove;  ///< asked for every stored row there that is not in `put`
};
using CandleEdit = RowEdit<SeriesKey, Candle>;
using ContextEdit = RowEdit<ContextKey, SeriesPoint>;

/// Says what is to be done; called once, with the store's lock held.
template <typename Edit>
using EditPlan = std::function<Result<std::vector<Edit>>()>;

struct EditResult {
  std::int64_t rows_removed = 0;
  std::int64_t rows_put = 0;  ///< that differ from what was there
};

/// Passes the changes to `recorder`, if there is one and anything changes. Errors: those of the recorder.
template <typename Changes>
Status record_changes(ChangeRecorder* recorder, std::vector<Changes> changes) {
  std::erase_if(changes, [](const Changes& of_series) { return of_series.added.empty() && of_series.before.empty(); });
  if (recorder == nullptr || changes.empty()) return {};
  return recorder->record(std::span<const Changes>(changes));
}

/// Applies `edit` to the rows of one file, both ascending; `time` and `same` read rows.
template <typename Key, typename Row, typename Time, typename Same>
std::vector<Row> edit_rows(const std::vector<Row>& stored, std::span<const Row> put, const RowEdit<Key, Row>& edit,
                           const Time& time, const Same& same, RowChanges<Key, Row>& changes, EditResult& result) {
  std::vector<Row> rows;
  rows.reserve(stored.size() + put.size());
  AddedRanges added(changes);
  auto next = put.begin();
  for (std::size_t i = 0; i <= stored.size(); ++i) {
    for (; next != put.end() && (i == stored.size() || time(*next) < time(stored[i])); ++next) {
      added.add(time(*next), static_cast<std::ptrdiff_t>(i));
      rows.push_back(*next);
      ++result.rows_put;
    }
    if (i == stored.size()) break;
    const Row& row = stored[i];
    if (next != put.end() && time(*next) == time(row)) {
      if (!same(*next, row)) {
        changes.before.push_back(row);
        ++result.rows_put;
      }
      rows.push_back(*next++);
    } else if (edit.remove && edit.within.contains(time(row)) && edit.remove(time(row))) {
      changes.before.push_back(row);
      ++result.rows_removed;
    } else {
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace clm
