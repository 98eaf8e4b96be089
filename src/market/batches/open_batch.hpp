#pragma once
#include <optional>

#include "market/batches/batch_log.hpp"

namespace clm {

/// A batch at work: hand it to the stores that it writes to (record_changes_in), and end it. The number is taken when
/// the first row changes, or at the end, so that work which fails before leaves no batch. If it is never ended (a
/// kill), the log knows what was recorded, and undoing it works all the same. Cost: one synced append a write, and the
/// old rows of what is corrected or removed as one Parquet file. Not thread-safe.
class OpenBatch final : public ChangeRecorder {
 public:
  OpenBatch(BatchLog& log, BatchStart start) : log_(log), start_(std::move(start)) {}
  ~OpenBatch() override;
  OpenBatch(const OpenBatch&) = delete;
  OpenBatch& operator=(const OpenBatch&) = delete;

  /// Errors: those of BatchLog::begin(), `store.name` (data) for a venue or symbol that is not UTF-8.
  Status record(std::span<const CandleChanges> changes) override;
  Status record(std::span<const ContextChanges> changes) override;

  /// Ends it and returns its number. The rows of `totals` but for the quarantined are filled in from what was recorded.
  /// Errors: those of BatchLog::begin().
  Result<int> finish(BatchTotals totals);
  /// None as long as nothing was changed.
  std::optional<int> number() const { return begun_ ? std::optional<int>(begun_->number) : std::nullopt; }

 private:
  Status begin();
  template <typename Changes>
  Status record_all(std::string_view verb, std::span<const Changes> changes);

  BatchLog& log_;
  BatchStart start_;
  std::optional<BatchLog::Begun> begun_;
  int rows_files_ = 0;
  std::int64_t rows_added_ = 0;
  std::int64_t rows_before_ = 0;
};

}  // namespace clm
