#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "replay_case.hpp"
#include "window_data.hpp"

namespace clm {

/// CPU seconds that this process has used, all threads together.
double process_cpu_s();

/// Whether the bare library runs too, window by window beside ours, so that a noisy machine disturbs both alike.
enum class Floor { left_out, beside };

struct FreqaiReplayOptions {
  ReplayCase replay;
  std::string library;              ///< "lightgbm", "xgboost"
  std::filesystem::path data;       ///< folder with ETH_BTC-5m.feather and LTC_BTC-5m.feather
  std::filesystem::path directory;  ///< models and forecasts are written below; must exist
  Floor floor = Floor::left_out;
};

struct FreqaiReplay {
  std::size_t windows = 0;  ///< of all pairs together
  std::size_t forecasts = 0;
  std::size_t abstained = 0;      ///< forecasts that are NaN: a feature was not known
  double train_s = 0;             ///< CPU seconds in our trainers, the model's bytes and its reading back included
  double floor_cpu_s = 0;         ///< of the bare calls, if they ran
  double largest_difference = 0;  ///< of our forecasts and the bare library's, in label units scaled to [-1, 1]
  double correlation = 0;         ///< of forecasts and what became of them, all windows together
  std::uint64_t disk_bytes = 0;
};

/// Both pairs, in turn: read the candles, compute features, then window by window scale, train, store the model,
/// forecast; then store the forecasts (`forecasts.parquet`: pair, open_time, forecast, label). One thread.
/// Errors: those of the parts.
Result<FreqaiReplay> run_freqai_replay(const FreqaiReplayOptions& options, const RunContext& run);

/// The two pairs with their features.
Result<std::vector<PairHistory>> read_pairs(const std::filesystem::path& data, const RunContext& run);

/// Their features as Parquet, for a check from outside: pair, open_time, then a column per feature.
Status write_features(const std::filesystem::path& file, const std::vector<PairHistory>& pairs);

}  // namespace clm
