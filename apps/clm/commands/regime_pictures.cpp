#include "commands/regime_pictures.hpp"

#include "cli/open_workspace.hpp"
#include "learning/triggers/regime_survey.hpp"

namespace clm::app {
namespace {

RegimePicture picture_of(const RegimeHistory& history, Interval interval) {
  RegimePicture out;
  const bool market = history.symbol.empty();
  out.name = market ? "The market" : history.symbol;
  out.price_title = market ? "Index of the mean return of all symbols, 100 at first" : "Closes, " + interval.name();
  for (std::size_t bar = 0; bar < history.price.size(); ++bar)
    out.price.push_back({static_cast<double>(history.first_close.ms() + static_cast<std::int64_t>(bar) * interval.ms()),
                         history.price[bar]});
  for (const VolatilityStretch& one : history.volatility)
    out.volatility.push_back({std::string(to_string(one.state)), one.from.ms(), one.to.ms()});
  for (const TrendStretch& one : history.trend)
    out.trend.push_back({std::string(to_string(one.state)), one.from.ms(), one.to.ms(), one.began.ms()});
  return out;
}

}  // namespace

Result<RegimePictures> gather_regimes(Program& program, Workspace& workspace, const std::vector<std::string>& symbols) {
  const auto place = open_live_market(program, workspace, {});
  if (!place) return forward_error(place);
  const auto traced = trace_regimes(*place->candles, place->as_of, symbols, program.context());
  if (!traced) return forward_error(traced);
  RegimePictures out{{}, place->as_of};
  for (const RegimeHistory& history : *traced) out.pictures.push_back(picture_of(history, place->candles->interval()));
  return out;
}

}  // namespace clm::app
