#pragma once
#include <optional>
#include <string_view>

#include "models/sequence/sequence_forecaster.hpp"
#include "models/sequence/sliding_windows.hpp"

namespace clm {

/// How the papers on long-horizon forecasting cut a table: rows for training, then validation, then test.
struct ProtocolSplit {
  std::size_t training_rows = 0;
  std::size_t validation_rows = 0;
  std::size_t test_rows = 0;

  RowRange training() const { return {0, training_rows}; }
  /// Validation and test windows take their inputs from the rows before; only their targets lie in their own rows.
  RowRange validation(std::size_t input_length) const {
    return {training_rows - std::min(training_rows, input_length), training_rows + validation_rows};
  }
  RowRange test(std::size_t input_length) const {
    const std::size_t from = training_rows + validation_rows;
    return {from - std::min(from, input_length), from + test_rows};
  }
};

/// ETTh* (hourly): 12, 4 and 4 months of 30 days; ETTm* (15 minutes): four times the rows (Zhou et al. 2021, Informer);
/// any other series: 70, 10 and 20 % of its rows. Error `table.too_short` (data).
Result<ProtocolSplit> protocol_split(std::string_view series, std::size_t rows);

/// Means over windows, steps and columns, in standardised units.
struct ForecastError {
  double mse = 0;
  double mae = 0;
};

/// The last input repeated: what every forecaster must beat. Error `forecast.no_windows` (data).
Result<ForecastError> naive_error(const WindowSource& windows);
/// Of the first path, or of the one whose quantile is nearest .5. Errors `forecast.no_windows` (data) and those of
/// forecast().
Result<ForecastError> forecast_error(const SequenceForecaster& forecaster, const WindowSource& windows);

/// MSE and MAE as the papers print them, for ETTh1 and ETTh2 at 96, 192, 336 and 720 steps: `naive` ("Repeat") and the
/// linear ones from Zeng et al. (2023), table 2, `patchtst` (with 42 patches) from Nie et al. (2023), table 3, `nhits`
/// from neuralforecast's long-horizon README (other scaling of the data). Mean over a test set without its last,
/// partial batch: on all windows the figures differ in the third digit.
std::optional<ForecastError> published_error(std::string_view model, std::string_view series, std::size_t horizon);

}  // namespace clm
