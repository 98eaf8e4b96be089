#include "serving/explanation_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "serving/forecast_report.hpp"

namespace clm {
namespace {

/// `effects` descending by size.
void add_effects(nlohmann::json& document, const std::vector<FeatureEffect>& effects, std::size_t top) {
  auto list = nlohmann::json::array();
  double others = 0;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const FeatureEffect& effect = effects[i];
    if (i >= top)
      others += effect.effect_bps;
    else
      list.push_back(
          {{"feature", effect.feature}, {"value", finite_or_null(effect.value)}, {"effect_bps", effect.effect_bps}});
  }
  document["features"] = std::move(list);
  document["other_features_bps"] = others;
}

nlohmann::json document_of(const MemberExplanation& member, std::size_t top, const RecipeNames& names) {
  const std::string recipe = names.of(member.vote.model_type, member.vote.version);
  nlohmann::json document{{"recipe", recipe.empty() ? nlohmann::json() : nlohmann::json(recipe)},
                          {"model_type", member.vote.model_type},
                          {"version", member.vote.version.str()},
                          {"learned_until", to_string(member.vote.learned_until)},
                          {"weight", member.vote.weight},
                          {"expected_return_bps", member.vote.expected_return_bps},
                          {"base_bps", member.base_bps},
                          {"why_not", nullptr}};
  add_effects(document, by_size(member.effects), top);
  if (!member.why_not.empty()) {
    document["why_not"] = member.why_not;
    document["base_bps"] = nullptr;
    document["other_features_bps"] = nullptr;
  }
  return document;
}

nlohmann::json document_of(const Explanation& explanation, const std::string& held_back, std::size_t top,
                           const RecipeNames& names) {
  const Prediction& prediction = explanation.prediction;
  const CombinedExplanation sum = combined(explanation);
  const std::string note = note_on(prediction, held_back);
  nlohmann::json document{{"symbol", prediction.symbol.str()},
                          {"action", to_string(prediction.action)},
                          {"note", note.empty() ? nlohmann::json() : nlohmann::json(note)},
                          {"expected_return_bps", finite_or_null(prediction.expected_return_bps)},
                          {"base_bps", sum.base_bps},
                          {"opaque_bps", sum.opaque_bps}};
  add_effects(document, sum.effects, top);
  auto members = nlohmann::json::array();
  for (const auto& member : explanation.members) members.push_back(document_of(member, top, names));
  document["members"] = std::move(members);
  document["abstained"] = to_json(prediction.abstained, names);
  auto canaries = nlohmann::json::array();
  for (const auto& canary : prediction.canaries) canaries.push_back(canary.str());
  document["canaries"] = std::move(canaries);
  return document;
}

}  // namespace

std::vector<FeatureEffect> by_size(std::vector<FeatureEffect> effects) {
  std::sort(effects.begin(), effects.end(), [](const FeatureEffect& a, const FeatureEffect& b) {
    const double size_a = std::fabs(a.effect_bps);
    const double size_b = std::fabs(b.effect_bps);
    return size_a != size_b ? size_a > size_b : a.feature < b.feature;
  });
  return effects;
}

CombinedExplanation combined(const Explanation& explanation) {
  CombinedExplanation sum;
  std::map<std::string, FeatureEffect> by_name;
  for (const auto& member : explanation.members) {
    const double weight = member.vote.weight;
    if (!member.why_not.empty()) sum.opaque_bps += weight * member.vote.expected_return_bps;
    sum.base_bps += weight * member.base_bps;
    for (const auto& effect : member.effects) {
      FeatureEffect& total =
          by_name.try_emplace(effect.feature, FeatureEffect{effect.feature, effect.value, 0}).first->second;
      total.effect_bps += weight * effect.effect_bps;
    }
  }
  for (auto& [name, effect] : by_name) sum.effects.push_back(std::move(effect));
  sum.effects = by_size(std::move(sum.effects));
  return sum;
}

std::set<VersionId> versions_in(const Explanations& explanations) {
  std::set<VersionId> versions;
  for (const Explanation& one : explanations.explanations) {
    for (const Vote& vote : one.prediction.votes) versions.insert(vote.version);
    for (const Abstention& absent : one.prediction.abstained)
      if (!absent.version.empty()) versions.insert(absent.version);
  }
  return versions;
}

nlohmann::json to_json(const Explanations& explanations, Timestamp as_of, std::size_t top, const RecipeNames& names) {
  auto list = nlohmann::json::array();
  for (const auto& explanation : explanations.explanations)
    list.push_back(document_of(explanation, explanations.held_back, top, names));
  const bool told_apart = explanations.regime != VolatilityRegime::unknown;
  return {{"as_of", to_string(as_of)},
          {"ensemble", explanations.ensemble.empty() ? nlohmann::json() : nlohmann::json(explanations.ensemble.str())},
          {"regime", told_apart ? nlohmann::json(to_string(explanations.regime)) : nlohmann::json()},
          {"explanations", list}};
}

}  // namespace clm
