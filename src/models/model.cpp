#include "models/model.hpp"

#include <nlohmann/json.hpp>

namespace clm {

nlohmann::json Trainer::parameters_of(const Model&) const { return parameters(); }

Status Model::contributions(const RowSet&, std::span<double>) const {
  return fail(ErrorKind::usage, "model.contributions",
              "forecasts of " + std::string(type()) + " do not come apart by feature", {},
              "xgboost, lightgbm and ridge offer it.");
}

}  // namespace clm
