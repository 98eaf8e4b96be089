#include "learning/triggers/trigger_monitor.hpp"

#include <algorithm>

#include "base/contract.hpp"
#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {

TriggerMonitor::TriggerMonitor(const MarketTape& tape, const Registry& registry, const ForecastHistory& log,
                               const LearningOptions& options, const CandleCorrections* corrections)
    : tape_(tape), registry_(registry), options_(options), means_(tape) {
  for (const TriggerType& type : trigger_types())
    checks_.emplace(type.kind, type.make({tape, registry, log, options, means_, corrections}));
}

PerformanceOptions TriggerMonitor::performance_options() const {
  return {options_.label.horizon_bars, tape_.interval(), options_.triggers.false_alarm_days};
}

Result<std::optional<RankIcPromise>> TriggerMonitor::promise_of(const VersionId& version) const {
  const auto events = registry_.events_of(version);
  if (!events) return forward_error(events);
  std::optional<RankIcPromise> promise;
  for (const Event& event : *events) {
    if (promise || event.evidence_id.empty()) continue;
    const auto evidence = registry_.evidence(event.evidence_id);
    if (!evidence) return forward_error(evidence);
    promise = promise_in(Evidence::from_json(*evidence));
  }
  return promise;
}

Result<std::vector<TriggerReading>> TriggerMonitor::look(const TriggerSubject& subject, std::size_t bar,
                                                         const std::vector<TriggerKind>& kinds) {
  expects(bar < tape_.bars(), "there is a bar");
  if (subject.active.empty() ||
      is_expired(subject.active_learned_until, tape_.close(bar), max_data_age(options_.serving)))
    return std::vector<TriggerReading>{look_at_vacancy(subject, bar)};
  std::vector<TriggerReading> readings;
  for (const TriggerKind kind : kinds) {
    const auto check = checks_.find(kind);
    expects(check != checks_.end(), "a trigger that can be asked");
    auto seen = check->second->look(subject, bar);
    if (!seen) return forward_error(seen);
    readings.push_back(std::move(*seen));
  }
  return readings;
}

TriggerReading TriggerMonitor::look_at_vacancy(const TriggerSubject& subject, std::size_t bar) const {
  const Timestamp now = tape_.close(bar);
  const ModelFreshness freshness{subject.model_type, std::nullopt, subject.last_attempt};
  auto fired = check_vacancy(freshness, now, subject.last_attempt ? tape_.rows_since(*subject.last_attempt, bar) : 0,
                             options_.triggers);
  TriggerReading reading;
  reading.fired = fired.has_value();
  reading.trigger = fired ? std::move(*fired)
                          : Trigger{subject.model_type, TriggerKind::time_based, Priority::urgent,
                                    "no version has a vote; what was tried last is too new to be tried again"};
  if (!subject.active.empty())
    reading.trigger.reason +=
        "; the active one has expired: " + describe_age({subject.active_learned_until, subject.active_as_of}, now);
  if (subject.last_attempt) reading.value = in_hours(now - *subject.last_attempt);
  reading.limit = options_.triggers.retrain_hours;
  return reading;
}

}  // namespace clm
