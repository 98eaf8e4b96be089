// What an ensemble's evidence holds beside its judgement.
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "evaluation/ensemble/member_comparison.hpp"
#include "evaluation/ensemble/weight_choice.hpp"

namespace clm {
namespace {

using Json = nlohmann::json;

Json mean_json(const MeanEstimate& e) {
  return {{"mean", finite_or_null(e.mean)},
          {"interval", {finite_or_null(e.lo), finite_or_null(e.hi)}},
          {"p_greater", finite_or_null(e.p_greater)},
          {"count", e.count}};
}

Json to_json(const std::optional<TimeRange>& range) {
  return range ? Json{{"from", to_string(range->from)}, {"to", to_string(range->to)}} : Json(nullptr);
}

Json weights_json(const EnsembleWeights& weights) {
  Json out{{"source", to_string(weights.source)}, {"weights", weights.all}};
  if (!weights.by_regime) return out;
  auto& regimes = out["by_regime"];
  regimes["calm_up_to"] = weights.by_regime->rule.calm_up_to;
  regimes["normal_up_to"] = weights.by_regime->rule.normal_up_to;
  for (const auto regime : {VolatilityRegime::calm, VolatilityRegime::normal, VolatilityRegime::turbulent})
    regimes[std::string(to_string(regime))] = weights.in(regime);
  return out;
}

Json matrix_json(const std::vector<std::vector<double>>& matrix) {
  Json out = Json::array();
  for (const auto& row : matrix) {
    Json line = Json::array();
    for (const double value : row) line.push_back(finite_or_null(value));
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace

Json to_json(const WeightChoice& choice) {
  Json out = weights_json(choice.weights);
  out["reason"] = choice.reason;
  out["learned_rows"] = choice.learned_rows;
  out["checked_rows"] = choice.checked_rows;
  out["learned"] = to_json(choice.learned);
  out["checked"] = to_json(choice.checked);
  out["trials"] = Json::array();
  for (const auto& trial : choice.trials) {
    Json one = weights_json(trial.weights);
    one["against"] = to_string(trial.against);
    one["squared_error_saved"] = mean_json(trial.squared_error.difference);
    one["rank_ic_gained"] = mean_json(trial.rank_ic.difference);
    one["used"] = trial.used;
    out["trials"].push_back(std::move(one));
  }
  return out;
}

Json to_json(const MemberComparison& comparison) {
  Json members = Json::array();
  for (const auto& m : comparison.members)
    members.push_back({{"model_type", m.member.model_type},
                       {"version", m.member.version},
                       {"weight", m.weight},
                       {"coverage", finite_or_null(m.coverage)},
                       {"rank_ic", mean_json(m.rank_ic.mean)},
                       {"rank_ic_without", finite_or_null(m.adds.mean_b)},
                       {"adds", mean_json(m.adds.difference)}});
  return {{"rows", comparison.rows},
          {"times", comparison.times},
          {"rank_ic", mean_json(comparison.ensemble.mean)},
          {"members", members},
          {"error_correlation", matrix_json(comparison.error_correlation)},
          {"forecast_correlation", matrix_json(comparison.forecast_correlation)},
          {"disagreement",
           {{"mean", finite_or_null(comparison.mean_disagreement)},
            {"full_agreement", finite_or_null(comparison.full_agreement)},
            {"rank_correlation_with_error", mean_json(comparison.disagreement_and_error.mean)}}}};
}

}  // namespace clm
