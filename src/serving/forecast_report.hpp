#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "serving/predictor.hpp"

namespace clm {

/// {as_of, ensemble, regime, horizon_bars, entry_at, cost_band_bps, relative, predictions: [{symbol, action, note,
/// expected_return_bps, confidence, consensus: {agree, of}, disagreement_bps, votes: {model_type: {version,
/// expected_return_bps, up_probability, weight, horizon_bars}}, abstained: [{model_type, why}], canaries}]}.
/// horizon_bars: from entry to exit; null where nobody may vote. entry_at: the open of the bar
/// after the newest. cost_band_bps: a forecast inside +- this is a HOLD. relative: expected returns are less the mean
/// of the universe. note: null, or why the action is a HOLD although the forecast is not. disagreement_bps: null with
/// one vote.
nlohmann::json to_json(const Forecasts& forecasts, Timestamp as_of);

/// {model_type: {version, expected_return_bps, up_probability, weight, horizon_bars}}
nlohmann::json votes_to_json(const Prediction& prediction);

/// `held_back` and the note of a prediction, in one text; empty: neither.
std::string note_on(const Prediction& prediction, const std::string& held_back);

}  // namespace clm
