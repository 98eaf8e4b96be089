#include "learning/studies/planted_drift.hpp"

#include <cmath>
#include <string>

#include "base/random.hpp"
#include "learning/triggers/trigger_drift.hpp"
#include "learning/triggers/trigger_types.hpp"

namespace clm {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

std::optional<std::size_t> first_alarm(const DriftReference& reference, std::span<const float> rows,
                                       const TriggerOptions& triggers) {
  const double level = drift_level(triggers, Interval::one_hour());
  for (std::size_t bars = reference.options().least_recent(); bars <= rows.size() / kPlantedFeatures; ++bars) {
    const auto before = static_cast<std::int64_t>(bars - 1);
    if (!falls_due(Timestamp(before * kHourMs), Timestamp((before + 1) * kHourMs), triggers.drift_hours)) continue;
    if (reference.compare(rows.first(bars * kPlantedFeatures), 0).least_p() < level) return bars;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::optional<std::size_t>> find_planted_shifts(const TriggerOptions& triggers,
                                                            const PlantedDriftOptions& options,
                                                            std::span<const PlantedShift> shifts) {
  Random random = Random::stream(options.seed, "planted_drift", options.index);
  const double keeps = std::exp(-1 / options.memory_bars);
  const double moves = std::sqrt(1 - keeps * keeps);
  std::vector<double> level(kPlantedFeatures);
  for (double& one : level) one = random.normal();
  std::vector<float> rows;
  rows.reserve((kPlantedFittedBars + options.bars) * kPlantedFeatures);
  for (std::size_t bar = 0; bar < kPlantedFittedBars + options.bars; ++bar)
    for (double& one : level) {
      one = keeps * one + moves * random.normal();
      rows.push_back(static_cast<float>(one));
    }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kPlantedFeatures; ++i) names.push_back("feature " + std::to_string(i));
  const std::span<const float> all(rows);
  constexpr std::size_t kFitted = kPlantedFittedBars * kPlantedFeatures;
  const DriftReference reference(names, all.first(kFitted), feature_drift_options(Interval::one_hour()));
  std::vector<std::optional<std::size_t>> found;
  for (const PlantedShift& shift : shifts) {
    std::vector<float> since(rows.begin() + static_cast<std::ptrdiff_t>(kFitted), rows.end());
    for (std::size_t i = 0; i < since.size(); i += shift.in_all ? 1 : kPlantedFeatures)
      since[i] += static_cast<float>(shift.deviations);
    found.push_back(first_alarm(reference, since, triggers));
  }
  return found;
}

}  // namespace clm
