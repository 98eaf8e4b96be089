#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learning/options/learning_options.hpp"

namespace clm {

/// A jump of features' levels at the end of the fitted rows.
struct PlantedShift {
  double deviations = 0;  ///< standard deviations of a feature
  bool in_all = true;     ///< of all features; else of one alone
};

struct PlantedDriftOptions {
  std::uint64_t seed = 1;
  std::size_t index = 0;     ///< of the history
  double memory_bars = 1;    ///< > 0: autocorrelations fall to 1 / e in so many bars
  std::size_t bars = 1'440;  ///< hourly, after the fitted ones
};

inline constexpr std::size_t kPlantedFeatures = 20;
inline constexpr std::size_t kPlantedFittedBars = 8'760;

/// Bars until the drift check of features first alarms, for each shift; empty where it does not. Features are
/// independent autoregressions of order one, normal, `kPlantedFittedBars` bars of which were fitted on. The check is
/// the production one (`DriftReference`, `drift_level`), asked as often. Every shift is planted into the same noise.
/// Cost: some .1 s a shift that is not found.
std::vector<std::optional<std::size_t>> find_planted_shifts(const TriggerOptions& triggers,
                                                            const PlantedDriftOptions& options,
                                                            std::span<const PlantedShift> shifts);

}  // namespace clm
