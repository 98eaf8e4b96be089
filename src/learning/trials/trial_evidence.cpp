#include "learning/trials/trial_evidence.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

using Json = nlohmann::json;

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json written(const Behaviour& b) {
  const double rows = b.rows > 0 ? static_cast<double>(b.rows) : 1;
  return {{"bars", b.bars},
          {"forecasts", b.rows},
          {"hit_rate", b.hit_rate()},
          {"up_share", static_cast<double>(b.up) / rows},
          {"spread", b.bars > 0 ? b.spread / static_cast<double>(b.bars) : 0}};
}

Json written(const TrialReport& report) {
  return {{"outcome", to_string(report.outcome)},
          {"bars", report.bars},
          {"observations", report.observations},
          {"reference_loss", report.reference_loss},
          {"challenger_loss", report.challenger_loss},
          {"gain", report.gain},
          {"interval", {number_or_null(report.lo), number_or_null(report.hi)}},
          {"expected_bars", report.expected_bars ? Json(*report.expected_bars) : Json()},
          {"loss_distributions",
           {{"kolmogorov_smirnov", report.distributions.statistic}, {"p_value", report.distributions.p_value}}}};
}

Json written(const Trial& trial) {
  return {{"stage", to_string(trial.stage)},
          {"challenger", trial.challenger.str()},
          {"reference", trial.reference.str()},
          {"started", to_string(trial.started)},
          {"trial", written(trial.losses.report())},
          {"behaviour",
           {{"challenger", written(trial.challenger_behaviour)}, {"reference", written(trial.reference_behaviour)}}}};
}

/// Null where `object` is no object or has no such member.
const Json& member(const Json& object, const char* key) {
  static const Json kAbsent;
  if (!object.is_object()) return kAbsent;
  const auto found = object.find(key);
  return found == object.end() ? kAbsent : *found;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

}  // namespace

TrialEvidence::TrialEvidence(Json document) : document_(std::make_shared<const Json>(std::move(document))) {}

TrialEvidence::TrialEvidence(const Trial& trial) : TrialEvidence(written(trial)) {}

TrialEvidence TrialEvidence::from_json(std::string_view text) {
  Json document = Json::parse(text, nullptr, false);
  return TrialEvidence(document.is_discarded() ? Json::object() : std::move(document));
}

std::string TrialEvidence::text() const { return document_->dump(); }

std::optional<Stage> TrialEvidence::stage() const { return parse_stage(text_of(member(*document_, "stage"))); }
VersionId TrialEvidence::challenger() const { return VersionId(text_of(member(*document_, "challenger"))); }
VersionId TrialEvidence::reference() const { return VersionId(text_of(member(*document_, "reference"))); }

std::optional<TrialOutcome> TrialEvidence::outcome() const {
  return parse_trial_outcome(text_of(member(member(*document_, "trial"), "outcome")));
}

double TrialEvidence::gain() const {
  const Json& gain = member(member(*document_, "trial"), "gain");
  return gain.is_number() ? gain.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace clm
