#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "market/series/context_series.hpp"
#include "workspace/market_view.hpp"

namespace clm {

/// What became known of a market since it was last looked at.
struct MarketNews {
  /// The bars of one time; one per symbol, empty where it has none.
  struct Bar {
    Timestamp open_time;
    std::vector<std::optional<Candle>> candles;
  };
  struct Point {
    std::size_t symbol;
    SeriesKind kind;
    SeriesPoint point;
  };
  std::vector<Bar> bars;      ///< ascending in time
  std::vector<Point> points;  ///< of the context; none of them was known at the last look
  /// Why what was computed from the last look cannot be gone on from: other symbols, or other bars or points of a time
  /// that had passed. Empty: it can.
  std::string anew;
};

/// Remembers what was known of a market, to tell what is new of it from what was changed. A value; holds hashes, not
/// bars.
class MarketMemory {
 public:
  /// Errors: those of loading candles and context. Cost: loads every series, about 100 ns a bar.
  static Result<MarketMemory> of(const MarketView& market);

  /// What `market`, looked at later, has that was not known; remembers it from now on. Errors and cost as of().
  Result<MarketNews> news(const MarketView& market);

 private:
  struct Known {
    std::size_t count = 0;
    std::string hash;
  };
  struct OfSymbol {
    Known bars;
    std::map<SeriesKind, Known> points;
  };
  void compare_bars(const CandleSeries& series, std::size_t symbol, MarketNews& news);
  void compare_points(const std::vector<ContextSeries>& context, std::size_t symbol, MarketNews& news);

  Timestamp as_of_;
  std::vector<Symbol> symbols_;
  std::vector<OfSymbol> known_;
};

}  // namespace clm
