#pragma once
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "market/batches/rows_file.hpp"
#include "market/store/row_changes.hpp"

namespace clm {

/// What one write did to a series, with the rows as they were.
template <typename Row>
struct PastChange {
  int batch = 0;
  bool undone = false;
  std::vector<TimeRange> added;
  std::vector<Row> before;
};

/// Everything that is logged of one series, and what must become of a row when one batch is undone.
///
/// A row's past is a pile: every change that touched it, the latest on top. Undone changes count as if they had never
/// been. If another batch, not undone, is on top, the row is left as that one made it. Else it becomes what it was
/// before the lowest of the undone changes on top: a row, or none.
template <typename Row>
class RowHistory {
 public:
  /// `changes` oldest first; those of batch `undoing` count as undone.
  RowHistory(std::vector<PastChange<Row>> changes, int undoing) : undoing_(undoing) {
    for (PastChange<Row>& change : changes) {
      if (change.added.empty() && change.before.empty()) continue;
      Known known{std::move(change), {}};
      if (!known.change.added.empty()) known.span = {known.change.added.front().from, known.change.added.back().to};
      if (!known.change.before.empty()) {
        const Timestamp first = time_of(known.change.before.front());
        const Timestamp end = time_of(known.change.before.back()) + Duration(1);
        known.span = known.change.added.empty()
                         ? TimeRange{first, end}
                         : TimeRange{std::min(known.span.from, first), std::max(known.span.to, end)};
      }
      if (known.change.batch == undoing) {
        span_ =
            touched_ ? TimeRange{std::min(span_.from, known.span.from), std::max(span_.to, known.span.to)} : known.span;
        touched_ = true;
      }
      changes_.push_back(std::move(known));
    }
  }

  enum class Fate {
    untouched,  ///< the batch did nothing to it
    left,       ///< a later batch changed it again
    removed,    ///< it is to go
    restored    ///< it is to be `row`
  };
  struct Verdict {
    Fate fate = Fate::untouched;
    const Row* row = nullptr;
    int later_batch = 0;  ///< who has it, if left
  };

  Verdict verdict(Timestamp t) const {
    bool ours = false;
    int later = 0;
    const Row* before = nullptr;
    for (auto at = changes_.rbegin(); at != changes_.rend(); ++at) {
      if (!at->span.contains(t)) continue;
      const auto touch = touches(at->change, t);
      if (!touch) continue;
      const bool is_ours = at->change.batch == undoing_;
      if (later == 0 && !is_ours && !at->change.undone) {
        if (ours) break;
        later = at->change.batch;
      }
      if (is_ours && later != 0) return {Fate::left, nullptr, later};
      if (later != 0) continue;
      ours = ours || is_ours;
      before = *touch;
    }
    if (!ours) return {};
    return before == nullptr ? Verdict{Fate::removed, nullptr, 0} : Verdict{Fate::restored, before, 0};
  }

  /// From the first to the last row that the batch touched.
  const TimeRange& span() const { return span_; }

  /// The rows that come back, ascending.
  std::vector<Row> restored() const {
    std::set<Timestamp> times;
    for (const Known& known : changes_)
      if (known.change.undone || known.change.batch == undoing_)
        for (const Row& row : known.change.before) times.insert(time_of(row));
    std::vector<Row> rows;
    for (const Timestamp t : times)
      if (const Verdict found = verdict(t); found.fate == Fate::restored) rows.push_back(*found.row);
    return rows;
  }

 private:
  struct Known {
    PastChange<Row> change;
    TimeRange span;
  };

  /// What the row was before this change (nullptr: not there), or none if the change did not touch it.
  static std::optional<const Row*> touches(const PastChange<Row>& change, Timestamp t) {
    const auto row =
        std::partition_point(change.before.begin(), change.before.end(), [&](const Row& r) { return time_of(r) < t; });
    if (row != change.before.end() && time_of(*row) == t) return &*row;
    const auto range =
        std::partition_point(change.added.begin(), change.added.end(), [&](const TimeRange& r) { return r.to <= t; });
    if (range != change.added.end() && range->contains(t)) return nullptr;
    return std::nullopt;
  }

  std::vector<Known> changes_;
  int undoing_;
  TimeRange span_;
  bool touched_ = false;
};

}  // namespace clm
