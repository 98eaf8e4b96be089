// Features, or the spread of the active version's forecasts, come from another distribution than before.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/number_text.hpp"
#include "learning/data/forecast_cache.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/triggers/kept_by_data_end.hpp"
#include "learning/triggers/trigger_check.hpp"
#include "learning/triggers/trigger_drift.hpp"

namespace clm {
namespace {

double spread_of(const std::vector<float>& forecast) {
  double sum = 0, squares = 0;
  std::size_t count = 0;
  for (const float value : forecast) {
    if (std::isnan(value)) continue;
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
    ++count;
  }
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  const double mean = sum / static_cast<double>(count);
  return std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean));
}

class DriftCheck final : public TriggerCheck {
 public:
  explicit DriftCheck(const TriggerPlace& place) : place_(place) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t bar) override {
    TriggerReading reading;
    reading.trigger = {subject.model_type, TriggerKind::drift_detected, Priority::medium, {}};
    reading.limit = drift_level(place_.options.triggers, place_.tape.interval());
    reading.false_alarms_a_year = kDaysAYear / place_.options.triggers.false_alarm_days;
    Past& known = pasts_.at(subject.active_as_of, closed_bars(place_.tape, subject.active_as_of));
    const std::size_t end = bar + 1;
    const DriftOptions drift = feature_drift_options(place_.tape.interval());
    if (end < known.bars + drift.current_bars) {
      reading.trigger.reason = std::to_string(end > known.bars ? end - known.bars : 0) +
                               " bars have closed since the active version was trained; " +
                               std::to_string(drift.current_bars) + " are needed";
      return reading;
    }
    if (known.bars < drift.least_bars()) {
      reading.trigger.reason = std::to_string(known.bars) + " bars had closed when the active version was trained; " +
                               std::to_string(drift.least_bars()) + " are needed";
      return reading;
    }
    if (!known.features) {
      const std::size_t first = known.bars - std::min(known.bars, drift.most_bars());
      known.features.emplace(place_.tape.frame()->names, place_.means.features(first, known.bars), drift);
    }
    if (known.compared_at != bar) {
      known.finding = known.features->compare(place_.means.features(end - drift.current_bars, end));
      known.compared_at = bar;
    }
    const DriftFinding& features = known.finding;
    std::string why_not;
    const auto spread = compare_spread(subject, bar, why_not);
    if (!spread) return forward_error(spread);
    const bool features_drifted = features.least_p() < reading.limit;
    const bool forecasts_drifted = spread->least_p() < reading.limit;
    reading.fired = features_drifted || forecasts_drifted;
    reading.value = std::min(features.least_p(), spread->least_p());
    if (forecasts_drifted) reading.trigger.priority = Priority::high;
    reading.trigger.reason = (forecasts_drifted ? "the forecasts' spread has drifted: " : "the forecasts' spread: ") +
                             (why_not.empty() ? describe(spread->worst) : why_not) +
                             (features_drifted ? "; features have drifted, of " : "; of ") +
                             std::to_string(features.series) +
                             (features_drifted ? " worst " : " features nearest to it ") + describe(features.worst) +
                             "; level " + fixed(reading.limit, 5) + ", the last " + std::to_string(drift.current_bars) +
                             " bars against those before " + to_string(subject.active_as_of);
    return reading;
  }

 private:
  struct Past {
    explicit Past(std::size_t closed) : bars(closed) {}
    std::size_t bars;  ///< of the tape that had closed
    std::optional<DriftReference> features;
    std::size_t compared_at = std::numeric_limits<std::size_t>::max();  ///< bar of the finding
    DriftFinding finding;
  };
  /// The spread of a version's forecasts over the symbols.
  struct Spread {
    VersionId version;
    std::optional<DriftReference> held_out;  ///< on bars before it was trained that it was not fitted on
    std::string no_reference;                ///< why not
    std::size_t first_bar = 0;
    std::vector<double> live;  ///< of the bars from `first_bar` on, as they were logged
  };

  Result<DriftFinding> compare_spread(const TriggerSubject& subject, std::size_t bar, std::string& why_not) {
    Spread& spread = spreads_[subject.model_type];
    if (spread.version != subject.active) {
      spread = {};
      spread.version = subject.active;
      if (auto learned = learn_spread(spread, closed_bars(place_.tape, subject.active_as_of)); !learned)
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

  Status learn_spread(Spread& spread, std::size_t data_bars) {
    ForecastCache cache(place_.tape, place_.registry, place_.options.serving);
    const auto manifest = cache.manifest(spread.version);
    if (!manifest && manifest.error().kind == ErrorKind::integrity) {
      spread.no_reference = "the active version is broken: " + manifest.error().message;
      return {};
    }
    if (!manifest) return forward_error(manifest);
    // On what it was fitted on, a model says more than elsewhere.
    const Timestamp clean_from = last_label_end(*manifest, place_.tape.interval());
    const DriftOptions drift = spread_drift_options();
    const std::size_t first = std::max(place_.tape.bar_at_or_after(clean_from + Duration(1)),
                                       data_bars - std::min(data_bars, drift.most_bars()));
    if (first + drift.least_bars() > data_bars) {
      spread.no_reference = "the active version was fitted on all but " +
                            std::to_string(data_bars > first ? data_bars - first : 0) + " bars of its data; " +
                            std::to_string(drift.least_bars()) + " are needed";
      return {};
    }
    std::vector<float> values;
    for (std::size_t bar = first; bar < data_bars; ++bar) {
      const auto said = cache.forecast(spread.version, bar);
      if (!said) return forward_error(said);
      values.push_back(static_cast<float>(spread_of(*said)));
    }
    spread.held_out.emplace(std::vector<std::string>{"forecast spread"}, values, drift);
    if (spread.held_out->series() > 0) return {};
    spread.held_out.reset();
    spread.no_reference = "the active version's forecasts do not vary";
    return {};
  }

  Status read_live(Spread& spread, std::size_t first, std::size_t end) {
    std::size_t known_end = spread.first_bar + spread.live.size();
    if (first < spread.first_bar || first >= known_end) {
      spread.live.clear();
      spread.first_bar = known_end = first;
    }
    const auto passed = static_cast<std::ptrdiff_t>(first - spread.first_bar);
    spread.live.erase(spread.live.begin(), spread.live.begin() + passed);
    spread.first_bar = first;
    if (known_end >= end) return {};
    const auto rows = place_.log.forecasts(place_.tape.close(known_end), place_.tape.close(end - 1) + Duration(1),
                                           spread.version.str());
    if (!rows) return forward_error(rows);
    spread.live.resize(end - first, std::numeric_limits<double>::quiet_NaN());
    for (const ForecastRow& row : *rows) {
      const std::size_t bar = place_.tape.bar_at_or_after(row.decided_at);
      if (bar < end && place_.tape.close(bar) == row.decided_at) spread.live[bar - first] = spread_of(row.forecast);
    }
    return {};
  }

  TriggerPlace place_;
  KeptByDataEnd<Past> pasts_;
  std::map<std::string, Spread> spreads_;  ///< by model type
};

}  // namespace

std::unique_ptr<TriggerCheck> make_drift_check(const TriggerPlace& place) {
  return std::make_unique<DriftCheck>(place);
}

}  // namespace clm
