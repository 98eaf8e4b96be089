#include "recorded_stores.hpp"

namespace clm::app {

RecordedStores::RecordedStores(Session& session, CandleStore& candles, ContextStore& context, BatchStart start)
    : candles_(candles), context_(context), log_(session.workspace().imports()), batch_(log_, std::move(start)) {
  candles_.record_changes_in(&batch_);
  context_.record_changes_in(&batch_);
}

RecordedStores::~RecordedStores() {
  candles_.record_changes_in(nullptr);
  context_.record_changes_in(nullptr);
}

Result<std::unique_ptr<RecordedStores>> RecordedStores::open(Session& session, BatchStart start) {
  const auto candles = session.candles();
  if (!candles) return forward_error(candles);
  const auto context = session.context_series();
  if (!context) return forward_error(context);
  return std::unique_ptr<RecordedStores>(new RecordedStores(session, **candles, **context, std::move(start)));
}

Result<std::optional<int>> RecordedStores::finish_if_changed(BatchTotals totals) {
  if (!batch_.number()) return std::optional<int>();
  const auto number = batch_.finish(std::move(totals));
  if (!number) return forward_error(number);
  return std::optional<int>(*number);
}

}  // namespace clm::app
