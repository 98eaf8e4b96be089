#pragma once
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "serving/predictor.hpp"
#include "serving/recipe_names.hpp"

namespace clm {

/// What the vintages of one recipe say about a symbol together.
struct RecipeVote {
  std::string recipe;  ///< the version's own id where its recipe is not known
  std::string model_type;
  double expected_return_bps = 0;  ///< weighted mean of the members' votes
  double up_probability = 0;       ///< likewise
  double weight = 0;               ///< in the forecast, of all members
  std::vector<Vote> members;       ///< at least one; what was learned last comes first
};

/// Ascending by model type, then by recipe.
std::vector<RecipeVote> votes_by_recipe(const std::vector<Vote>& votes, const RecipeNames& names);

/// Every version that votes or abstains.
std::set<VersionId> versions_in(const Forecasts& forecasts);

/// {as_of, ensemble, regime, horizon_bars, entry_at, cost_band_bps, relative, predictions: [{symbol, action, note,
/// expected_return_bps, confidence, consensus: {agree, of}, disagreement_bps, votes (`votes_to_json`), abstained:
/// [{recipe, model_type, version, why}], canaries}]}.
/// horizon_bars: from entry to exit; null where nobody may vote. entry_at: the open of the bar
/// after the newest. cost_band_bps: a forecast inside +- this is a HOLD. relative: expected returns are less the mean
/// of the universe. note: null, or why the action is a HOLD although the forecast is not. disagreement_bps: null with
/// one vote. consensus: of all members.
nlohmann::json to_json(const Forecasts& forecasts, Timestamp as_of, const RecipeNames& names);

/// {recipe: {model_type, version, expected_return_bps, up_probability, weight, horizon_bars, members: [{version,
/// learned_until, expected_return_bps, up_probability, weight}]}}; version: the member that learned last.
nlohmann::json votes_to_json(const Prediction& prediction, const RecipeNames& names);

/// [{recipe, model_type, version, why}], null for a recipe or a version that there is not.
nlohmann::json to_json(const std::vector<Abstention>& abstained, const RecipeNames& names);

/// `held_back` and the note of a prediction, in one text; empty: neither.
std::string note_on(const Prediction& prediction, const std::string& held_back);

}  // namespace clm
