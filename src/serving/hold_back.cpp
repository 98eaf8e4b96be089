#include "serving/hold_back.hpp"

namespace clm {
namespace {

std::string reason(const DataLateness& lateness) {
  return "held back: the candles are " + std::to_string(lateness.late_bars) + " bars late, and " +
         std::to_string(lateness.max_late_bars) + " are allowed (serving.max_late_bars)";
}

}  // namespace

void hold_back_if_stale(Forecasts& forecasts, const DataLateness& lateness) {
  if (!lateness.stale) return;
  forecasts.held_back = reason(lateness);
  for (auto& prediction : forecasts.predictions) prediction.action = Action::hold;
}

void hold_back_if_stale(Explanations& explanations, const DataLateness& lateness) {
  if (!lateness.stale) return;
  explanations.held_back = reason(lateness);
  for (auto& one : explanations.explanations) one.prediction.action = Action::hold;
}

}  // namespace clm
