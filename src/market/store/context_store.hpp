#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "market/series/context_series.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/row_changes.hpp"

namespace clm {

struct ContextContents {
  std::vector<ContextKey> series;  ///< sorted by kind, symbol and venue
  std::vector<DamagedFile> damaged;
};

/// Context series on disk: KIND/VENUE/SYMBOL.parquet, and KIND/SYMBOL.parquet without a venue, with columns event_time,
/// known_at (ms) and value. Writing, locking, checksums and damage as in CandleStore; a damaged file holds a whole
/// series, so what is written in its place is not held against what it may have held.
class ContextStore {
 public:
  struct Options {
    double lock_wait_seconds = 30;  ///< how long a write waits for another one before `lock.held`; >= 0
  };

  /// Looks at nothing yet: a store that is not there is empty, and the first write makes its directory.
  static Result<ContextStore> open(const std::filesystem::path& root);
  static Result<ContextStore> open(const std::filesystem::path& root, const Options& options);

  /// Adds the points of series; of two with the same event time the newer import wins. One result each.
  /// Errors: `series.order`, `store.name` (data), `lock.held` (locked), `file.write` (unavailable), those of read().
  Result<StoreResult> write(const ContextSeries& series);
  Result<std::vector<StoreResult>> write_all(std::span<const ContextSeries> batch);

  /// As CandleStore::edit(). Errors as write(), and those of `plan`.
  Result<EditResult> edit(const EditPlan<ContextEdit>& plan);
  /// As CandleStore::record_changes_in().
  void record_changes_in(ChangeRecorder* recorder) { recorder_ = recorder; }

  /// The points known at `as_of`; a series that is not there is empty.
  /// Errors `parquet.*` (data), `parquet.read` (unavailable), `store.integrity` (integrity).
  Result<ContextSeries> read(const ContextKey& key, Timestamp as_of) const;

  /// What is wrong with a series' file, if something is; sound if it is not there. Reads it whole.
  FileCheck check_file_of(const ContextKey& key) const;

  /// All series, or those of one kind, and folders that cannot be listed.
  ContextContents contents(std::optional<SeriesKind> kind = std::nullopt) const;
  /// The series of contents(). Error `file.read` (unavailable) if the store itself cannot be listed.
  Result<std::vector<ContextKey>> list(std::optional<SeriesKind> kind = std::nullopt) const;

 private:
  ContextStore(std::filesystem::path root, const Options& options) : root_(std::move(root)), options_(options) {}
  std::filesystem::path root_;
  Options options_;
  ChangeRecorder* recorder_ = nullptr;
};

}  // namespace clm
