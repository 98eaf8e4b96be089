#include "learning/trials/stage_decision.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "base/number_text.hpp"
#include "learning/trials/trial_evidence.hpp"

namespace clm {
namespace {

/// Below it, a difference of the losses' distributions is worth a word.
constexpr double kNotable = 0.05;

}  // namespace

std::string describe(const TrialReport& report, BarLoss loss) {
  const bool bounded = std::isfinite(report.lo) && std::isfinite(report.hi);
  std::string text = "gain " + fixed(report.gain, 4) +
                     (bounded ? " [" + fixed(report.lo, 4) + ", " + fixed(report.hi, 4) + "]" : "") + " in " +
                     (loss == BarLoss::rank ? "rank IC" : "squared error") + " over " + std::to_string(report.bars) +
                     " bars" + (bounded ? "" : ", too few for an interval");
  const TestResult& distributions = report.distributions;
  if (distributions.p_value < kNotable)
    text += ", losses distributed differently (KS " + fixed(distributions.statistic, 2) + ", p " +
            fixed(distributions.p_value, 4) + ")";
  return text;
}

StageDecision decide_stage(const Trial& trial, const StageOptions& stages, const LabelOptions& label,
                           Interval interval) {
  const PairedTrialOptions options = trial_options(trial.stage, stages, label, interval);
  const TrialOutcome outcome = trial.losses.outcome();
  const auto text = [&] { return describe(trial.losses.report(), options.loss); };
  const std::string beside = " beside " + trial.reference.str() + ": ";
  if (trial.stage == Stage::shadow) {
    switch (outcome) {
      case TrialOutcome::open: return {};
      case TrialOutcome::better:
        return {StageMove::go_on, "shown to be better" + beside + text() + "; it had to be above " +
                                      fixed(0 - options.margin, 4) + " at level " + fixed(options.alpha, 4)};
      case TrialOutcome::worse: return {StageMove::refuse, "shown to be no better" + beside + text()};
      case TrialOutcome::ended:
        return {StageMove::refuse, "not shown to be better in " + std::to_string(options.max_bars) + " bars" + beside +
                                       text() + "; a lower bound above " + fixed(0 - options.margin, 4) +
                                       " would have promoted it"};
    }
  }
  const auto findings =
      misbehaviour(trial.challenger_behaviour, trial.reference_behaviour, stages.behaviour, kSymbolsMoveTogether);
  const StageMove away = trial.stage == Stage::watch ? StageMove::undo : StageMove::retreat;
  if (!findings.empty()) return {away, findings.front()};
  switch (outcome) {
    case TrialOutcome::open: return {};
    case TrialOutcome::worse: return {away, "shown to be worse" + beside + text()};
    case TrialOutcome::better: return {StageMove::go_on, "shown to be better" + beside + text()};
    case TrialOutcome::ended:
      return {StageMove::go_on,
              "not shown to be worse in " + std::to_string(options.max_bars) + " bars" + beside + text()};
  }
  return {};
}

std::optional<VersionStatus> first_stage(DeploymentDecision verdict, const StageOptions& stages, Rival rival) {
  switch (verdict) {
    case DeploymentDecision::keep:
    case DeploymentDecision::reject: return VersionStatus::rejected;
    case DeploymentDecision::deploy:
      return rival == Rival::comparable && stages.shadow.enabled ? VersionStatus::shadow : VersionStatus::active;
    case DeploymentDecision::canary:
      if (rival == Rival::none) return std::nullopt;
      if (stages.shadow.enabled) return VersionStatus::shadow;
      return stages.canary.enabled ? std::optional(VersionStatus::canary) : std::nullopt;
  }
  return std::nullopt;
}

TrialView view_of(const Trial& trial, const StageOptions& stages, const LabelOptions& label, Interval interval) {
  return {trial, trial.losses.report(), trial_options(trial.stage, stages, label, interval).loss};
}

std::string describe(const TrialView& view) {
  std::string text = view.trial.model_type + " " + view.trial.challenger.str() + " is in the " +
                     std::string(to_string(view.trial.stage)) + " beside " + view.trial.reference.str() + ": ";
  text += view.report.bars == 0 ? "no outcomes yet" : describe(view.report, view.loss);
  if (view.report.expected_bars)
    text += "; about " + std::to_string(*view.report.expected_bars) + " more bars would decide it";
  return text;
}

nlohmann::json to_json(const TrialView& view) {
  nlohmann::json json = TrialEvidence(view.trial).to_json();
  json["model_type"] = view.trial.model_type;
  return json;
}

}  // namespace clm
