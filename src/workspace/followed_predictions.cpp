#include "workspace/followed_predictions.hpp"

#include <utility>

#include "market/batches/batch_log.hpp"
#include "workspace/predictions.hpp"
#include "workspace/stored_life_cycle.hpp"

namespace clm {
namespace {

/// Grows with everything that is stored.
std::uint64_t bytes_logged(const WorkspaceDirectory& directory) { return BatchLog(directory.imports()).bytes(); }

MarketRequest now_with(const RunContext& run) {
  MarketRequest request;
  request.jobs = run.jobs;
  return request;
}

}  // namespace

FollowedPredictions::FollowedPredictions(Workspace& workspace, MarketView market, MarketMemory memory,
                                         std::unique_ptr<PredictionService> service, std::uint64_t bytes_logged)
    : workspace_(workspace),
      market_(std::move(market)),
      memory_(std::move(memory)),
      service_(std::move(service)),
      bytes_logged_(bytes_logged) {}

Result<std::unique_ptr<FollowedPredictions>> FollowedPredictions::begin(Workspace& workspace, const RunContext& run) {
  // Before the market is read: what is stored meanwhile is news at the first look.
  const std::uint64_t logged = bytes_logged(workspace.directory());
  auto market = open_market(workspace, now_with(run));
  if (!market) return forward_error(market);
  auto service = start_predictions(workspace, *market, run);
  if (!service) return forward_error(service);
  auto memory = MarketMemory::of(*market);
  if (!memory) return forward_error(memory);
  return std::unique_ptr<FollowedPredictions>(
      new FollowedPredictions(workspace, std::move(*market), std::move(*memory), std::move(*service), logged));
}

/// Whether there is nothing to read: nothing was stored since, or somebody is still at it.
Result<bool> FollowedPredictions::is_market_at_rest() {
  const auto store = workspace_.candles();
  if (!store) return forward_error(store);
  if ((*store)->writer()) return true;
  // A bar may have been stored before it closed.
  const Timestamp next_close = market_.as_of + market_.candles->interval().length();
  const bool one_closed = market_.candles->newest_met() > market_.as_of && workspace_.clock().now() >= next_close;
  return !one_closed && bytes_logged(workspace_.directory()) == bytes_logged_;
}

Result<FollowedPredictions::News> FollowedPredictions::look(const RunContext& run) {
  workspace_.look_again();
  const auto at_rest = is_market_at_rest();
  if (!at_rest) return forward_error(at_rest);
  News news;
  if (!*at_rest) {
    auto of_market = follow_market(run);
    if (!of_market || of_market->change == Change::anew) return of_market;
    news = std::move(*of_market);
  }
  const auto registry = workspace_.registry();
  if (!registry) return forward_error(registry);
  auto canaries = canaries_in_service(workspace_, market_.candles->interval());
  if (!canaries) return forward_error(canaries);
  const auto followed = service_->follow(**registry, std::move(*canaries));
  if (!followed) return forward_error(followed);
  if (*followed == PredictionService::Followed::history_needed)
    return begin_anew("what serves now reads other features", run);
  if (*followed == PredictionService::Followed::swapped) news.change = Change::versions;
  return news;
}

Result<FollowedPredictions::News> FollowedPredictions::follow_market(const RunContext& run) {
  const std::uint64_t logged = bytes_logged(workspace_.directory());
  auto market = open_market(workspace_, now_with(run));
  if (!market) return forward_error(market);
  // On a copy, so that a look that fails is taken again.
  MarketMemory memory = memory_;
  const auto of_market = memory.news(*market);
  if (!of_market) return forward_error(of_market);
  if (!of_market->anew.empty()) return begin_anew(of_market->anew, run);
  for (const MarketNews::Point& point : of_market->points) service_->add_context(point.symbol, point.kind, point.point);
  for (const MarketNews::Bar& bar : of_market->bars) service_->advance(bar.open_time, bar.candles);
  market_ = std::move(*market);
  memory_ = std::move(memory);
  bytes_logged_ = logged;
  return News{of_market->bars.empty() ? Change::none : Change::bars, {}};
}

Result<FollowedPredictions::News> FollowedPredictions::begin_anew(std::string why, const RunContext& run) {
  const std::uint64_t logged = bytes_logged(workspace_.directory());
  auto market = open_market(workspace_, now_with(run));
  if (!market) return forward_error(market);
  const auto registry = workspace_.registry();
  if (!registry) return forward_error(registry);
  auto canaries = canaries_in_service(workspace_, market->candles->interval());
  if (!canaries) return forward_error(canaries);
  auto memory = MarketMemory::of(*market);
  if (!memory) return forward_error(memory);
  const auto begun = service_->restart(**registry, std::move(*canaries),
                                       {*market->candles, market->context.get(), market->as_of}, run);
  if (!begun) return forward_error(begun);
  market_ = std::move(*market);
  memory_ = std::move(*memory);
  bytes_logged_ = logged;
  return News{Change::anew, std::move(why)};
}

}  // namespace clm
