#include "workspace/recorded_stores.hpp"

namespace clm {

RecordedStores::RecordedStores(Workspace& workspace, CandleStore& candles, ContextStore& context, BatchStart start)
    : candles_(candles), context_(context), log_(workspace.directory().imports()), batch_(log_, std::move(start)) {
  candles_.record_changes_in(&batch_);
  context_.record_changes_in(&batch_);
}

RecordedStores::~RecordedStores() {
  candles_.record_changes_in(nullptr);
  context_.record_changes_in(nullptr);
}

Result<std::unique_ptr<RecordedStores>> RecordedStores::open(Workspace& workspace, BatchStart start) {
  const auto candles = workspace.candles();
  if (!candles) return forward_error(candles);
  const auto context = workspace.context_series();
  if (!context) return forward_error(context);
  return std::unique_ptr<RecordedStores>(new RecordedStores(workspace, **candles, **context, std::move(start)));
}

Result<std::optional<int>> RecordedStores::finish_if_changed(BatchTotals totals) {
  if (!batch_.number()) return std::optional<int>();
  const auto number = batch_.finish(std::move(totals));
  if (!number) return forward_error(number);
  return std::optional<int>(*number);
}

}  // namespace clm
