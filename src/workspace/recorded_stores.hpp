#pragma once
#include <memory>
#include <optional>

#include "market/batches/open_batch.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// The stores of a workspace for a command that writes: what it changes is one batch, which can be listed and undone.
class RecordedStores {
 public:
  /// Opens the stores. Errors: theirs.
  static Result<std::unique_ptr<RecordedStores>> open(Workspace& workspace, BatchStart start);
  ~RecordedStores();
  RecordedStores(const RecordedStores&) = delete;
  RecordedStores& operator=(const RecordedStores&) = delete;

  CandleStore& candles() { return candles_; }
  ContextStore& context() { return context_; }

  /// Ends the batch: its number. Errors: those of OpenBatch.
  Result<int> finish(BatchTotals totals) { return batch_.finish(std::move(totals)); }
  /// The same, but none if nothing was changed.
  Result<std::optional<int>> finish_if_changed(BatchTotals totals);

 private:
  RecordedStores(Workspace& workspace, CandleStore& candles, ContextStore& context, BatchStart start);
  CandleStore& candles_;
  ContextStore& context_;
  BatchLog log_;
  OpenBatch batch_;
};

}  // namespace clm
