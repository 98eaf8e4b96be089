#include "report/ensemble_figures.hpp"

#include <nlohmann/json.hpp>

#include "report/json_reading.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;

std::vector<std::vector<double>> read_matrix(const Json& rows) {
  return each_of(rows, [](const Json& row) {
    return each_of(row, [](const Json& value) {
      return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
    });
  });
}

}  // namespace

std::optional<EnsembleFigures> ensemble_figures_in(const Json& ensemble) {
  if (!ensemble.is_object()) return std::nullopt;
  const Json& compared = member(ensemble, "members");
  EnsembleFigures out;
  out.rank_ic = estimate_in(member(compared, "rank_ic"), "mean");
  out.rows = number_in(compared, "rows");
  out.members = each_of(member(compared, "members"), [](const Json& m) {
    return EnsembleFigures::Member{text_in(m, "model_type"),
                                   text_in(m, "version"),
                                   number_in(m, "weight"),
                                   number_in(m, "coverage"),
                                   estimate_in(member(m, "rank_ic"), "mean"),
                                   estimate_in(member(m, "adds"), "mean")};
  });
  out.error_correlation = read_matrix(member(compared, "error_correlation"));
  out.forecast_correlation = read_matrix(member(compared, "forecast_correlation"));
  const Json& disagreement = member(compared, "disagreement");
  out.disagreement = number_in(disagreement, "mean");
  out.full_agreement = number_in(disagreement, "full_agreement");
  out.disagreement_and_error = estimate_in(member(disagreement, "rank_correlation_with_error"), "mean");
  const Json& weights = member(ensemble, "weights");
  out.reason = text_in(weights, "reason");
  out.trials = each_of(member(weights, "trials"), [](const Json& t) {
    const Json& used = member(t, "used");
    return EnsembleFigures::Trial{
        text_in(t, "source"), text_in(t, "against"), estimate_in(member(t, "squared_error_saved"), "mean"),
        estimate_in(member(t, "rank_ic_gained"), "mean"), used.is_boolean() && used.get<bool>()};
  });
  return out;
}

}  // namespace clm::app
