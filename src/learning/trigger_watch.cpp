#include "learning/trigger_watch.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "base/number_text.hpp"
#include "evaluation/bar_score.hpp"
#include "learning/data/expiry.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/forecast_book.hpp"
#include "learning/regime_survey.hpp"

namespace clm {
namespace {

/// Forecasts of bars that have passed cost time, so that fewer of them tell what is usual.
constexpr std::size_t kSpreadHistoryBars = 1'344;
constexpr std::size_t kPasts = 8;  ///< that are kept
constexpr double kDaysAYear = 365.25;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double hours_of(Duration span) { return static_cast<double>(span.count()) / 3'600'000.0; }

double spread_of(const std::vector<float>& forecast) {
  double sum = 0, squares = 0;
  std::size_t count = 0;
  for (const float value : forecast) {
    if (std::isnan(value)) continue;
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
    ++count;
  }
  if (count < 2) return kNaN;
  const double mean = sum / static_cast<double>(count);
  return std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean));
}

}  // namespace

DriftOptions feature_drift_options(Interval interval) {
  constexpr std::int64_t kWeekMs = 7 * 86'400'000LL;
  DriftOptions options;
  if (kWeekMs % interval.ms() == 0) options.period_bars = static_cast<std::size_t>(kWeekMs / interval.ms());
  return options;
}

DriftOptions spread_drift_options() {
  DriftOptions options;
  options.history_bars = kSpreadHistoryBars;
  return options;
}

bool falls_due(Timestamp before, Timestamp now, double period_hours) {
  const std::int64_t period_ms = hours(period_hours).count();
  return period_ms <= 0 || before.ms() / period_ms < now.ms() / period_ms;
}

TriggerWatch::TriggerWatch(const MarketTape& tape, const Registry& registry, const ForecastHistory& log,
                           const LearningOptions& options)
    : tape_(tape), registry_(registry), log_(log), options_(options), means_(tape) {}

PerformanceOptions TriggerWatch::performance_options() const {
  return {options_.label.horizon_bars, tape_.interval(), options_.triggers.false_alarm_days};
}

double TriggerWatch::drift_level() const { return clm::drift_level(options_.triggers, tape_.interval()); }

Result<std::optional<RankIcPromise>> TriggerWatch::promise_of(const VersionId& version) const {
  const auto events = registry_.events_of(version);
  if (!events) return forward_error(events);
  std::optional<RankIcPromise> promise;
  for (const Event& event : *events) {
    if (promise || event.evidence_id.empty()) continue;
    const auto evidence = registry_.evidence(event.evidence_id);
    if (!evidence) return forward_error(evidence);
    promise = read_promise(*evidence);
  }
  return promise;
}

Result<std::vector<Sighting>> TriggerWatch::look(const Subject& subject, std::size_t bar,
                                                 const std::vector<TriggerKind>& kinds) {
  expects(bar < tape_.bars(), "there is a bar");
  if (subject.active.empty() || is_expired(subject.active_data_end, tape_.close(bar), options_.serving))
    return std::vector<Sighting>{look_at_vacancy(subject, bar)};
  std::vector<Sighting> sightings;
  for (const TriggerKind kind : kinds) {
    switch (kind) {
      case TriggerKind::time_based:
      case TriggerKind::data_volume: sightings.push_back(look_at_age(subject, bar, kind)); break;
      case TriggerKind::performance_decay: sightings.push_back(look_at_performance(subject)); break;
      case TriggerKind::drift_detected: {
        auto drift = look_at_drift(subject, bar);
        if (!drift) return forward_error(drift);
        sightings.push_back(std::move(*drift));
        break;
      }
      case TriggerKind::regime_shift: sightings.push_back(look_at_regime(subject, bar)); break;
      case TriggerKind::manual: break;
    }
  }
  return sightings;
}

Sighting TriggerWatch::look_at_vacancy(const Subject& subject, std::size_t bar) const {
  const Timestamp now = tape_.close(bar);
  const ModelFreshness freshness{subject.model_type, std::nullopt, subject.last_attempt};
  auto fired = check_vacancy(freshness, now, subject.last_attempt ? tape_.rows_since(*subject.last_attempt, bar) : 0,
                             options_.triggers);
  Sighting sighting;
  sighting.fired = fired.has_value();
  sighting.trigger = fired ? std::move(*fired)
                           : Trigger{subject.model_type, TriggerKind::time_based, Priority::urgent,
                                     "no version has a vote; what was tried last is too new to be tried again"};
  if (!subject.active.empty())
    sighting.trigger.reason += "; the active one has expired, its data ended " +
                               to_string(now - subject.active_data_end) + " ago, at " +
                               to_string(subject.active_data_end);
  if (subject.last_attempt) sighting.value = hours_of(now - *subject.last_attempt);
  sighting.limit = options_.triggers.retrain_hours;
  return sighting;
}

Sighting TriggerWatch::look_at_age(const Subject& subject, std::size_t bar, TriggerKind kind) const {
  const Timestamp now = tape_.close(bar);
  ModelFreshness freshness{subject.model_type, subject.active_data_end, subject.last_attempt};
  // A candidate on trial has seen newer data; what was refused is not tried again before its time.
  freshness.newest_data_end =
      subject.last_attempt ? std::max(subject.active_data_end, *subject.last_attempt) : subject.active_data_end;
  Sighting sighting;
  std::optional<Trigger> fired;
  std::string reason;
  if (kind == TriggerKind::time_based) {
    fired = check_age(freshness, now, options_.triggers);
    sighting.value = hours_of(now - *freshness.newest_data_end);
    sighting.limit = options_.triggers.retrain_hours;
    reason = "the newest data that was learned from ended " + to_string(now - *freshness.newest_data_end) + " ago";
  } else {
    const std::int64_t new_bars = tape_.rows_since(*freshness.newest_data_end, bar);
    fired = check_new_bars(freshness, now, new_bars, options_.triggers);
    sighting.value = static_cast<double>(new_bars);
    sighting.limit = static_cast<double>(options_.triggers.new_bars);
    reason = std::to_string(new_bars) + " new bars since the newest data that was learned from";
  }
  sighting.fired = fired.has_value();
  sighting.trigger = fired ? std::move(*fired) : Trigger{subject.model_type, kind, Priority::medium, std::move(reason)};
  return sighting;
}

Sighting TriggerWatch::look_at_performance(const Subject& subject) const {
  Sighting sighting;
  sighting.trigger = {subject.model_type, TriggerKind::performance_decay, Priority::high,
                      "no outcomes of the active version are held against a promise yet"};
  sighting.limit = kNaN;
  sighting.false_alarms_a_year = kDaysAYear / options_.triggers.false_alarm_days;
  if (subject.chart == nullptr) return sighting;
  const auto finding = subject.chart->look();
  sighting.fired = finding.alarm;
  sighting.value = finding.value;
  sighting.limit = finding.limit;
  sighting.trigger.priority = finding.priority;
  sighting.trigger.reason = finding.reason;
  return sighting;
}

TriggerWatch::Past& TriggerWatch::past(Timestamp data_end) {
  if (const auto known = pasts_.find(data_end); known != pasts_.end()) return known->second;
  if (pasts_.size() == kPasts) pasts_.erase(pasts_.begin());
  Past& made = pasts_[data_end];
  made.bars = tape_.bar_at_or_after(data_end + Duration(1));
  return made;
}

Sighting TriggerWatch::look_at_regime(const Subject& subject, std::size_t bar) {
  Sighting sighting;
  sighting.trigger = {subject.model_type, TriggerKind::regime_shift, Priority::medium, {}};
  sighting.limit = 1;
  sighting.false_alarms_a_year = kRegimeFalseAlarmsAYear;
  Past& known = past(subject.active_data_end);
  const auto years = static_cast<std::size_t>(kRegimeYears * kDaysAYear * 24 / hours_of(tape_.interval().length()));
  const std::size_t first = known.bars > years ? known.bars - years : 0;
  if (!known.regime_tried) {
    known.regime_tried = true;
    auto fitted = fit_regimes(means_.market_returns(first, known.bars), tape_.interval());
    if (fitted) known.regime = std::move(*fitted);
    if (!fitted) known.no_regime = fitted.error().message;
  }
  if (!known.regime) {
    sighting.trigger.reason = "no regimes could be learned from the bars up to the end of the data: " + known.no_regime;
    return sighting;
  }
  const std::size_t end = std::max(bar + 1, known.bars);
  const auto finding = check_regime(*known.regime, means_.market_returns(first, end), known.bars - first);
  sighting.fired = finding.shifted();
  sighting.value = (finding.volatility_shifted ? 1 : 0) + (finding.trend_shifted ? 1 : 0);
  sighting.trigger.reason = finding.reason;
  if (sighting.fired) sighting.trigger.reason += shifted_symbols(known, subject.active_data_end, bar);
  return sighting;
}

const std::string& TriggerWatch::shifted_symbols(Past& known, Timestamp data_end, std::size_t bar) const {
  if (known.counted_at == bar) return known.shifted_symbols;
  const auto symbols =
      count_shifted(*tape_.frame()->bars, tape_.interval(), data_end, std::max(data_end, tape_.close(bar)));
  known.counted_at = bar;
  known.shifted_symbols = "; " + std::to_string(symbols.shifted) + " of the " + std::to_string(symbols.known) +
                          " symbols whose regimes are known have shifted by themselves";
  return known.shifted_symbols;
}

Result<Sighting> TriggerWatch::look_at_drift(const Subject& subject, std::size_t bar) {
  Sighting sighting;
  sighting.trigger = {subject.model_type, TriggerKind::drift_detected, Priority::medium, {}};
  sighting.limit = drift_level();
  sighting.false_alarms_a_year = kDaysAYear / options_.triggers.false_alarm_days;
  Past& known = past(subject.active_data_end);
  const std::size_t end = bar + 1;
  const DriftOptions drift = feature_drift_options(tape_.interval());
  if (end < known.bars + drift.current_bars) {
    sighting.trigger.reason = std::to_string(end > known.bars ? end - known.bars : 0) +
                              " bars have closed since the active version's data ended; " +
                              std::to_string(drift.current_bars) + " are needed";
    return sighting;
  }
  if (known.bars < drift.least_bars()) {
    sighting.trigger.reason = std::to_string(known.bars) + " bars had closed before the active version's data ended; " +
                              std::to_string(drift.least_bars()) + " are needed";
    return sighting;
  }
  if (!known.features) {
    const std::size_t first = known.bars - std::min(known.bars, drift.most_bars());
    known.features.emplace(tape_.frame()->names, means_.features(first, known.bars), drift);
  }
  if (known.compared_at != bar) {
    known.finding = known.features->compare(means_.features(end - drift.current_bars, end));
    known.compared_at = bar;
  }
  const DriftFinding& features = known.finding;
  std::string why_not;
  const auto spread = compare_spread(subject, bar, why_not);
  if (!spread) return forward_error(spread);
  const bool features_drifted = features.least_p() < sighting.limit;
  const bool forecasts_drifted = spread->least_p() < sighting.limit;
  sighting.fired = features_drifted || forecasts_drifted;
  sighting.value = std::min(features.least_p(), spread->least_p());
  if (forecasts_drifted) sighting.trigger.priority = Priority::high;
  sighting.trigger.reason = (forecasts_drifted ? "the forecasts' spread has drifted: " : "the forecasts' spread: ") +
                            (why_not.empty() ? describe(spread->worst) : why_not) +
                            (features_drifted ? "; features have drifted, of " : "; of ") +
                            std::to_string(features.series) +
                            (features_drifted ? " worst " : " features nearest to it ") + describe(features.worst) +
                            "; level " + fixed(sighting.limit, 5) + ", the last " + std::to_string(drift.current_bars) +
                            " bars against those before " + to_string(subject.active_data_end);
  return sighting;
}

Result<DriftFinding> TriggerWatch::compare_spread(const Subject& subject, std::size_t bar, std::string& why_not) {
  Spread& spread = spreads_[subject.model_type];
  if (spread.version != subject.active) {
    spread = {};
    spread.version = subject.active;
    if (auto learned = learn_spread(spread, past(subject.active_data_end).bars); !learned)
      return forward_error(learned);
  }
  if (!spread.held_out) {
    why_not = spread.no_reference;
    return DriftFinding();
  }
  const std::size_t current = spread_drift_options().current_bars;
  // What is said of this bar is not logged yet.
  if (auto read = read_live(spread, bar - current, bar); !read) return forward_error(read);
  const std::vector<float> live(spread.live.begin(), spread.live.end());
  const auto known = std::count_if(live.begin(), live.end(), [](float x) { return !std::isnan(x); });
  if (static_cast<std::size_t>(known) < current / 2) {
    why_not = "only " + std::to_string(known) + " of the last " + std::to_string(current) + " bars were forecast";
    return DriftFinding();
  }
  return spread.held_out->compare(live);
}

Status TriggerWatch::learn_spread(Spread& spread, std::size_t data_bars) {
  ForecastBook book(tape_, registry_, options_.serving);
  const auto manifest = book.manifest(spread.version);
  if (!manifest && manifest.error().kind == ErrorKind::integrity) {
    spread.no_reference = "the active version is broken: " + manifest.error().message;
    return {};
  }
  if (!manifest) return forward_error(manifest);
  // On what it was fitted on, a model says more than elsewhere.
  const Timestamp clean_from = label_end(manifest->training_span.to, tape_.label(), tape_.interval());
  const DriftOptions drift = spread_drift_options();
  const std::size_t first =
      std::max(tape_.bar_at_or_after(clean_from + Duration(1)), data_bars - std::min(data_bars, drift.most_bars()));
  if (first + drift.least_bars() > data_bars) {
    spread.no_reference = "the active version was fitted on all but " +
                          std::to_string(data_bars > first ? data_bars - first : 0) + " bars of its data; " +
                          std::to_string(drift.least_bars()) + " are needed";
    return {};
  }
  std::vector<float> values;
  for (std::size_t bar = first; bar < data_bars; ++bar) {
    const auto said = book.forecast(spread.version, bar);
    if (!said) return forward_error(said);
    values.push_back(static_cast<float>(spread_of(*said)));
  }
  spread.held_out.emplace(std::vector<std::string>{"forecast spread"}, values, drift);
  if (spread.held_out->series() > 0) return {};
  spread.held_out.reset();
  spread.no_reference = "the active version's forecasts do not vary";
  return {};
}

Status TriggerWatch::read_live(Spread& spread, std::size_t first, std::size_t end) {
  std::size_t known_end = spread.first_bar + spread.live.size();
  if (first < spread.first_bar || first >= known_end) {
    spread.live.clear();
    spread.first_bar = known_end = first;
  }
  const auto passed = static_cast<std::ptrdiff_t>(first - spread.first_bar);
  spread.live.erase(spread.live.begin(), spread.live.begin() + passed);
  spread.first_bar = first;
  if (known_end >= end) return {};
  const auto rows = log_.forecasts(tape_.close(known_end), tape_.close(end - 1) + Duration(1), spread.version.str());
  if (!rows) return forward_error(rows);
  spread.live.resize(end - first, kNaN);
  for (const ForecastRow& row : *rows) {
    const std::size_t bar = tape_.bar_at_or_after(row.decided_at);
    if (bar < end && tape_.close(bar) == row.decided_at) spread.live[bar - first] = spread_of(row.forecast);
  }
  return {};
}

}  // namespace clm
