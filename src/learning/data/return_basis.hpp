#pragma once
#include "evaluation/calibration/forecast_calibration.hpp"
#include "features/labels/label.hpp"

namespace clm {

/// Whether the label compares symbols, i.e. what its forecasts are about.
ReturnBasis return_basis(LabelTarget target);

}  // namespace clm
