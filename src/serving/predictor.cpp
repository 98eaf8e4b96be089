#include "serving/predictor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <nlohmann/json.hpp>

#include "features/feature_engine.hpp"
#include "features/feature_set.hpp"

namespace clm {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr double kBpsPerUnit = 1e4;

/// The newest row of every symbol as rows a model can be asked about. There are no labels: nobody knows them yet.
Dataset unlabelled_rows(std::shared_ptr<const FeatureFrame> frame) {
  Dataset data;
  for (std::size_t s = 0; s < frame->symbols.size(); ++s) {
    for (std::size_t row = frame->symbol_begin[s]; row < frame->symbol_begin[s + 1]; ++row) {
      data.frame_row.push_back(static_cast<std::uint32_t>(row));
      data.symbol.push_back(static_cast<std::uint16_t>(s));
      data.decided_at_ms.push_back(frame->open_time_ms[row] + frame->interval.ms());
    }
  }
  data.known_at_ms.assign(data.size(), Timestamp::max().ms());
  data.label.assign(data.size(), kUnknown);
  data.forward_return.assign(data.size(), kUnknown);
  data.volatility.assign(data.size(), kUnknown);
  data.weight.assign(data.size(), 1.0F);
  data.frame = std::move(frame);
  return data;
}

/// The newest rows under one feature set, computed once for all members that use it.
struct LatestRows {
  std::string feature_set;
  Dataset data;
};

void decide(Prediction& prediction, const TradingCosts& costs) {
  double weights = 0, expected = 0, up = 0;
  for (const auto& vote : prediction.votes) weights += vote.weight;
  for (auto& vote : prediction.votes) {
    vote.weight /= weights;
    expected += vote.weight * vote.expected_return_bps;
    up += vote.weight * vote.up_probability;
  }
  if (prediction.votes.empty()) {
    prediction.expected_return_bps = prediction.confidence = kMissing;
    return;
  }
  prediction.expected_return_bps = expected;
  prediction.confidence = expected >= 0 ? up : 1 - up;
  const double round_trip_bps = 2 * costs.per_side_bps();
  if (expected > round_trip_bps) prediction.action = Action::buy;
  if (expected < -round_trip_bps) prediction.action = Action::sell;
}

nlohmann::json number(double value) { return std::isnan(value) ? nlohmann::json() : nlohmann::json(value); }

}  // namespace

std::string_view to_string(Action action) {
  switch (action) {
    case Action::buy: return "BUY";
    case Action::sell: return "SELL";
    case Action::hold: return "HOLD";
  }
  return {};
}

Result<Predictor> Predictor::load(const Registry& registry, const std::vector<std::string>& model_types,
                                  PredictorOptions options, IfBroken if_broken) {
  Predictor predictor;
  predictor.options_ = std::move(options);
  for (const auto& model_type : model_types) {
    const auto active = registry.active(Slot{model_type});
    if (!active) return forward_error(active);
    if (!*active) {
      predictor.absent_.push_back({model_type, "no version is active"});
      continue;
    }
    auto member = [&]() -> Result<Member> {
      const auto artifact = registry.open_artifact((*active)->record);
      if (!artifact) return forward_error(artifact);
      const auto label = read_label_options(artifact->manifest.label_json);
      if (!label) return forward_error(label);
      auto model = load_calibrated_model(model_type, artifact->directory);
      if (!model) return forward_error(model);
      return Member{model_type, artifact->version, artifact->manifest.feature_set, *label, std::move(*model)};
    }();
    if (member) {
      predictor.members_.push_back(std::move(*member));
    } else if (if_broken == IfBroken::refuse) {
      return forward_error(member);
    } else {
      predictor.absent_.push_back({model_type, to_string(member.error())});
    }
  }
  return predictor;
}

Result<std::vector<Prediction>> Predictor::predict(const CandleSource& candles, const ContextSource* context,
                                                   Timestamp as_of, const RunContext& run) const {
  std::vector<Prediction> predictions;
  for (const auto& symbol : candles.symbols()) predictions.push_back({symbol, Action::hold, 0, 0, {}, absent_});

  std::vector<LatestRows> latest;
  for (const auto& member : members_) {
    auto rows = std::find_if(latest.begin(), latest.end(),
                             [&](const LatestRows& known) { return known.feature_set == member.feature_set; });
    if (rows == latest.end()) {
      const auto features = feature_set(member.feature_set);
      if (!features) return forward_error(features);
      auto frame = compute_latest_features(*features, candles, context, as_of, run);
      if (!frame) return forward_error(frame);
      latest.push_back({member.feature_set, unlabelled_rows(std::make_shared<const FeatureFrame>(std::move(*frame)))});
      rows = latest.end() - 1;
    }
    const RowSet asked = all_rows(rows->data);
    const auto forecasts = member.model.raw_forecast(asked);
    if (!forecasts) return forward_error(forecasts);

    std::vector<bool> answered(predictions.size(), false);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const std::size_t s = rows->data.symbol[i];
      Prediction& prediction = predictions[s];
      answered[s] = true;
      const auto series = candles.load(s);
      if (!series) return forward_error(series);
      const auto volatility = horizon_volatility(*series, member.label.volatility_bars, member.label.horizon_bars);
      const double forecast = static_cast<double>((*forecasts)[i]);
      const double unit = volatility.empty() ? kMissing : static_cast<double>(volatility.back());
      if (std::isnan(forecast) || std::isnan(unit)) {
        prediction.abstained.push_back({member.model_type, std::isnan(forecast) ? "the model has no forecast"
                                                                                : "no recent volatility to scale by"});
        continue;
      }
      const auto weight = options_.weights.find(member.model_type);
      prediction.votes.push_back(
          {member.model_type, member.version, kBpsPerUnit * unit * member.model.calibration.scaled(forecast),
           member.model.calibration.up_probability(forecast), weight == options_.weights.end() ? 1.0 : weight->second});
    }
    for (std::size_t s = 0; s < predictions.size(); ++s)
      if (!answered[s]) predictions[s].abstained.push_back({member.model_type, "no bar closed at " + to_string(as_of)});
  }
  for (auto& prediction : predictions) decide(prediction, options_.costs);
  return predictions;
}

nlohmann::json to_json(const std::vector<Prediction>& predictions, Timestamp as_of) {
  auto list = nlohmann::json::array();
  for (const auto& prediction : predictions) {
    auto votes = nlohmann::json::object();
    for (const auto& vote : prediction.votes)
      votes[vote.model_type] = {{"version", vote.version.str()},
                                {"expected_return_bps", vote.expected_return_bps},
                                {"up_probability", vote.up_probability},
                                {"weight", vote.weight}};
    auto abstained = nlohmann::json::array();
    for (const auto& absent : prediction.abstained)
      abstained.push_back({{"model_type", absent.model_type}, {"why", absent.why}});
    list.push_back({{"symbol", prediction.symbol.str()},
                    {"action", to_string(prediction.action)},
                    {"expected_return_bps", number(prediction.expected_return_bps)},
                    {"confidence", number(prediction.confidence)},
                    {"votes", votes},
                    {"abstained", abstained}});
  }
  return {{"as_of", to_string(as_of)}, {"predictions", list}};
}

}  // namespace clm
