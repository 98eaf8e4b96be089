#include "serving/action.hpp"

#include "base/number_text.hpp"

namespace clm {
namespace {

std::string contradiction(double expected_return_bps, double up_probability, ReturnBasis basis) {
  const bool is_up = expected_return_bps > 0;
  const std::string bps = (is_up ? "+" : "") + fixed(expected_return_bps, 1) + " bps";
  const std::string probability = " (probability of rising " + fixed(up_probability, 3) + ")";
  if (basis == ReturnBasis::relative)
    return std::string("expected to do ") + (is_up ? "better" : "worse") + " than the universe (" + bps +
           "), and yet more likely to " + (is_up ? "fall" : "rise") + " than to " + (is_up ? "rise" : "fall") +
           probability;
  return std::string("its mean return is ") + (is_up ? "above" : "below") + " zero (" + bps +
         "), and yet it is more likely to " + (is_up ? "fall" : "rise") + probability + ": few large " +
         (is_up ? "gains" : "losses") + " beside many small " + (is_up ? "losses" : "gains");
}

}  // namespace

std::string_view to_string(Action action) {
  switch (action) {
    case Action::buy: return "BUY";
    case Action::sell: return "SELL";
    case Action::hold: return "HOLD";
  }
  return {};
}

double cost_band_bps(const TradingCosts& costs) { return 2 * costs.per_side_bps(); }

Advice advise(double expected_return_bps, double up_probability, ReturnBasis basis, const TradingCosts& costs) {
  const bool is_contradicted =
      (expected_return_bps > 0 && up_probability < 0.5) || (expected_return_bps < 0 && up_probability > 0.5);
  if (is_contradicted) return {Action::hold, contradiction(expected_return_bps, up_probability, basis)};
  const double band_bps = cost_band_bps(costs);
  if (expected_return_bps > band_bps) return {Action::buy, {}};
  if (expected_return_bps < -band_bps) return {Action::sell, {}};
  return {};
}

}  // namespace clm
