#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_io.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "market/store/row_changes.hpp"

/// What wrote to the stores, batch by batch, and what each batch changed, so that it can be undone.
namespace clm {

enum class BatchKind { import, fetch, simulate, removal };
std::string_view to_string(BatchKind kind);

/// What a person needs to recognise a batch.
struct BatchStart {
  BatchKind kind = BatchKind::import;
  std::vector<std::string> sources;  ///< files and folders, or what was asked for; the first 20 are kept
  Timestamp at;
};

struct BatchTotals {
  std::int64_t files = 0;
  std::int64_t symbols = 0;
  std::int64_t rows_stored = 0;
  std::int64_t rows_corrected = 0;
  std::int64_t rows_removed = 0;
  std::int64_t rows_quarantined = 0;
  std::vector<std::string> reasons;  ///< of the quarantine; the first 20 are kept
};

struct BatchUndone {
  Timestamp at;
  std::int64_t rows_removed = 0;   ///< that the batch had added
  std::int64_t rows_restored = 0;  ///< that it had corrected or removed
  std::int64_t rows_left = 0;      ///< that a later batch changed again
};

struct Batch {
  int number = 0;
  BatchStart start;
  /// Of a batch that did not end (killed, or still at work) what it had recorded.
  BatchTotals totals;
  bool ended = false;
  std::optional<BatchUndone> undone;
};

/// What one write of a batch did to one series. The rows as they were lie in a file of the batch.
template <typename Key, typename Row>
struct LoggedChange {
  int batch = 0;
  Key key;
  std::vector<TimeRange> added;
  std::string rows_file;   ///< in the batch's folder; empty if no row was there before
  std::int64_t index = 0;  ///< which series of that file
};
using LoggedCandles = LoggedChange<SeriesKey, Candle>;
using LoggedContext = LoggedChange<ContextKey, SeriesPoint>;

/// All that the log says, oldest first.
struct LogContent {
  std::vector<Batch> batches;
  std::vector<LoggedCandles> candles;
  std::vector<LoggedContext> context;
  /// Number of the first batch that began behind the last line that is damaged, where one is: what earlier ones changed
  /// is not known for sure.
  std::optional<int> sound_from;
};

struct BatchLogLimits {
  std::size_t max_batches = 1'000;                     ///< older ones are forgotten: they stay, and cannot be undone
  std::uint64_t max_bytes = std::uint64_t{256} << 20;  ///< of the log and all rows that it keeps
  double lock_wait_seconds = 30;                       ///< >= 0
};

/// The folder `imports` of a workspace: `log`, a line for every step, and a folder for every batch that keeps rows as
/// they were before it. Lines are appended and synced before what they tell of becomes visible in a store; each begins
/// with a hash of itself, so that a torn or altered one is known. The order of the lines is the order of the changes,
/// whichever process made them.
///
/// Not there yet: an empty log; nothing is made before the first batch. Thread-safe and safe among processes.
class BatchLog {
 public:
  explicit BatchLog(std::filesystem::path root, const BatchLogLimits& limits = {})
      : root_(std::move(root)), limits_(limits) {}

  /// Errors `file.read` (unavailable). Cost: about 10 ns a byte, some MB at most as a rule.
  Result<LogContent> read() const;

  /// Bytes of the log; 0 where there is none. A line is written before what it tells of becomes visible: as long as
  /// this stands, and nobody is writing, nothing was stored. A cheap way to notice news.
  std::uint64_t bytes() const;

  /// The next number, its first line together with `more` lines, and the lock that says that it is at work. Where the
  /// limits are passed, the oldest batches are forgotten. Errors `lock.held` (locked), `file.write` (unavailable).
  struct Begun {
    int number = 0;
    FileLock at_work;
  };
  Result<Begun> begin(const BatchStart& start);
  /// Appends one line of a batch, whose `body` is JSON; synced. Errors as begin().
  Status append(int batch, std::string_view verb, const std::string& body);

  /// The lock of a batch, which fails with `lock.held` while it is at work.
  Result<FileLock> lock_batch(int number) const;
  /// Whether it is, at this moment. Keeps nobody from it and writes nothing.
  bool is_at_work(int number) const;
  std::filesystem::path folder_of(int number) const { return root_ / std::to_string(number); }
  const std::filesystem::path& root() const { return root_; }
  const BatchLogLimits& limits() const { return limits_; }

 private:
  std::filesystem::path log_file() const { return root_ / "log"; }
  Status append_locked(int batch, std::string_view verb, const std::string& body);
  Status forget_oldest(const std::string& log, const std::vector<int>& begun);

  std::filesystem::path root_;
  BatchLogLimits limits_;
};

}  // namespace clm
