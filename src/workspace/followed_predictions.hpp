#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/run_context.hpp"
#include "serving/prediction_service.hpp"
#include "workspace/market_memory.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// Predictions of a workspace that go on: bars that are stored are fed to the models as they come, and versions that
/// are moved are followed. At every look the answer is what `start_predictions` would say then. For one thread, which
/// looks now and then; the service's answer may be asked from any. Files that somebody puts into the stores by other
/// means are noticed with the next batch that is imported, fetched, undone or deleted. Borrows the workspace.
class FollowedPredictions {
 public:
  /// Errors and cost: those of `open_market`, `start_predictions`, `MarketMemory::of`.
  static Result<std::unique_ptr<FollowedPredictions>> begin(Workspace& workspace, const RunContext& run);

  /// What changed the answer.
  enum class Change {
    none,
    bars,      ///< bars closed, and nothing else
    versions,  ///< others serve, maybe of new bars too
    anew       ///< symbols, or bars of a time that had passed, are others: everything was computed again (`why`)
  };
  struct News {
    Change change = Change::none;
    std::string why;
  };
  /// Looks once (`Workspace::look_again`). Where nothing was stored and no version moved it opens the database and
  /// reads what the life cycle is at, and no candles; while somebody writes to the candles it waits for another look.
  /// Errors: those of `open_market`, `follow`, `restart`; the answer stands.
  Result<News> look(const RunContext& run);

  const PredictionService& service() const { return *service_; }
  /// As it was at the newest look that found something.
  const MarketView& market() const { return market_; }

 private:
  FollowedPredictions(Workspace& workspace, MarketView market, MarketMemory memory,
                      std::unique_ptr<PredictionService> service, std::uint64_t bytes_logged);
  Result<bool> is_market_at_rest();
  Result<News> follow_market(const RunContext& run);
  Result<News> begin_anew(std::string why, const RunContext& run);

  Workspace& workspace_;
  MarketView market_;
  MarketMemory memory_;
  std::unique_ptr<PredictionService> service_;
  std::uint64_t bytes_logged_;  ///< `BatchLog::bytes` at the last look
};

}  // namespace clm
