#include "learning/triggers/feature_drift.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "base/number_text.hpp"
#include "learning/data/label_overlap.hpp"

namespace clm {

FittedBars fitted_bars(const MarketTape& tape, Timestamp from, Timestamp last_decision) {
  FittedBars bars;
  bars.end = tape.bar_at_or_after(last_decision + Duration(1));
  const std::size_t most = feature_drift_options(tape.interval()).most_bars;
  bars.first = std::min(bars.end, std::max(tape.bar_at_or_after(from), bars.end - std::min(bars.end, most)));
  return bars;
}

FittedBars fitted_bars(const MarketTape& tape, const Manifest& manifest) {
  const auto label = read_label_options(manifest.label_json);
  if (!label) return {};
  const Duration length = label_end(Timestamp(0), *label, tape.interval()) - Timestamp(0);
  return fitted_bars(tape, manifest.training_span.from, manifest.learned_until - length);
}

FeatureDrift FeatureDriftMonitor::look(const FittedBars& fitted, std::size_t bar, std::size_t worst) {
  FeatureDrift out;
  out.fitted_bars = fitted.size();
  out.recent_bars = bar + 1 - std::min(bar + 1, fitted.end);
  const DriftOptions options = feature_drift_options(tape_.interval());
  if (fitted.size() < DriftOptions::kLeastBars) {
    out.why_not = "it was fitted on " + std::to_string(fitted.size()) + " bars that are known here; " +
                  std::to_string(DriftOptions::kLeastBars) + " are needed";
    return out;
  }
  out.fitted = {tape_.close(fitted.first), tape_.close(fitted.end - 1)};
  if (out.recent_bars < options.least_recent()) {
    out.why_not = std::to_string(out.recent_bars) + " bars have closed since those that it was fitted on; " +
                  std::to_string(options.least_recent()) + " are needed";
    return out;
  }
  const DriftReference& reference = references_.at({fitted.end, fitted.first}, tape_.frame()->names,
                                                   means_.features(fitted.first, fitted.end), options);
  const std::size_t recent = std::min(out.recent_bars, options.most_recent);
  out.finding = reference.compare(means_.features(bar + 1 - recent, bar + 1), worst);
  for (const DriftedSeries& one : out.finding.worst) out.since.push_back(tape_.close(bar + 1 - one.since_bars));
  return out;
}

std::string sentence(const FeatureDrift& drift, double level) {
  if (!drift.why_not.empty()) return "features were not compared: " + drift.why_not;
  const std::size_t drifted = drift.finding.below(level);
  const std::string whence = " from the " + std::to_string(drift.fitted_bars) + " bars fitted on (" +
                             to_string(drift.fitted.from) + " to " + to_string(drift.fitted.to) + ")";
  std::string text = (drifted == 0 ? "none" : std::to_string(drifted)) + " of " + std::to_string(drift.finding.series) +
                     " features " + (drifted > 1 ? "have" : "has") + " drifted" + whence +
                     (drifted == 0 ? ", nearest to it: " : ": ");
  const std::size_t named = drifted == 0 ? 1 : drifted;
  for (std::size_t i = 0; i < std::min(named, drift.finding.worst.size()); ++i)
    text += (i == 0 ? "" : "; ") + describe(drift.finding.worst[i], drift.since[i]);
  if (drifted > drift.finding.worst.size())
    text += "; and " + std::to_string(drifted - drift.finding.worst.size()) + " more";
  return text + "; level " + fixed(level, 5);
}

nlohmann::json to_json(const FeatureDrift& drift, double level) {
  auto features = nlohmann::json::array();
  for (std::size_t i = 0; i < drift.finding.worst.size(); ++i) {
    const DriftedSeries& one = drift.finding.worst[i];
    features.push_back({{"feature", one.name},
                        {"drifted", one.p < level},
                        {"distance", to_string(one.distance)},
                        {"window_bars", one.window_bars},
                        {"mean_shift", finite_or_null(one.mean_shift)},
                        {"scale_ratio", finite_or_null(one.scale_ratio)},
                        {"wasserstein", finite_or_null(one.wasserstein)},
                        {"p", one.p},
                        {"since", to_string(drift.since[i])},
                        {"psi", finite_or_null(one.psi)},
                        {"ks", finite_or_null(one.ks)}});
  }
  auto fitted = nlohmann::json();
  if (drift.fitted_bars >= DriftOptions::kLeastBars)
    fitted = {{"from", to_string(drift.fitted.from)}, {"to", to_string(drift.fitted.to)}, {"bars", drift.fitted_bars}};
  return {{"why_not", drift.why_not},
          {"fitted", fitted},
          {"recent_bars", drift.recent_bars},
          {"tested", drift.finding.series},
          {"drifted", drift.finding.below(level)},
          {"level", level},
          {"features", features}};
}

}  // namespace clm
