#pragma once
#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "base/result.hpp"
#include "market/candle.hpp"

namespace clm {

/// Series that stand beside the candles and are joined as of the moment they were known.
enum class ContextKind : std::size_t {
  funding_rate,      ///< rate of the last settlement, a fraction of the notional
  open_interest,     ///< in the base currency
  long_short_ratio,  ///< accounts long over accounts short
  sentiment          ///< fear-and-greed index, 0 to 100; the same for every symbol
};
inline constexpr std::size_t kContextKinds = 4;

struct ContextPoint {
  Timestamp known_at;  ///< when it was published, not the moment it describes
  double value = kMissing;
};

/// The points of one symbol per kind, ascending in `known_at`; a kind that the source does not have is empty.
struct SymbolContext {
  std::array<std::vector<ContextPoint>, kContextKinds> points;
  std::vector<ContextPoint>& of(ContextKind kind) { return points[static_cast<std::size_t>(kind)]; }
  const std::vector<ContextPoint>& of(ContextKind kind) const { return points[static_cast<std::size_t>(kind)]; }
};

/// Where the engine gets context from.
class ContextSource {
 public:
  virtual ~ContextSource() = default;
  /// Everything known of `symbol`, market-wide kinds included. Safe to call from several threads.
  virtual Result<SymbolContext> load(const Symbol& symbol) const = 0;
};

/// Context that is in memory already. A symbol it does not know has none.
class MemoryContextSource final : public ContextSource {
 public:
  explicit MemoryContextSource(std::map<Symbol, SymbolContext> context) : context_(std::move(context)) {}
  Result<SymbolContext> load(const Symbol& symbol) const override {
    const auto found = context_.find(symbol);
    return found == context_.end() ? SymbolContext{} : found->second;
  }

 private:
  std::map<Symbol, SymbolContext> context_;
};

/// What was known of one symbol at the close of a bar; NaN where nothing was, or where it is older than
/// `kContextMaxAge` and so says nothing of now.
struct ContextValues {
  double funding_rate = kMissing, open_interest = kMissing, long_short_ratio = kMissing, sentiment = kMissing;
};
inline constexpr Duration kContextMaxAge = std::chrono::hours(72);

/// Walks one symbol's context forward in time. Points may be added while walking (live); not thread-safe.
class ContextCursor {
 public:
  ContextCursor() = default;
  explicit ContextCursor(SymbolContext context) : context_(std::move(context)) {}

  /// Makes a point known. Points of a kind come in ascending `known_at` (contract).
  void add(ContextKind kind, const ContextPoint& point);
  /// The last point of every kind with `known_at <= now`. `now` never goes back.
  ContextValues at(Timestamp now);

 private:
  SymbolContext context_;
  std::array<std::size_t, kContextKinds> next_{};
};

}  // namespace clm
