#include "models/sequence/forecast_protocol.hpp"

#include <array>
#include <cmath>

namespace clm {
namespace {

constexpr std::size_t kBatch = 512;

/// Sums errors window by window, so that the order of summation does not depend on the batch.
class ErrorSum {
 public:
  void add(float forecast, float target) {
    const double error = static_cast<double>(forecast) - static_cast<double>(target);
    squares_ += error * error;
    absolute_ += std::abs(error);
    ++count_;
  }
  Result<ForecastError> mean() const {
    if (count_ == 0)
      return fail(ErrorKind::data, "forecast.no_windows", "there is no window to judge on", {},
                  "Give more rows, or shorten input and horizon.");
    const auto count = static_cast<double>(count_);
    return ForecastError{squares_ / count, absolute_ / count};
  }

 private:
  double squares_ = 0, absolute_ = 0;
  std::size_t count_ = 0;
};

struct Published {
  std::string_view model, series;
  std::array<ForecastError, 4> errors;  // at 96, 192, 336, 720
};

constexpr std::array<std::size_t, 4> kHorizons = {96, 192, 336, 720};
constexpr std::array<Published, 10> kPublished = {{
    {"naive", "ETTh1", {{{1.295, .713}, {1.325, .733}, {1.323, .744}, {1.339, .756}}}},
    {"naive", "ETTh2", {{{.432, .422}, {.534, .473}, {.591, .508}, {.588, .517}}}},
    {"nlinear", "ETTh1", {{{.374, .394}, {.408, .415}, {.429, .427}, {.440, .453}}}},
    {"nlinear", "ETTh2", {{{.277, .338}, {.344, .381}, {.357, .400}, {.394, .436}}}},
    {"dlinear", "ETTh1", {{{.375, .399}, {.405, .416}, {.439, .443}, {.472, .490}}}},
    {"dlinear", "ETTh2", {{{.289, .353}, {.383, .418}, {.448, .465}, {.605, .551}}}},
    {"nhits", "ETTh1", {{{.378, .393}, {.427, .436}, {.458, .484}, {.561, .501}}}},
    {"nhits", "ETTh2", {{{.274, .345}, {.353, .401}, {.382, .425}, {.625, .557}}}},
    {"patchtst", "ETTh1", {{{.375, .399}, {.414, .421}, {.431, .436}, {.449, .466}}}},
    {"patchtst", "ETTh2", {{{.274, .336}, {.339, .379}, {.331, .380}, {.379, .422}}}},
}};

}  // namespace

Result<ProtocolSplit> protocol_split(std::string_view series, std::size_t rows) {
  constexpr std::size_t kMonth = 30 * 24;
  ProtocolSplit split;
  if (series.starts_with("ETTh") || series.starts_with("ETTm")) {
    const std::size_t month = series[3] == 'm' ? 4 * kMonth : kMonth;
    split = {12 * month, 4 * month, 4 * month};
    if (rows < 20 * month)
      return fail(ErrorKind::data, "table.too_short",
                  "the series has " + std::to_string(rows) + " rows, the protocol needs " + std::to_string(20 * month),
                  std::string(series), "Take the whole file of the ETT data set, or give the series another name.");
    return split;
  }
  split.training_rows = rows * 7 / 10;
  split.test_rows = rows * 2 / 10;
  split.validation_rows = rows - split.training_rows - split.test_rows;
  return split;
}

Result<ForecastError> naive_error(const WindowSource& windows) {
  const WindowShape shape = windows.shape();
  ErrorSum sum;
  (void)for_each_batch(windows, kBatch, [&](std::size_t, const WindowBatch& batch) -> Status {
    for (std::size_t window = 0; window < batch.windows; ++window) {
      const float last = batch.inputs[window * shape.input_size() + shape.input_length - 1];
      for (std::size_t step = 0; step < shape.horizon; ++step)
        sum.add(last, batch.targets[window * shape.horizon + step]);
    }
    return {};
  });
  return sum.mean();
}

Result<ForecastError> forecast_error(const SequenceForecaster& forecaster, const WindowSource& windows) {
  const WindowShape shape = windows.shape();
  std::size_t path = 0;
  const std::vector<double>& quantiles = forecaster.quantiles();
  for (std::size_t i = 1; i < quantiles.size(); ++i)
    if (std::abs(quantiles[i] - .5) < std::abs(quantiles[path] - .5)) path = i;
  ErrorSum sum;
  std::vector<float> out;
  const Status done = for_each_batch(windows, kBatch, [&](std::size_t, const WindowBatch& batch) -> Status {
    out.resize(batch.windows * forecaster.paths() * shape.horizon);
    if (Status made = forecaster.forecast(batch.inputs, batch.windows, out); !made) return made;
    for (std::size_t window = 0; window < batch.windows; ++window)
      for (std::size_t step = 0; step < shape.horizon; ++step)
        sum.add(out[(window * forecaster.paths() + path) * shape.horizon + step],
                batch.targets[window * shape.horizon + step]);
    return {};
  });
  if (!done) return forward_error(done);
  return sum.mean();
}

std::optional<ForecastError> published_error(std::string_view model, std::string_view series, std::size_t horizon) {
  for (const Published& table : kPublished) {
    if (table.model != model || table.series != series) continue;
    for (std::size_t i = 0; i < kHorizons.size(); ++i)
      if (kHorizons[i] == horizon) return table.errors[i];
  }
  return std::nullopt;
}

}  // namespace clm
