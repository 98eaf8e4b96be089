// Triggers that go by the clock and by counting: the newest training is so long ago, or so many bars have closed since.
#include <algorithm>
#include <utility>

#include "learning/triggers/trigger_check.hpp"

namespace clm {
namespace {

/// A candidate on trial was trained later; what was refused is not tried again before its time.
ModelFreshness freshness_of(const TriggerSubject& subject) {
  ModelFreshness freshness{subject.model_type, subject.active_as_of, subject.last_attempt};
  freshness.newest_as_of =
      subject.last_attempt ? std::max(subject.active_as_of, *subject.last_attempt) : subject.active_as_of;
  return freshness;
}

TriggerReading reading_of(std::optional<Trigger> fired, Trigger otherwise, double value, double limit) {
  TriggerReading reading;
  reading.fired = fired.has_value();
  reading.trigger = fired ? std::move(*fired) : std::move(otherwise);
  reading.value = value;
  reading.limit = limit;
  return reading;
}

class AgeCheck final : public TriggerCheck {
 public:
  explicit AgeCheck(const TriggerPlace& place) : place_(place) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t bar) override {
    const TriggerOptions& options = place_.options.triggers;
    const Timestamp now = place_.tape.close(bar);
    const ModelFreshness freshness = freshness_of(subject);
    const Duration age = now - *freshness.newest_as_of;
    TriggerReading reading = reading_of(
        check_age(freshness, now, options),
        {subject.model_type, TriggerKind::time_based, Priority::medium,
         "the newest training was made " + to_string(age) + " ago, as of " + to_string(*freshness.newest_as_of)},
        in_hours(age), options.retrain_hours);
    reading.trigger.reason += "; the active version learned until " + to_string(subject.active_learned_until);
    return reading;
  }

 private:
  TriggerPlace place_;
};

class NewBarsCheck final : public TriggerCheck {
 public:
  explicit NewBarsCheck(const TriggerPlace& place) : place_(place) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t bar) override {
    const TriggerOptions& options = place_.options.triggers;
    const ModelFreshness freshness = freshness_of(subject);
    const std::int64_t new_bars = place_.tape.rows_since(*freshness.newest_as_of, bar);
    return reading_of(check_new_bars(freshness, place_.tape.close(bar), new_bars, options),
                      {subject.model_type, TriggerKind::data_volume, Priority::medium,
                       std::to_string(new_bars) + " new bars since the newest training was made"},
                      static_cast<double>(new_bars), static_cast<double>(options.new_bars));
  }

 private:
  TriggerPlace place_;
};

}  // namespace

std::unique_ptr<TriggerCheck> make_age_check(const TriggerPlace& place) { return std::make_unique<AgeCheck>(place); }
std::unique_ptr<TriggerCheck> make_new_bars_check(const TriggerPlace& place) {
  return std::make_unique<NewBarsCheck>(place);
}

}  // namespace clm
