#pragma once
#include <cstddef>
#include <vector>

#include "features/labels/dataset.hpp"
#include "market/series/candle.hpp"
#include "replay_case.hpp"

namespace clm {

/// All that is known of a pair: features and closes, one entry per bar.
struct PairHistory {
  FeatureFrame features;
  std::vector<double> close;
};

/// FreqAI's label: mean close of the next kLabelBars bars / close - 1.
inline constexpr std::size_t kLabelBars = 20;
/// Share of a window's rows, the last ones, that FreqAI only evaluates on.
inline constexpr double kTestShare = 0.25;

/// Maps [least, most] to [-1, 1] and back; a range of one value maps to 0.
struct MinMaxScale {
  double least = 0, most = 0;
  double apply(double value) const { return most > least ? 2.0 * (value - least) / (most - least) - 1.0 : 0.0; }
  double invert(double scaled) const { return (scaled + 1.0) / 2.0 * (most - least) + least; }
};

/// What a library is given for one window: scaled features and labels. The scales are those of the training rows.
struct WindowData {
  Dataset training;   ///< labels known within the window, no value missing, without the test part
  Dataset forecast;   ///< every bar of the forecast range; a row with a missing value is missing altogether
  MinMaxScale label;  ///< of `training.label`
  std::size_t first_forecast_row = 0;  ///< in the history
};

/// The label of a bar, not scaled; NaN where the history ends before it is known.
double label_of(const PairHistory& pair, std::size_t row);

/// A row is trained on only if its label is known by the end of `window.training`: the last kLabelBars bars are not.
WindowData make_window(const PairHistory& pair, const ReplayWindow& window);

}  // namespace clm
