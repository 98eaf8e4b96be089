#pragma once
#include <string>
#include <vector>

#include "base/time.hpp"
#include "report/plots.hpp"

namespace clm::app {

/// What was said of a symbol or of the market, each state at the bars at which it was known.
struct RegimePicture {
  std::string name;              ///< "BTCUSDT", "The market"
  std::string price_title;       ///< what the line is
  std::vector<PlotPoint> price;  ///< x in ms, ascending; y NaN where missing
  struct Volatility {
    std::string state;  ///< calm, normal, turbulent, unknown
    std::int64_t from_ms = 0, to_ms = 0;
  };
  std::vector<Volatility> volatility;
  struct Trend {
    std::string state;  ///< down, flat, up, unknown
    std::int64_t from_ms = 0, to_ms = 0, began_ms = 0;
  };
  std::vector<Trend> trend;
};

/// A page that draws states of volatility and trends under the price, so that a person can judge them. The first
/// picture is the one that the page begins with. `as_of`: the newest close.
std::string regime_report(const std::vector<RegimePicture>& pictures, Timestamp as_of, Timestamp made_at);

}  // namespace clm::app
