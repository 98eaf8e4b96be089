#include "adapters/binance/fetch_context.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "adapters/binance/binance_answers.hpp"
#include "adapters/binance/fetch_request.hpp"
#include "adapters/binance/history_walk.hpp"

namespace clm {
namespace {

constexpr Duration kOpenInterestKept = 30 * 24 * kHour - kHour;  // 30 days, less an hour for clocks that differ

/// How one kind is asked for.
struct History {
  SeriesKind kind;
  const char* path;
  BinanceRest::Parameters extra;
  HistoryWalk walk;
  Result<std::vector<BinancePoint>> (*parse)(const nlohmann::json&, const std::string&);
};

History history_of(SeriesKind kind, const FetchContextOptions& options) {
  constexpr Duration kStep{1};
  if (kind == SeriesKind::funding_rate) {
    // Contracts settle every 8, 4 or, at the least, 1 hour. Rows come oldest first, so that forwards any span will do.
    const HistoryWalk walk{Timestamp::max() - Timestamp(0), 1'000 * kHour, kStep, 1'000};
    return {kind, "/fapi/v1/fundingRate", {}, walk, &parse_funding_rates};
  }
  // The newest rows of a longer span would be given, and the oldest lost.
  const Duration span = options.open_interest_interval.length() * 500;
  return {kind,
          "/futures/data/openInterestHist",
          {{"period", options.open_interest_interval.name()}},
          {span, span, kStep, 500},
          &parse_open_interest};
}

Status check_options(const FetchContextOptions& options) {
  if (Status valid = check_fetch_request(options.symbols, options.range); !valid) return valid;
  for (const SeriesKind kind : options.kinds)
    if (kind != SeriesKind::funding_rate && kind != SeriesKind::open_interest)
      return fail(ErrorKind::usage, "fetch.kind",
                  "Binance's history has no " + std::string(info_of(kind).name) + " to fetch", {},
                  "Choose funding_rate or open_interest, and import the others from files.");
  const std::vector<std::string> intervals = {"5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"};
  const std::string name = options.open_interest_interval.name();
  if (std::find(intervals.begin(), intervals.end(), name) == intervals.end())
    return fail(ErrorKind::usage, "fetch.interval", "Binance has no open interest every " + name, name,
                "Choose 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h or 1d.");
  return {};
}

/// One symbol's points of one kind, page by page.
class ContextFetch {
 public:
  ContextFetch(BinanceRest& exchange, ContextStore& store, const History& history, const RunContext& context,
               FetchedSeries& report)
      : exchange_(exchange), store_(store), history_(history), context_(context), report_(report) {}

  Status run(TimeRange wanted) {
    const Timestamp now = context_.clock.now();
    wanted.to = std::min(wanted.to, now + Duration(1));
    if (history_.kind == SeriesKind::open_interest) wanted.from = std::max(wanted.from, now - kOpenInterestKept);
    const ContextKey key{history_.kind, report_.key.symbol, report_.key.venue};
    const Result<ContextSeries> stored = store_.read(key, Timestamp::max());
    // In the place of a damaged file comes what is fetched: everything asked for.
    if (!stored && !store_.check_file_of(key).damaged) return forward_error(stored);
    std::optional<StoredTimes> times;
    if (stored && !stored->points.empty())
      times = {stored->points.front().event_time, stored->points.back().event_time + Duration(1)};
    return walk_history(wanted, times, history_.walk, [this](TimeRange range) { return fetch_page(range); });
  }

 private:
  /// Asks for and stores the points with event time in `range`, sorted and unique.
  Result<FetchedPage> fetch_page(TimeRange range) {
    BinanceRest::Parameters parameters = {{"symbol", report_.key.symbol.str()},
                                          {"startTime", std::to_string(range.from.ms())},
                                          {"endTime", std::to_string(range.to.ms() - 1)},
                                          {"limit", std::to_string(history_.walk.full_page_rows)}};
    parameters.insert(parameters.end(), history_.extra.begin(), history_.extra.end());
    const Result<nlohmann::json> answer =
        exchange_.get(BinanceMarket::usd_margined, history_.path, parameters, context_.cancel);
    if (!answer) return forward_error(answer);
    const std::string where =
        std::string(history_.path) + " " + report_.key.symbol.str() + " from " + to_string(range.from);
    Result<std::vector<BinancePoint>> rows = history_.parse(*answer, where);
    if (!rows) return forward_error(rows);
    const auto earlier = [](const BinancePoint& a, const BinancePoint& b) { return a.time < b.time; };
    std::stable_sort(rows->begin(), rows->end(), earlier);

    ContextSeries page{history_.kind, report_.key.symbol, {}, report_.key.venue};
    for (const BinancePoint& row : *rows) {
      const bool repeated = !page.points.empty() && page.points.back().event_time == row.time;
      if (range.contains(row.time) && !repeated) append(page, row.time, row.value);
    }
    if (page.points.empty()) {
      if (rows->empty()) return FetchedPage{};
      return fail(ErrorKind::data, "fetch.response", "no row of the answer lies in the time asked for", where,
                  "Nothing of this answer was stored; try again later.");
    }
    const Result<StoreResult> written = store_.write(page);
    if (!written) return forward_error(written);
    report_.rows_stored += written->rows_stored;
    note_repaired(report_, written->repaired);
    note_received(report_, page.points.front().event_time, page.points.back().event_time);
    return FetchedPage{page.points.size(), page.points.back().event_time};
  }

  BinanceRest& exchange_;
  ContextStore& store_;
  const History& history_;
  const RunContext& context_;
  FetchedSeries& report_;
};

}  // namespace

Result<FetchReport> fetch_context(BinanceRest& exchange, ContextStore& store, const FetchContextOptions& options,
                                  const RunContext& context) {
  if (Status valid = check_options(options); !valid) return forward_error(valid);
  std::vector<FetchedSeries> planned;
  for (const SeriesKind kind : options.kinds) {
    for (const Symbol& symbol : options.symbols) {
      FetchedSeries series;
      series.key = {Venue("binance-um"), symbol, options.open_interest_interval};
      series.what = info_of(kind).name;
      planned.push_back(std::move(series));
    }
  }
  return fetch_each(exchange, std::move(planned), context, [&](FetchedSeries& series) -> Status {
    const Result<SeriesKind> kind = parse_series_kind(series.what);
    if (!kind) return forward_error(kind);
    const History history = history_of(*kind, options);
    return ContextFetch(exchange, store, history, context, series).run(options.range);
  });
}

}  // namespace clm
