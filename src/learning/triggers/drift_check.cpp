// Features are not what they were in the rows that the active version was fitted on, or its forecasts' spread is not
// what it was on bars that it was not fitted on.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/number_text.hpp"
#include "learning/data/forecast_cache.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/triggers/feature_drift.hpp"
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
  explicit DriftCheck(const TriggerPlace& place) : place_(place), features_(place.tape, place.means) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t bar) override {
    TriggerReading reading;
    reading.trigger = {subject.model_type, TriggerKind::drift_detected, Priority::medium, {}};
    reading.limit = drift_level(place_.options.triggers, place_.tape.interval());
    reading.false_alarms_a_year = kDaysAYear / place_.options.triggers.false_alarm_days;
    const auto record = place_.registry.find(subject.active.str());
    if (!record) return forward_error(record);
    const auto manifest = stored_manifest(*record);
    const FeatureDrift features = [&] {
      if (manifest) return features_.look(fitted_bars(place_.tape, *manifest), bar);
      FeatureDrift unknown;
      unknown.why_not = "the manifest of the active version cannot be read: " + manifest.error().message;
      return unknown;
    }();
    std::string why_not;
    const auto spread = compare_spread(subject, bar, why_not);
    if (!spread) return forward_error(spread);
    const bool features_drifted = features.finding.least_p() < reading.limit;
    const bool forecasts_drifted = spread->least_p() < reading.limit;
    reading.fired = features_drifted || forecasts_drifted;
    // Where nothing could be compared there is no value.
    if (!features.finding.p.empty() || !spread->p.empty())
      reading.value = std::min(features.finding.least_p(), spread->least_p());
    if (forecasts_drifted) reading.trigger.priority = Priority::high;
    std::string forecasts = "forecasts' spread has not drifted";
    if (!why_not.empty())
      forecasts = "forecasts' spread was not compared: " + why_not;
    else if (!spread->worst.empty())
      forecasts =
          std::string(forecasts_drifted ? "the forecasts have drifted: their " : "the forecasts have not: their ") +
          describe(spread->worst.front(), place_.tape.close(bar - spread->worst.front().since_bars));
    const std::string of_features = sentence(features, reading.limit);
    reading.trigger.reason =
        forecasts_drifted && !features_drifted ? forecasts + "; " + of_features : of_features + "; " + forecasts;
    reading.feature_drift = features;
    return reading;
  }

 private:
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
    const std::size_t current = std::min(bar, spread.held_out->options().windows.back());
    // What is said of this bar is not logged yet.
    if (auto read = read_live(spread, bar - current, bar); !read) return forward_error(read);
    const std::vector<float> live(spread.live.begin(), spread.live.end());
    DriftFinding found = spread.held_out->compare(live);
    if (found.series == 0) {
      const auto known = std::count_if(live.begin(), live.end(), [](float x) { return !std::isnan(x); });
      why_not = "only " + std::to_string(known) + " of the last " + std::to_string(current) + " bars were forecast";
    }
    return found;
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
                                       data_bars - std::min(data_bars, drift.most_bars));
    if (first + DriftOptions::kLeastBars > data_bars) {
      spread.no_reference = "the active version was fitted on all but " +
                            std::to_string(data_bars > first ? data_bars - first : 0) + " bars of its data; " +
                            std::to_string(DriftOptions::kLeastBars) + " are needed";
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
  FeatureDriftMonitor features_;
  std::map<std::string, Spread> spreads_;  ///< by model type
};

}  // namespace

std::unique_ptr<TriggerCheck> make_drift_check(const TriggerPlace& place) {
  return std::make_unique<DriftCheck>(place);
}

}  // namespace clm
