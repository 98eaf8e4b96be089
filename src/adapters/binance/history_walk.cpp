#include "adapters/binance/history_walk.hpp"

#include <algorithm>

namespace clm {
namespace {

Status walk_forwards(TimeRange range, const HistoryWalk& walk, const FetchPage& fetch_page) {
  while (!range.empty()) {
    const Timestamp to = range.from + std::min(range.to - range.from, walk.forward_span);
    const Result<FetchedPage> page = fetch_page({range.from, to});
    if (!page) return forward_error(page);
    range.from = page->rows >= walk.full_page_rows ? page->last + walk.row_step : to;
  }
  return {};
}

Status walk_backwards(TimeRange range, const HistoryWalk& walk, const FetchPage& fetch_page) {
  while (!range.empty()) {
    const Timestamp from = std::max(range.from, range.to - walk.backward_span);
    const Result<FetchedPage> page = fetch_page({from, range.to});
    if (!page) return forward_error(page);
    if (page->rows == 0) return {};
    range.to = from;
  }
  return {};
}

}  // namespace

Status walk_history(TimeRange wanted, const std::optional<StoredTimes>& stored, const HistoryWalk& walk,
                    const FetchPage& fetch_page) {
  if (!stored) return walk_forwards(wanted, walk, fetch_page);
  if (wanted.from < stored->first)
    if (Status head = walk_backwards({wanted.from, std::min(stored->first, wanted.to)}, walk, fetch_page); !head)
      return head;
  return walk_forwards({std::max(wanted.from, stored->next), wanted.to}, walk, fetch_page);
}

}  // namespace clm
