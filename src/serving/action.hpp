#pragma once
#include <string>
#include <string_view>

#include "evaluation/calibration/forecast_calibration.hpp"
#include "evaluation/metrics/trading_simulation.hpp"

namespace clm {

/// What a forecast is good for. HOLD is no forecast of a return near zero: it says that nothing is to be done on it.
enum class Action { buy, sell, hold };
std::string_view to_string(Action action);

/// What is paid for going in and out again: a forecast inside +- this is a HOLD.
double cost_band_bps(const TradingCosts& costs);

/// An action, and what has to be known beside it; empty: nothing.
struct Advice {
  Action action = Action::hold;
  std::string note;
};

/// BUY or SELL where the expected return is worth its costs and the probability does not say the contrary; else HOLD.
///
/// The two can be at odds, and each be right. A relative forecast is about the return less the universe's mean, the
/// probability about the price: in a falling market the best of the symbols still falls. And the mean of skewed returns
/// may lie on the other side of zero than most of them. A buyer earns the change of the price, so the probability has a
/// veto (`up_probability` below .5 on a BUY, above on a SELL), and the note says so, also inside the band.
Advice advise(double expected_return_bps, double up_probability, ReturnBasis basis, const TradingCosts& costs);

}  // namespace clm
