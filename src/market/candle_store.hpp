#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "market/candle.hpp"

namespace clm {

/// What became of the rows of one write.
struct StoreResult {
  std::int64_t rows_stored = 0;     ///< new
  std::int64_t rows_duplicate = 0;  ///< already there with these values
  std::int64_t rows_corrected = 0;  ///< there with other values: the newer import won
  StoreResult& operator+=(const StoreResult& other);
};

/// What is stored of a series, from the files' footers alone.
struct StoredSpan {
  std::size_t rows = 0;
  Timestamp first_open, last_open;  ///< meaningless if there are no rows
};

/// Which series to list; what is not set does not restrict.
struct SeriesFilter {
  std::optional<Venue> venue;
  std::optional<Interval> interval;
  std::vector<Symbol> symbols;
};

/// Candles on disk: VENUE/INTERVAL/SYMBOL/PERIOD.parquet, uncompressed plain columns named as the exchange names them
/// (open_time in ms, open, high, low, close, volume, quote_volume, trades, taker_buy_volume, taker_buy_quote_volume),
/// so that pandas, polars and DuckDB read them. A column that is missing throughout a file is left out of it. A period
/// is such that a file holds about 10,000 rows: a week of 1m, a month of 5m and 15m, a year of 30m to 2h, a decade of
/// 4h to 1d, everything of 3d and 1w, a day of 1s.
///
/// Writing is idempotent and atomic per file: a kill at any moment leaves each file old or new, and the same import
/// again completes it. One writer at a time (a lock in the store); readers need no lock and see each file whole.
/// A file that is damaged, or that lies under another series' name, is an error and never read as data.
///
/// Thread safety: const members may be called from many threads at once; writers exclude each other by the lock.
class CandleStore {
 public:
  struct Options {
    double lock_wait_seconds = 30;  ///< how long a write waits for another one before `lock.held`; >= 0
  };

  /// Looks at nothing yet: a store that is not there is empty, and the first write makes its directory.
  static Result<CandleStore> open(const std::filesystem::path& root);
  static Result<CandleStore> open(const std::filesystem::path& root, const Options& options);

  /// Adds the bars of one series, strictly ascending in time (broken contract otherwise). A field that is missing in a
  /// bar whose open, high, low, close and volume are the stored ones keeps its stored value.
  /// Errors: `store.name` and `store.time` (data), `lock.held` (locked), `file.write` (unavailable), and those of
  /// read().
  Result<StoreResult> write(const CandleSeries& series);
  /// The same for many series (a series may occur more than once; the later wins), one result each. All files are
  /// written aside before the first becomes visible, and synced together: much faster than one by one.
  Result<std::vector<StoreResult>> write_all(std::span<const CandleSeries> batch);

  /// Bars with open time in `range` that were known at `as_of`: closed at or before it. A series that is not there is
  /// empty. Errors: `parquet.read` (unavailable), `parquet.*` (data), `store.integrity` (integrity) for a file that is
  /// not what its place says. Cost: about 30 ns a bar of six columns.
  Result<CandleSeries> read(const SeriesKey& key, const TimeRange& range, Timestamp as_of) const;

  /// All series with at least one file, sorted by venue, symbol, interval. Error `file.read` (unavailable).
  Result<std::vector<SeriesKey>> list(const SeriesFilter& filter = {}) const;

  /// Rows and first and last open time. About 0.1 ms a file. Errors as read().
  Result<StoredSpan> span_of(const SeriesKey& key) const;

  const std::filesystem::path& root() const { return root_; }

 private:
  CandleStore(std::filesystem::path root, const Options& options) : root_(std::move(root)), options_(options) {}
  std::filesystem::path root_;
  Options options_;
};

/// The part of time that one file of the store holds, and the file's stem: "2020s", "2023", "2023-07", "2023-07-31" (a
/// week, by its Monday, or a day), "all".
struct StorePeriod {
  TimeRange range;
  std::string name;
};
StorePeriod store_period(const Interval& interval, Timestamp t);

/// SHA-256 over the key and every value of every bar, 64 hex digits: two series are the same data if and only if these
/// are equal. Cost: about 1 ns a byte, 50 to 90 ns a bar.
std::string fingerprint(const CandleSeries& series);

}  // namespace clm
