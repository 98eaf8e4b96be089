#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "market/candle_store.hpp"
#include "market/context_series.hpp"

namespace clm {

struct ContextKey {
  SeriesKind kind = SeriesKind::funding_rate;
  Symbol symbol;
  auto operator<=>(const ContextKey&) const = default;
};

/// Context series on disk: KIND/SYMBOL.parquet with columns event_time, known_at (ms) and value. Writing, locking and
/// damage as in CandleStore.
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

  /// The points known at `as_of`; a series that is not there is empty.
  /// Errors `parquet.*`, `store.integrity` (integrity).
  Result<ContextSeries> read(SeriesKind kind, const Symbol& symbol, Timestamp as_of) const;

  /// All series, or those of one kind, sorted by kind and symbol. Error `file.read` (unavailable).
  Result<std::vector<ContextKey>> list(std::optional<SeriesKind> kind = std::nullopt) const;

 private:
  ContextStore(std::filesystem::path root, const Options& options) : root_(std::move(root)), options_(options) {}
  std::filesystem::path root_;
  Options options_;
};

}  // namespace clm
