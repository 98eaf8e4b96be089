#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "features/inputs/context_source.hpp"
#include "learning/data/candle_corrections.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/universe.hpp"
#include "serving/data_lateness.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// The candles and context series of a workspace as they were known at one moment: what is learned from and predicted
/// on. Borrows the stores of the workspace.
struct MarketView {
  std::unique_ptr<StoredUniverse> candles;
  std::unique_ptr<StoreContextSource> context;
  Timestamp as_of;        ///< close of the newest bar that had closed by then
  DataLateness lateness;  ///< how far that is behind the clock; `warning` says what to tell whoever acts on it
  /// Stored files that cannot be read; the symbols they belong to are left out.
  std::vector<DamagedFile> damaged;
  /// What else somebody has to know, a sentence each: of which venue context series are, where not of the candles' own.
  std::vector<std::string> notes;
};

struct MarketRequest {
  /// The moment; none: now. What lies in the future of the clock is known to nobody, whatever a stored row says. Of a
  /// moment that was asked for nothing is late.
  std::optional<Timestamp> as_of;
  int jobs = 1;  ///< series read side by side
};
/// The universe of the settings (`universe.*`) at that moment. Errors: those of `StoredUniverse::open`,
/// `StoreContextSource::open` and of the stores. Cost: reads every candle file of the universe once.
Result<MarketView> open_market(Workspace& workspace, const MarketRequest& request);

/// Which candles of the workspace were corrected since versions learned from them. Errors: those of the store and of
/// `CandleCorrections::open`. Borrows the store.
Result<CandleCorrections> open_corrections(Workspace& workspace);

/// Symbols as somebody wrote them.
struct AskedSymbols {
  std::vector<std::string> names;
  std::string where;         ///< what names them, for errors: "--symbol"
  std::string unknown_code;  ///< of the error for one that is not in the universe
};
/// The same as the universe names them, in the order asked for. Errors of `stored_symbol`, under `unknown_code` for one
/// that is not in it; `universe.damaged` (integrity) for one that is left out because a stored file is damaged.
Result<std::vector<Symbol>> stored_symbols(const AskedSymbols& asked, const StoredUniverse& candles);

/// The candles of a stored protocol, whatever the settings say today. Error `universe.damaged` (integrity) if one of
/// its symbols is damaged: a version is about exactly these.
Result<std::unique_ptr<CandleSource>> open_protocol_candles(Workspace& workspace, const Protocol& protocol);

/// The context series beside those candles as they were known at `known_until`: of the protocol's venue. Errors: those
/// of the store.
Result<StoreContextSource> open_protocol_context(Workspace& workspace, const Protocol& protocol, Timestamp known_until);

}  // namespace clm
