#include "learning/triggers/trigger_types.hpp"

#include <algorithm>
#include <iterator>

#include "base/contract.hpp"

namespace clm {
namespace {

using Options = TriggerOptions;
constexpr TriggerType kTypes[] = {
    {TriggerKind::time_based, "time_based", "triggers.retrain_hours", nullptr, ReadsFeatures::no, make_age_check},
    {TriggerKind::data_volume, "data_volume", "triggers.new_bars", nullptr, ReadsFeatures::no, make_new_bars_check},
    {TriggerKind::performance_decay, "performance_decay", "triggers.performance_hours", &Options::performance_hours,
     ReadsFeatures::no, make_performance_check},
    {TriggerKind::drift_detected, "drift_detected", "triggers.drift_hours", &Options::drift_hours, ReadsFeatures::yes,
     make_drift_check},
    {TriggerKind::regime_shift, "regime_shift", "triggers.drift_hours", &Options::drift_hours, ReadsFeatures::yes,
     make_regime_check},
    {TriggerKind::data_corrected, "data_corrected", "triggers.kinds", nullptr, ReadsFeatures::no,
     make_correction_check},
};

}  // namespace

std::span<const TriggerType> trigger_types() { return kTypes; }

std::string_view to_string(TriggerKind kind) {
  if (kind == TriggerKind::manual) return "manual";
  const auto* found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TriggerType& type) { return type.kind == kind; });
  expects(found != std::end(kTypes), "every other kind has a row");
  return found->name;
}

std::vector<std::string> trigger_names() {
  std::vector<std::string> names;
  for (const TriggerType& type : kTypes) names.emplace_back(type.name);
  return names;
}

bool falls_due(Timestamp before, Timestamp now, double period_hours) {
  const std::int64_t period_ms = hours(period_hours).count();
  return period_ms <= 0 || before.ms() / period_ms < now.ms() / period_ms;
}

bool falls_due(const TriggerType& type, Timestamp before, Timestamp now, const TriggerOptions& options) {
  return type.period_hours == nullptr || falls_due(before, now, options.*type.period_hours);
}

}  // namespace clm
