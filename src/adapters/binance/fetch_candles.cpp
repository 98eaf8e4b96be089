#include "adapters/binance/fetch_candles.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "adapters/binance/binance_answers.hpp"
#include "adapters/binance/fetch_request.hpp"
#include "adapters/binance/history_walk.hpp"

namespace clm {
namespace {

const std::vector<std::string> kIntervals = {"1m", "3m", "5m", "15m", "30m", "1h", "2h",
                                             "4h", "6h", "8h", "12h", "1d",  "3d", "1w"};

Status check_interval(const FetchCandlesOptions& options) {
  const std::string name = options.interval.name();
  const bool spot_second = options.market == BinanceMarket::spot && name == "1s";
  if (spot_second || std::find(kIntervals.begin(), kIntervals.end(), name) != kIntervals.end()) return {};
  return fail(ErrorKind::usage, "fetch.interval", "Binance has no candles of " + name + " in this market", name,
              "Choose 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d or 1w (1s: spot only).");
}

/// One symbol's candles, page by page.
class CandleFetch {
 public:
  CandleFetch(BinanceRest& exchange, CandleStore& store, const FetchCandlesOptions& options, const RunContext& context,
              FetchedSeries& report)
      : exchange_(exchange), store_(store), options_(options), context_(context), report_(report) {}

  Status run() {
    // Of a series with a damaged file everything is asked for again: what comes takes the damaged one's place.
    const SoundPart stored = store_.read_sound(report_.key, {}, Timestamp::max());
    const Duration length = options_.interval.length();
    // The last bar that has closed opened at least one length ago.
    const Timestamp to = std::min(options_.range.to, context_.clock.now() - length + Duration(1));
    std::optional<StoredTimes> times;
    const std::vector<Candle>& bars = stored.series.candles;
    if (!bars.empty() && stored.damaged.empty()) times = {bars.front().open_time, bars.back().open_time};
    const HistoryWalk walk{Timestamp::max() - Timestamp(0), length * page_rows(), length, 1};
    return walk_history({options_.range.from, to}, times, walk, [this](TimeRange range) { return fetch_page(range); });
  }

 private:
  int page_rows() const { return options_.market == BinanceMarket::spot ? 1'000 : 1'500; }

  /// Asks for the bars with open time in `range`, as many as a page holds, and stores them sorted and unique.
  /// Bars outside the range, which the exchange was not asked for, are left out.
  Result<FetchedPage> fetch_page(TimeRange range) {
    const bool spot = options_.market == BinanceMarket::spot;
    const BinanceRest::Parameters parameters = {{"symbol", report_.key.symbol.str()},
                                                {"interval", options_.interval.name()},
                                                {"startTime", std::to_string(range.from.ms())},
                                                {"endTime", std::to_string(range.to.ms() - 1)},
                                                {"limit", std::to_string(page_rows())}};
    const std::string path = spot ? "/api/v3/klines" : "/fapi/v1/klines";
    const Result<nlohmann::json> answer = exchange_.get(options_.market, path, parameters, context_.cancel);
    if (!answer) return forward_error(answer);
    const std::string where = path + " " + to_string(report_.key) + " from " + to_string(range.from);
    Result<std::vector<Candle>> rows = parse_klines(*answer, where);
    if (!rows) return forward_error(rows);
    if (Status aligned = check_alignment(*rows, where); !aligned) return forward_error(aligned);

    CandleSeries page{report_.key, *std::move(rows)};
    const auto outside = [&](const Candle& candle) { return !range.contains(candle.open_time); };
    std::vector<Candle>& candles = page.candles;
    const bool had_rows = !candles.empty();
    candles.erase(std::remove_if(candles.begin(), candles.end(), outside), candles.end());
    const auto earlier = [](const Candle& a, const Candle& b) { return a.open_time < b.open_time; };
    const auto same_time = [](const Candle& a, const Candle& b) { return a.open_time == b.open_time; };
    std::stable_sort(candles.begin(), candles.end(), earlier);
    candles.erase(std::unique(candles.begin(), candles.end(), same_time), candles.end());
    if (candles.empty()) {
      if (had_rows)
        return fail(ErrorKind::data, "fetch.response", "no bar of the answer lies in the time asked for", where,
                    "Nothing of this answer was stored; try again later.");
      return FetchedPage{};
    }
    const Result<StoreResult> written = store_.write(page);
    if (!written) return forward_error(written);
    report_.rows_stored += written->rows_stored;
    note_repaired(report_, written->repaired);
    note_received(report_, candles.front().open_time, candles.back().open_time);
    return FetchedPage{candles.size(), candles.back().open_time};
  }

  /// Bars of another length than asked for must not reach the store. (3d and 1w do not start at the epoch.)
  Status check_alignment(const std::vector<Candle>& candles, const std::string& where) const {
    const std::int64_t length_ms = options_.interval.ms();
    if (length_ms > 86'400'000) return {};
    for (const Candle& candle : candles)
      if (candle.open_time.ms() % length_ms != 0)
        return fail(ErrorKind::data, "fetch.response",
                    "a bar of " + options_.interval.name() + " cannot open at " + to_string(candle.open_time), where,
                    "Nothing of this answer was stored; check that the configured address is Binance's.");
    return {};
  }

  BinanceRest& exchange_;
  CandleStore& store_;
  const FetchCandlesOptions& options_;
  const RunContext& context_;
  FetchedSeries& report_;
};

}  // namespace

Result<FetchReport> fetch_candles(BinanceRest& exchange, CandleStore& store, const FetchCandlesOptions& options,
                                  const RunContext& context) {
  if (Status valid = check_fetch_request(options.symbols, options.range); !valid) return forward_error(valid);
  if (Status valid = check_interval(options); !valid) return forward_error(valid);
  std::vector<FetchedSeries> planned;
  for (const Symbol& symbol : options.symbols) {
    FetchedSeries series;
    series.key = {options.venue, symbol, options.interval};
    series.what = "candles";
    planned.push_back(std::move(series));
  }
  return fetch_each(exchange, std::move(planned), context, [&](FetchedSeries& series) {
    return CandleFetch(exchange, store, options, context, series).run();
  });
}

}  // namespace clm
