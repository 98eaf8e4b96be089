#include "workspace/market_view.hpp"

#include <algorithm>

#include "market/series/symbol_name.hpp"

namespace clm {

Result<MarketView> open_market(Workspace& workspace, const MarketRequest& request) {
  const Timestamp now = workspace.clock().now();
  const Timestamp latest = request.as_of ? std::min(*request.as_of, now) : now;
  const auto store = workspace.candles();
  if (!store) return forward_error(store);
  const auto series = workspace.context_series();
  if (!series) return forward_error(series);
  auto candles = StoredUniverse::open({**store, *series, IfDamaged::leave_out, request.jobs},
                                      workspace.learning().universe, latest);
  if (!candles) return forward_error(candles);
  const Timestamp known = (*candles)->as_of();
  auto context = StoreContextSource::open(**series, (*candles)->venue(), known, IfDamaged::leave_out);
  if (!context) return forward_error(context);
  std::vector<DamagedFile> damaged = (*candles)->damaged();
  damaged.insert(damaged.end(), context->damaged().begin(), context->damaged().end());
  std::vector<std::string> notes = context->venues().notes;
  const DataLateness lateness = data_lateness({known, (*candles)->newest_met(), (*candles)->interval(), latest,
                                               request.as_of ? CountedFrom::asked_moment : CountedFrom::clock,
                                               workspace.learning().serving.max_late_bars});
  return MarketView{std::move(*candles),
                    std::make_unique<StoreContextSource>(std::move(*context)),
                    known,
                    lateness,
                    std::move(damaged),
                    std::move(notes)};
}

Result<CandleCorrections> open_corrections(Workspace& workspace) {
  const auto store = workspace.candles();
  if (!store) return forward_error(store);
  return CandleCorrections::open(BatchLog(workspace.directory().imports()), **store);
}

Result<std::vector<Symbol>> stored_symbols(const AskedSymbols& asked, const StoredUniverse& candles) {
  std::vector<Symbol> symbols;
  for (const std::string& text : asked.names) {
    const auto symbol = stored_symbol(text, candles.symbols(), asked.where);
    if (symbol) {
      symbols.push_back(*symbol);
      continue;
    }
    const auto damaged = std::find_if(candles.damaged().begin(), candles.damaged().end(), [&](const DamagedFile& file) {
      return normal_symbol(file.symbol) == normal_symbol(text);
    });
    if (symbol.error().code != "universe.unknown_symbol") return forward_error(symbol);
    if (damaged == candles.damaged().end()) {
      Error unknown = symbol.error();
      unknown.code = asked.unknown_code;
      unknown.remedy =
          "`clm data` lists what is stored and what of it is left out; of that, the settings universe.venue, "
          "universe.interval and universe.symbols say what is read.";
      return tl::unexpected<Error>(std::move(unknown));
    }
    return fail(ErrorKind::integrity, "universe.damaged",
                damaged->symbol + " is left out, since a stored file is damaged: " + describe(*damaged), asked.where,
                damaged->problem.remedy);
  }
  return symbols;
}

Result<std::unique_ptr<CandleSource>> open_protocol_candles(Workspace& workspace, const Protocol& protocol) {
  const auto store = workspace.candles();
  if (!store) return forward_error(store);
  UniverseOptions universe;
  universe.venue = protocol.venue.str();
  universe.interval = protocol.interval.name();
  for (const auto& symbol : protocol.symbols) universe.symbols.push_back(symbol.str());
  universe.quality.min_frozen_bars = protocol.min_frozen_bars;
  // A version is about exactly these symbols: without one of them its rows would be others.
  auto candles = StoredUniverse::open({**store, nullptr, IfDamaged::refuse}, universe, protocol.as_of);
  if (!candles) return forward_error(candles);
  return std::unique_ptr<CandleSource>(std::move(*candles));
}

Result<StoreContextSource> open_protocol_context(Workspace& workspace, const Protocol& protocol,
                                                 Timestamp known_until) {
  const auto series = workspace.context_series();
  if (!series) return forward_error(series);
  return StoreContextSource::open(**series, protocol.venue, known_until);
}

}  // namespace clm
