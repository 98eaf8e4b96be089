#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "market/quality/jump_check.hpp"
#include "market/series/candle.hpp"
#include "market/series/candle_columns.hpp"
#include "market/store/damaged_file.hpp"
#include "market/store/row_changes.hpp"

namespace clm {

/// A damaged file that a write put a sound one in the place of. The damaged bytes are kept beside it, as
/// ".damaged-" and its name.
struct RepairedFile {
  DamagedFile was;
  std::size_t rows = 0;          ///< there now
  std::optional<Error> awaited;  ///< `store.incomplete`: what of its time is still to come; none: it is whole again
};

/// Adds a repaired file to a list; one that is rebuilt in several writes is in it once, as it stands after the last.
void add_repaired(std::vector<RepairedFile>& list, const RepairedFile& repaired);

/// What became of the rows of one write.
struct StoreResult {
  std::int64_t rows_stored = 0;     ///< new
  std::int64_t rows_duplicate = 0;  ///< already there with these values
  std::int64_t rows_corrected = 0;  ///< there with other values: the newer import won
  std::vector<RepairedFile> repaired;
  std::int64_t rows_refused = 0;  ///< cannot be of this series (jump_check.hpp)
  std::string refusal;            ///< why, if any were refused
  StoreResult& operator+=(const StoreResult& other);
};

/// What can be read of a series, and what cannot.
struct SoundPart {
  CandleSeries series;
  std::vector<DamagedFile> damaged;
};

/// The same as columns, all of a series: less memory, for keeping it until its candles are needed.
struct SoundColumns {
  SeriesKey key;
  std::vector<CandleColumns> files;  ///< in order of time
  std::vector<DamagedFile> damaged;

  std::size_t bytes() const;
  /// The close of the newest bar that closed at or before `as_of`; Timestamp::min() if there is none.
  Timestamp newest_close(Timestamp as_of) const;
  /// What CandleStore::read() gives.
  CandleSeries candles(const TimeRange& range, Timestamp as_of) const;
};

/// What is in the store: series, and folders that cannot be listed.
struct StoreContents {
  std::vector<SeriesKey> series;  ///< sorted by venue, symbol, interval
  std::vector<DamagedFile> damaged;
};

/// How a write goes about it.
struct CandleWriteOptions {
  std::optional<JumpLimits> jumps;  ///< refuse rows that jump against what is stored; unset: the newer rows win
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
///
/// A file carries a checksum of its content, which every read compares. What is damaged, cannot be read, or lies under
/// another series' name is never read as data: read() ends with the error, read_sound() reads the rest and names it.
/// Writing the bars of its time again puts a sound file in its place. Until that holds all that the damaged one is
/// known to have held, it awaits the rest and counts as damaged: what was lost must not look like a gap of the market.
/// A file that was written and is gone counts as damaged too (`store.gone`), until its time is written or removed by an
/// edit.
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

  /// Adds the bars of one series, strictly ascending in time (broken contract otherwise). All of them are refused where
  /// something that is no folder lies in the place of the series' folder. A field that is missing in a
  /// bar whose open, high, low, close and volume are the stored ones keeps its stored value.
  /// Errors: `store.name` and `store.time` (data), `lock.held` (locked), `file.write` (unavailable), and those of
  /// read().
  Result<StoreResult> write(const CandleSeries& series);
  /// The same for many series (a series may occur more than once; the later wins), one result each. All files are
  /// written aside before the first becomes visible, and synced together: much faster than one by one.
  Result<std::vector<StoreResult>> write_all(std::span<const CandleSeries> batch,
                                             const CandleWriteOptions& options = {});

  /// Puts and removes single rows. `plan` is called with the lock held, so that what it finds in the store holds. A
  /// file without rows is removed. Atomic per file, as a write. Errors as write(), and those of `plan`.
  Result<EditResult> edit(const EditPlan<CandleEdit>& plan);

  /// From now on `recorder` gets what a write or an edit is about to change; nullptr: none does.
  void record_changes_in(ChangeRecorder* recorder) { recorder_ = recorder; }

  /// Bars with open time in `range` that were known at `as_of`: closed at or before it. A series that is not there is
  /// empty. Errors: `parquet.read` (unavailable), `parquet.*` (data), `store.integrity`, `store.incomplete`,
  /// `store.gone` (integrity) for a file that is not what its place says. Cost: about 30 ns a bar of six columns.
  Result<CandleSeries> read(const SeriesKey& key, const TimeRange& range, Timestamp as_of) const;
  /// The same without what is damaged, which is named; every file of the series is looked at.
  SoundPart read_sound(const SeriesKey& key, const TimeRange& range, Timestamp as_of) const;

  /// All of a series, as columns: cheaper where candles are wanted later, or only some of what is there.
  SoundColumns read_columns(const SeriesKey& key) const;

  /// Every file of a series read whole and held against its checksum, its footer and its name.
  std::vector<FileCheck> check_files_of(const SeriesKey& key) const;

  /// All series with at least one file, and what cannot be listed. What is no folder of a series is passed over.
  StoreContents contents(const SeriesFilter& filter = {}) const;
  /// The series of contents(). Error `file.read` (unavailable) if the store itself cannot be listed.
  Result<std::vector<SeriesKey>> list(const SeriesFilter& filter = {}) const;

  /// Rows and first and last open time. About 0.1 ms a file. Errors as read().
  Result<StoredSpan> span_of(const SeriesKey& key) const;

  /// The process that is writing now; none: the store is free.
  std::optional<std::string> writer() const;

  const std::filesystem::path& root() const { return root_; }

 private:
  CandleStore(std::filesystem::path root, const Options& options) : root_(std::move(root)), options_(options) {}
  std::filesystem::path root_;
  Options options_;
  ChangeRecorder* recorder_ = nullptr;
};

/// The part of time that one file of the store holds, and the file's stem: "2020s", "2023", "2023-07", "2023-07-31" (a
/// week, by its Monday, or a day), "all".
struct StorePeriod {
  TimeRange range;
  std::string name;
};
StorePeriod store_period(const Interval& interval, Timestamp t);
/// The period that a file's stem names; none if no period of this interval is called that.
std::optional<StorePeriod> parse_store_period(const Interval& interval, std::string_view stem);

/// SHA-256 over the key and every value of every bar, 64 hex digits: two series are the same data if and only if these
/// are equal. Cost: about 1 ns a byte, 50 to 90 ns a bar.
std::string fingerprint(const CandleSeries& series);

}  // namespace clm
