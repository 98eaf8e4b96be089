// The active version no longer does what was promised of it.
#include "learning/triggers/trigger_check.hpp"

namespace clm {
namespace {

class PerformanceCheck final : public TriggerCheck {
 public:
  explicit PerformanceCheck(const TriggerPlace& place) : place_(place) {}

  Result<Sighting> look(const TriggerSubject& subject, std::size_t) override {
    Sighting sighting;
    sighting.trigger = {subject.model_type, TriggerKind::performance_decay, Priority::high,
                        "no outcomes of the active version are held against a promise yet"};
    sighting.limit = std::numeric_limits<double>::quiet_NaN();
    sighting.false_alarms_a_year = kDaysAYear / place_.options.triggers.false_alarm_days;
    if (subject.chart == nullptr) return sighting;
    const auto finding = subject.chart->look();
    sighting.fired = finding.alarm;
    sighting.value = finding.value;
    sighting.limit = finding.limit;
    sighting.trigger.priority = finding.priority;
    sighting.trigger.reason = finding.reason;
    return sighting;
  }

 private:
  TriggerPlace place_;
};

}  // namespace

std::unique_ptr<TriggerCheck> make_performance_check(const TriggerPlace& place) {
  return std::make_unique<PerformanceCheck>(place);
}

}  // namespace clm
