#include "serving/forecast_report.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"

namespace clm {
namespace {

nlohmann::json text_or_null(const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); }

}  // namespace

std::string note_on(const Prediction& prediction, const std::string& held_back) {
  return held_back + (held_back.empty() || prediction.note.empty() ? "" : "; ") + prediction.note;
}

std::vector<RecipeVote> votes_by_recipe(const std::vector<Vote>& votes, const RecipeNames& names) {
  std::map<std::pair<std::string, std::string>, RecipeVote> by_recipe;
  for (const Vote& vote : votes) {
    std::string recipe = names.of(vote.model_type, vote.version);
    if (recipe.empty()) recipe = vote.version.str();
    RecipeVote& one = by_recipe[{vote.model_type, recipe}];
    one.recipe = recipe;
    one.model_type = vote.model_type;
    one.weight += vote.weight;
    one.members.push_back(vote);
  }
  std::vector<RecipeVote> out;
  for (auto& [name, one] : by_recipe) {
    std::stable_sort(one.members.begin(), one.members.end(),
                     [](const Vote& a, const Vote& b) { return a.learned_until > b.learned_until; });
    for (const Vote& vote : one.members) {
      const double share = one.weight > 0 ? vote.weight / one.weight : 1 / static_cast<double>(one.members.size());
      one.expected_return_bps += share * vote.expected_return_bps;
      one.up_probability += share * vote.up_probability;
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::set<VersionId> versions_in(const Forecasts& forecasts) {
  std::set<VersionId> versions;
  for (const Prediction& prediction : forecasts.predictions) {
    for (const Vote& vote : prediction.votes) versions.insert(vote.version);
    for (const Abstention& absent : prediction.abstained)
      if (!absent.version.empty()) versions.insert(absent.version);
  }
  return versions;
}

nlohmann::json votes_to_json(const Prediction& prediction, const RecipeNames& names) {
  auto votes = nlohmann::json::object();
  for (const RecipeVote& one : votes_by_recipe(prediction.votes, names)) {
    auto members = nlohmann::json::array();
    for (const Vote& vote : one.members)
      members.push_back({{"version", vote.version.str()},
                         {"learned_until", to_string(vote.learned_until)},
                         {"expected_return_bps", vote.expected_return_bps},
                         {"up_probability", vote.up_probability},
                         {"weight", vote.weight}});
    votes[one.recipe] = {{"model_type", one.model_type},
                         {"version", one.members.front().version.str()},
                         {"expected_return_bps", one.expected_return_bps},
                         {"up_probability", one.up_probability},
                         {"weight", one.weight},
                         {"horizon_bars", one.members.front().horizon_bars},
                         {"members", std::move(members)}};
  }
  return votes;
}

nlohmann::json to_json(const std::vector<Abstention>& abstained, const RecipeNames& names) {
  auto list = nlohmann::json::array();
  for (const Abstention& absent : abstained)
    list.push_back({{"recipe", text_or_null(names.of(absent.model_type, absent.version))},
                    {"model_type", absent.model_type},
                    {"version", text_or_null(absent.version.str())},
                    {"why", absent.why}});
  return list;
}

nlohmann::json to_json(const Forecasts& forecasts, Timestamp as_of, const RecipeNames& names) {
  auto list = nlohmann::json::array();
  for (const auto& prediction : forecasts.predictions) {
    auto canaries = nlohmann::json::array();
    for (const auto& canary : prediction.canaries) canaries.push_back(canary.str());
    list.push_back({{"symbol", prediction.symbol.str()},
                    {"action", to_string(prediction.action)},
                    {"note", text_or_null(note_on(prediction, forecasts.held_back))},
                    {"expected_return_bps", finite_or_null(prediction.expected_return_bps)},
                    {"confidence", finite_or_null(prediction.confidence)},
                    {"consensus", {{"agree", prediction.agree}, {"of", prediction.votes.size()}}},
                    {"disagreement_bps", finite_or_null(prediction.disagreement_bps)},
                    {"votes", votes_to_json(prediction, names)},
                    {"abstained", to_json(prediction.abstained, names)},
                    {"canaries", canaries}});
  }
  const bool told_apart = forecasts.regime != VolatilityRegime::unknown;
  return {{"as_of", to_string(as_of)},
          {"ensemble", forecasts.ensemble.empty() ? nlohmann::json() : nlohmann::json(forecasts.ensemble.str())},
          {"regime", told_apart ? nlohmann::json(to_string(forecasts.regime)) : nlohmann::json()},
          {"horizon_bars", forecasts.horizon_bars ? nlohmann::json(*forecasts.horizon_bars) : nlohmann::json()},
          {"entry_at", to_string(as_of)},
          {"cost_band_bps", forecasts.cost_band_bps},
          {"relative", forecasts.basis == ReturnBasis::relative},
          {"predictions", list}};
}

}  // namespace clm
