#pragma once
#include "serving/data_lateness.hpp"
#include "serving/predictor.hpp"

namespace clm {

/// Where the data are stale every action becomes HOLD, and `held_back` says why; otherwise nothing changes. What the
/// models said stays as it was said.
void hold_back_if_stale(Forecasts& forecasts, const DataLateness& lateness);
void hold_back_if_stale(Explanations& explanations, const DataLateness& lateness);

}  // namespace clm
