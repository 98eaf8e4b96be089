#include "window_data.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clm {
namespace {

struct RowRange {
  std::size_t begin = 0, end = 0;
};

RowRange rows_of(const FeatureFrame& frame, const TimeRange& range) {
  const auto at = [&](Timestamp t) {
    const auto found = std::lower_bound(frame.open_time_ms.begin(), frame.open_time_ms.end(), t.ms());
    return static_cast<std::size_t>(found - frame.open_time_ms.begin());
  };
  return {at(range.from), at(range.to)};
}

bool is_complete(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); });
}

std::vector<MinMaxScale> fit_scales(const FeatureFrame& frame, const std::vector<std::size_t>& rows) {
  std::vector<MinMaxScale> scales(frame.columns());
  for (std::size_t column = 0; column < scales.size(); ++column)
    scales[column].least = scales[column].most = double{frame.row(rows.front())[column]};
  for (const std::size_t row : rows)
    for (std::size_t column = 0; column < scales.size(); ++column) {
      const double value = double{frame.row(row)[column]};
      scales[column].least = std::min(scales[column].least, value);
      scales[column].most = std::max(scales[column].most, value);
    }
  return scales;
}

/// The rows with their features scaled, in a frame of their own.
Dataset scaled_rows(const FeatureFrame& frame, const std::vector<std::size_t>& rows,
                    const std::vector<MinMaxScale>& scales) {
  auto scaled = std::make_shared<FeatureFrame>();
  scaled->set_name = frame.set_name;
  scaled->set_hash = frame.set_hash;
  scaled->venue = frame.venue;
  scaled->interval = frame.interval;
  scaled->names = frame.names;
  scaled->symbols = frame.symbols;
  scaled->symbol_begin = {0, rows.size()};
  scaled->values = std::vector<float>(rows.size() * frame.columns());
  Dataset data;
  float* out = scaled->values.data();
  for (const std::size_t row : rows) {
    const auto values = frame.row(row);
    const bool complete = is_complete(values);
    for (std::size_t column = 0; column < values.size(); ++column)
      *out++ = static_cast<float>(complete ? scales[column].apply(double{values[column]}) : kMissing);
    const std::int64_t closed_ms = frame.open_time_ms[row] + frame.interval.ms();
    scaled->open_time_ms.push_back(frame.open_time_ms[row]);
    data.frame_row.push_back(static_cast<std::uint32_t>(data.frame_row.size()));
    data.decided_at_ms.push_back(closed_ms);
    data.known_at_ms.push_back(closed_ms + static_cast<std::int64_t>(kLabelBars) * frame.interval.ms());
  }
  data.symbol.assign(rows.size(), 0);
  data.label.assign(rows.size(), static_cast<float>(kMissing));
  data.forward_return.assign(rows.size(), static_cast<float>(kMissing));
  data.volatility.assign(rows.size(), 1.0F);
  data.weight.assign(rows.size(), 1.0F);
  data.frame = std::move(scaled);
  return data;
}

}  // namespace

double label_of(const PairHistory& pair, std::size_t row) {
  if (row + kLabelBars >= pair.close.size()) return kMissing;
  const auto next = pair.close.begin() + static_cast<std::ptrdiff_t>(row) + 1;
  return std::accumulate(next, next + kLabelBars, 0.0) / static_cast<double>(kLabelBars) / pair.close[row] - 1.0;
}

WindowData make_window(const PairHistory& pair, const ReplayWindow& window) {
  const RowRange seen = rows_of(pair.features, window.training);
  std::vector<std::size_t> rows;
  for (std::size_t row = seen.begin; row + kLabelBars < seen.end; ++row)
    if (is_complete(pair.features.row(row))) rows.push_back(row);
  // scikit-learn's train_test_split rounds the test part up.
  const auto test_rows = static_cast<std::size_t>(std::ceil(kTestShare * static_cast<double>(rows.size())));
  rows.resize(rows.size() - test_rows);

  WindowData data;
  if (rows.empty()) return data;
  const std::vector<MinMaxScale> scales = fit_scales(pair.features, rows);
  data.training = scaled_rows(pair.features, rows, scales);
  std::vector<double> labels;
  for (const std::size_t row : rows) labels.push_back(label_of(pair, row));
  const auto [least, most] = std::minmax_element(labels.begin(), labels.end());
  data.label = {*least, *most};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    data.training.label[i] = static_cast<float>(data.label.apply(labels[i]));
    data.training.forward_return[i] = static_cast<float>(std::log1p(labels[i]));
  }

  const RowRange ahead = rows_of(pair.features, window.forecast);
  data.first_forecast_row = ahead.begin;
  std::vector<std::size_t> forecast(ahead.end - ahead.begin);
  std::iota(forecast.begin(), forecast.end(), ahead.begin);
  data.forecast = scaled_rows(pair.features, forecast, scales);
  return data;
}

}  // namespace clm
