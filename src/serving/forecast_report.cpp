#include "serving/forecast_report.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"

namespace clm {
namespace {

nlohmann::json text_or_null(const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); }

}  // namespace

std::string note_on(const Prediction& prediction, const std::string& held_back) {
  return held_back + (held_back.empty() || prediction.note.empty() ? "" : "; ") + prediction.note;
}

nlohmann::json votes_to_json(const Prediction& prediction) {
  auto votes = nlohmann::json::object();
  for (const auto& vote : prediction.votes)
    votes[vote.model_type] = {{"version", vote.version.str()},
                              {"expected_return_bps", vote.expected_return_bps},
                              {"up_probability", vote.up_probability},
                              {"weight", vote.weight},
                              {"horizon_bars", vote.horizon_bars}};
  return votes;
}

nlohmann::json to_json(const Forecasts& forecasts, Timestamp as_of) {
  auto list = nlohmann::json::array();
  for (const auto& prediction : forecasts.predictions) {
    auto abstained = nlohmann::json::array(), canaries = nlohmann::json::array();
    for (const auto& canary : prediction.canaries) canaries.push_back(canary.str());
    for (const auto& absent : prediction.abstained)
      abstained.push_back({{"model_type", absent.model_type}, {"why", absent.why}});
    list.push_back({{"symbol", prediction.symbol.str()},
                    {"action", to_string(prediction.action)},
                    {"note", text_or_null(note_on(prediction, forecasts.held_back))},
                    {"expected_return_bps", finite_or_null(prediction.expected_return_bps)},
                    {"confidence", finite_or_null(prediction.confidence)},
                    {"consensus", {{"agree", prediction.agree}, {"of", prediction.votes.size()}}},
                    {"disagreement_bps", finite_or_null(prediction.disagreement_bps)},
                    {"votes", votes_to_json(prediction)},
                    {"abstained", abstained},
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
