#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "market/series/candle.hpp"
#include "registry/database.hpp"
#include "serving/predictor.hpp"
#include "serving/recipe_names.hpp"

namespace clm {

/// Of which market, and when.
struct PredictionMoment {
  Venue venue;
  Interval interval;
  Timestamp as_of;    ///< close of the bar that was predicted from
  Timestamp made_at;  ///< by the clock
};

/// A prediction as it was made.
struct LoggedPrediction {
  std::int64_t id = 0;
  PredictionMoment moment;
  Symbol symbol;
  std::string action;              ///< what was to be done: BUY, SELL or HOLD
  double expected_return_bps = 0;  ///< over the horizon
  double confidence = 0;           ///< as in Prediction
  bool relative = true;            ///< the expected return is less the mean of the universe
  int horizon_bars = 0;            ///< the longest of any vote: the outcome is known then
  std::string ensemble;            ///< the active ensemble; empty: the active versions, with configured weights
  std::string votes_json;  ///< `votes_to_json`; of older releases by model type, {version, expected_return_bps, ...}
  /// The open of the bar at which the outcome is known.
  Timestamp known_at() const { return moment.as_of + moment.interval.length() * horizon_bars; }
};

/// What was predicted, with the versions that it came from, written before anybody could know what would become of it.
/// Append-only. As thread-safe as its database; borrows it.
class PredictionLog {
 public:
  /// Brings the table up to date. Errors as `Database`.
  static Result<PredictionLog> open(Database& database);

  /// Adds every prediction that somebody voted on, in one transaction; how many were new. The same prediction of the
  /// same bar by the same versions is in it once. What is made at or after `LoggedPrediction::known_at` is no
  /// prediction, and is passed over. Cost: one commit.
  Result<std::size_t> record(const Forecasts& forecasts, const PredictionMoment& moment, const RecipeNames& names);

  struct Filter {
    std::vector<std::string> symbols;     ///< as a person writes them (`normal_symbol`); empty: all
    std::optional<Timestamp> since = {};  ///< as_of at or after
    std::size_t most = 1000;
  };
  /// Newest bar first, then by symbol.
  Result<std::vector<LoggedPrediction>> list(const Filter& filter) const;

 private:
  explicit PredictionLog(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace clm
