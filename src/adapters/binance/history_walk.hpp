#pragma once
#include <cstddef>
#include <functional>
#include <optional>

#include "base/result.hpp"
#include "base/time.hpp"

namespace clm {

/// How the history of one series is walked page by page.
struct HistoryWalk {
  Duration forward_span;   ///< of time that one request may cover on the way forwards,
  Duration backward_span;  ///< and backwards, where a page must hold all rows of its span
  Duration row_step;       ///< from a row's time to the earliest that the next row can have
  /// A page of fewer rows holds all that there is in its time. 1 where only an empty page says so.
  std::size_t full_page_rows = 1;
};

/// First stored time, and where to go on after the last.
struct StoredTimes {
  Timestamp first;
  Timestamp next;
};

/// What a page brought of the time asked for; `last` is meaningful where there are rows.
struct FetchedPage {
  std::size_t rows = 0;
  Timestamp last;
};

/// Asks for the rows of a time, as many as a page holds from its beginning on, and stores them.
using FetchPage = std::function<Result<FetchedPage>(TimeRange)>;

/// Brings what is stored up to `wanted`. What lies before it comes backwards, from the newest page on, until an empty
/// page (the series began later: no outage is as long as a page); what lies after it comes forwards. So whenever it
/// ends, also by an error of `fetch_page`, what is stored hangs together.
Status walk_history(TimeRange wanted, const std::optional<StoredTimes>& stored, const HistoryWalk& walk,
                    const FetchPage& fetch_page);

}  // namespace clm
