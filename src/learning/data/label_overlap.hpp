#pragma once
#include <span>

#include "base/time.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "features/labels/label.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// When the last label was known of which a decision at `decided` is the beginning: decisions from then on share no
/// part of it.
Timestamp label_end(Timestamp decided, const LabelOptions& label, Interval interval);

/// The same of the last row that a version was fitted, stopped or calibrated by, by its own label, which may end later
/// than that of others who forecast the same. The end of time where its manifest does not hold a label.
Timestamp last_label_end(const Manifest& manifest, Interval interval);

/// Forecasts of rows whose labels touch those that the version of `manifest` was trained on would flatter it: it
/// abstains there, which is NaN. One forecast per row of `truth`.
void hide_trained_rows(std::span<float> forecasts, const JudgedRows& truth, const Manifest& manifest);

}  // namespace clm
