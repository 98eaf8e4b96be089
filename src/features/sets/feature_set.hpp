#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "features/inputs/bar.hpp"

namespace clm {

/// Raised whenever the engine's own arithmetic (bars, gaps, market mean, ranks) changes what a feature is worth.
inline constexpr int kEngineRevision = 2;

/// What a feature is where it cannot be computed.
inline constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

/// What is done with a column over the symbols present at one time. NaN takes no part and stays NaN; fewer than two
/// values give NaN.
enum class CrossOperation {
  none,
  minus_mean,  ///< value - mean
  rank         ///< (average rank - 1/2) / count - 1/2, in (-1/2, 1/2); equal values share their rank
};

/// What a feature is. All of it enters the hash of the set.
struct FeatureSpec {
  std::string name;          ///< snake_case, unique in its set, stable: models store it
  int warm_up_bars;          ///< bars of an unbroken stream that it takes, the newest included
  std::string inputs;        ///< fields of the bar it reads, or the column it ranks
  std::string meaning;       ///< one sentence with the formula
  Duration warm_up_span{0};  ///< and time that must have passed, for features of higher-timeframe bars
  /// What becomes of the stream's value in the end, over the symbols of its time.
  CrossOperation over_universe = CrossOperation::none;

  /// The first row that can be known is number `warm_up(interval)` of an unbroken stream, counted from 1.
  int warm_up(Interval interval) const;
};

/// One kernel over one symbol: state that bars are fed to, and the columns it writes.
class SymbolStream {
 public:
  virtual ~SymbolStream() = default;
  /// Feeds `bars`, which follow each other, and writes columns [0, width) of row i to `rows + i * stride`.
  /// A bar with `starts_stream` must not see what came before it. Row i must depend on bars 0..i alone.
  virtual void advance(std::span<const Bar> bars, float* rows, std::size_t stride) = 0;
};

/// What the market phase knows of a symbol's bar: its own numbers beside those of the universe at that time. NaN: no
/// return (first bar, gap), or fewer than two symbols that have one.
struct UniverseBar {
  Timestamp open_time, close_time;
  bool usable = true;  ///< false: the candle is not, the row will be NaN; the stream goes on as if it were absent
  bool starts_stream = true;        ///< as Bar
  double own_return = kMissing;     ///< log return
  double quote_volume = kMissing;   ///< close times volume
  double return_rank = kMissing;    ///< of own_return among the universe, as CrossOperation::rank
  double market_return = kMissing;  ///< mean log return, equal weights
  double dispersion = kMissing;     ///< standard deviation of the log returns

  bool has_returns() const { return own_return == own_return && market_return == market_return; }
};

/// As SymbolStream, over UniverseBars.
class MarketStream {
 public:
  virtual ~MarketStream() = default;
  virtual void advance(std::span<const UniverseBar> bars, float* rows, std::size_t stride) = 0;
};

/// A group of columns computed by one stream per symbol; `make` returns a fresh stream.
struct SymbolFeatures {
  std::vector<FeatureSpec> specs;
  std::function<std::unique_ptr<SymbolStream>()> make;
};
struct MarketFeatures {
  std::vector<FeatureSpec> specs;
  std::function<std::unique_ptr<MarketStream>()> make;
};

struct CrossFeature {
  std::string name;
  CrossOperation operation;
  std::string column;  ///< a symbol or market feature of the same set, with nothing done to it over the universe
};

/// An ordered list of features. Immutable once built, cheap to copy; streams are made anew for every computation.
///
/// A feature of one's own is a small class with state and one line:
///
///     struct CloseToOpen { double operator()(const Bar& bar) { return bar.close / bar.open - 1.0; } };
///     set.add(symbol_feature({"close_to_open", 1, "open close", "close / open - 1"}, CloseToOpen{}));
///
/// It is copied per symbol, fed bar by bar, replaced by a fresh copy after a long gap, and cannot see ahead.
class FeatureSet {
 public:
  explicit FeatureSet(std::string name) : name_(std::move(name)) {}

  /// Names must be new to the set (contract). Columns come in the order of addition.
  FeatureSet& add(SymbolFeatures features);
  FeatureSet& add(MarketFeatures features);
  /// The column must be in the set already (contract).
  FeatureSet& add(CrossFeature feature);

  const std::string& name() const { return name_; }
  const std::vector<FeatureSpec>& features() const { return specs_; }
  std::vector<std::string> names() const;
  std::size_t size() const { return specs_.size(); }
  std::optional<std::size_t> find(std::string_view name) const;
  /// SHA-256 over the engine's revision, the set's name and every feature's definition, in order.
  std::string hash() const;
  /// Longest warm-up of all features.
  int warm_up(Interval interval) const;

  struct SymbolGroup {
    std::size_t first_column, width;
    std::function<std::unique_ptr<SymbolStream>()> make;
  };
  struct MarketGroup {
    std::size_t first_column, width;
    std::function<std::unique_ptr<MarketStream>()> make;
  };
  struct CrossColumn {
    std::size_t column, source;
    CrossOperation operation;
  };
  const std::vector<SymbolGroup>& symbol_groups() const { return symbol_groups_; }
  const std::vector<MarketGroup>& market_groups() const { return market_groups_; }
  const std::vector<CrossColumn>& cross_columns() const { return cross_columns_; }

 private:
  std::size_t add_specs(const std::vector<FeatureSpec>& specs);
  bool is_of_cross(std::size_t column) const;

  std::string name_;
  std::vector<FeatureSpec> specs_;
  std::vector<SymbolGroup> symbol_groups_;
  std::vector<MarketGroup> market_groups_;
  std::vector<CrossColumn> cross_columns_;
};

/// The default set: see `clm features` for the list.
FeatureSet core_feature_set();
/// The 22 features the original system was trained on, made scale-free.
FeatureSet classic22_feature_set();
/// Names of the built-in sets, and a set by name: error `features.unknown_set` (usage).
std::vector<std::string> feature_set_names();
Result<FeatureSet> feature_set(std::string_view name);

/// Runs a kernel over bars: what `symbol_feature` and `symbol_features` are made of.
template <typename Kernel>
class KernelStream final : public SymbolStream {
 public:
  explicit KernelStream(const Kernel& fresh) : fresh_(fresh), kernel_(fresh) {}
  void advance(std::span<const Bar> bars, float* rows, std::size_t stride) override {
    for (const Bar& bar : bars) {
      if (bar.starts_stream) kernel_ = fresh_;
      kernel_(bar, rows);
      rows += stride;
    }
  }

 private:
  Kernel fresh_, kernel_;
};

/// A kernel that returns its one value, as a kernel that writes it.
template <typename Kernel>
struct SingleColumn {
  Kernel kernel;
  void operator()(const Bar& bar, float* row) { *row = static_cast<float>(kernel(bar)); }
};

/// One column from `double operator()(const Bar&)`.
template <typename Kernel>
SymbolFeatures symbol_feature(FeatureSpec spec, Kernel kernel) {
  using Stream = KernelStream<SingleColumn<Kernel>>;
  return {{std::move(spec)}, [kernel] { return std::make_unique<Stream>(SingleColumn<Kernel>{kernel}); }};
}

/// Several columns from `void operator()(const Bar&, float* row)`, which writes one value per spec, in order.
template <typename Kernel>
SymbolFeatures symbol_features(std::vector<FeatureSpec> specs, Kernel kernel) {
  return {std::move(specs), [kernel] { return std::make_unique<KernelStream<Kernel>>(kernel); }};
}

}  // namespace clm
