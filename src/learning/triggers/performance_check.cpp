// The active version no longer does what was promised of it.
#include "learning/triggers/trigger_check.hpp"

namespace clm {
namespace {

class PerformanceCheck final : public TriggerCheck {
 public:
  explicit PerformanceCheck(const TriggerPlace& place) : place_(place) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t) override {
    TriggerReading reading;
    reading.trigger = {subject.model_type, TriggerKind::performance_decay, Priority::high,
                       "no outcomes of the active version are held against a promise yet"};
    reading.limit = std::numeric_limits<double>::quiet_NaN();
    reading.false_alarms_a_year = kDaysAYear / place_.options.triggers.false_alarm_days;
    if (subject.chart == nullptr) return reading;
    const auto finding = subject.chart->look();
    reading.fired = finding.alarm;
    reading.value = finding.value;
    reading.limit = finding.limit;
    reading.trigger.priority = finding.priority;
    reading.trigger.reason = finding.reason;
    return reading;
  }

 private:
  TriggerPlace place_;
};

}  // namespace

std::unique_ptr<TriggerCheck> make_performance_check(const TriggerPlace& place) {
  return std::make_unique<PerformanceCheck>(place);
}

}  // namespace clm
