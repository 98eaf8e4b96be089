#pragma once
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/plots.hpp"

namespace clm::app {

/// What the evidence of an ensemble holds beside its judgement.
struct EnsembleFigures {
  struct Member {
    std::string model_type, version;
    double weight = std::numeric_limits<double>::quiet_NaN(), coverage = std::numeric_limits<double>::quiet_NaN();
    Estimate rank_ic;  ///< alone
    Estimate adds;     ///< to the rank IC of the ensemble without it
  };
  /// Weights that were held against those in force.
  struct Trial {
    std::string source, against;
    Estimate squared_error_saved, rank_ic_gained;
    bool used = false;
  };
  Estimate rank_ic;
  std::vector<Member> members;
  std::vector<std::vector<double>> error_correlation, forecast_correlation;  ///< in the order of the members
  double rows = 0, disagreement = 0, full_agreement = 0;
  Estimate disagreement_and_error;
  std::string reason;  ///< of the choice of weights
  std::vector<Trial> trials;
};

/// Of `Evidence::ensemble`; none where that is of a single model.
std::optional<EnsembleFigures> ensemble_figures_in(const nlohmann::json& ensemble);

}  // namespace clm::app
