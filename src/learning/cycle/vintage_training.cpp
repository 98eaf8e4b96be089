#include "learning/cycle/vintage_training.hpp"

#include <algorithm>

#include "base/file_io.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/data/label_overlap.hpp"

namespace clm {
namespace {

/// What is older says little about how a recipe does now, and sorting costs.
constexpr std::size_t kRecordRows = 200'000;

StopsEarly stops_early_by(const Protocol& protocol) {
  return protocol.training.validation_share > 0 ? StopsEarly::yes : StopsEarly::no;
}

/// From when on what a version says about a row is a forecast.
Timestamp clean_from(const Manifest& manifest, const LearningData& data) {
  const auto protocol = read_protocol(manifest.protocol_json);
  if (protocol && is_of_everything_known(*protocol)) return fitted_as_of(*protocol) + Duration(1);
  return label_end(manifest.training_span.to, data.label, data.rows.data.frame->interval);
}

std::size_t first_row_from(const Dataset& rows, Timestamp time) {
  return static_cast<std::size_t>(std::lower_bound(rows.decided_at_ms.begin(), rows.decided_at_ms.end(), time.ms()) -
                                  rows.decided_at_ms.begin());
}

}  // namespace

Protocol vintage_protocol(Protocol protocol, const Trainer& trainer, std::vector<std::string> calibrated_by) {
  protocol.training.holdout_share = 0;
  if (!trainer.stops_early()) protocol.training.validation_share = 0;
  protocol.calibrated_by = std::move(calibrated_by);
  return protocol;
}

Protocol origin_protocol(Protocol protocol, const Trainer& trainer, Timestamp origin) {
  protocol = vintage_protocol(std::move(protocol), trainer, {});
  protocol.origin = origin;
  return protocol;
}

Result<TrainingSplit> split_of(const LearningData& data, const Protocol& protocol) {
  if (!is_of_everything_known(protocol)) return split_for_training(data.rows.data, protocol.training, protocol.as_of);
  const Timestamp until = fitted_as_of(protocol);
  return split_of_known(known_at(data.rows.data, protocol.training.window_days, until), stops_early_by(protocol),
                        protocol.training, until);
}

RowSet rows_after_origin(const Dataset& data, Timestamp origin, Timestamp as_of) {
  RowSet rows{&data, {}};
  for (std::size_t row = first_row_from(data, origin + Duration(1)); row < data.size(); ++row)
    if (data.known_at_ms[row] <= as_of.ms()) rows.rows.push_back(static_cast<std::uint32_t>(row));
  return rows;
}

Result<PastForecasts> past_forecasts(const std::vector<StoredArtifact>& earlier, const LearningData& data) {
  const Dataset& rows = data.rows.data;
  PastForecasts record{{&rows, {}}, {}};
  std::vector<std::size_t> begin;
  for (const StoredArtifact& artifact : earlier)
    begin.push_back(first_row_from(rows, clean_from(artifact.manifest, data)));
  begin.push_back(rows.size());
  for (std::size_t v = 0; v < earlier.size(); ++v) {
    // The next one speaks where it was not fitted, whichever of them ends first.
    const std::size_t end = *std::min_element(begin.begin() + static_cast<std::ptrdiff_t>(v) + 1, begin.end());
    const std::size_t first = std::max(begin[v], rows.size() - std::min(rows.size(), kRecordRows));
    RowSet own{&rows, {}};
    for (std::size_t row = first; row < end; ++row) own.rows.push_back(static_cast<std::uint32_t>(row));
    if (own.rows.empty()) continue;
    const auto model = load_calibrated_model(earlier[v].manifest.model_type, earlier[v].directory);
    if (!model) return forward_error(model);
    const auto said = model->raw_forecast(own);
    if (!said) return forward_error(said);
    record.rows.rows.insert(record.rows.rows.end(), own.rows.begin(), own.rows.end());
    record.forecast.insert(record.forecast.end(), said->begin(), said->end());
  }
  return record;
}

Result<std::vector<StoredArtifact>> open_versions(const Registry& registry, const std::vector<std::string>& versions) {
  std::vector<StoredArtifact> artifacts;
  for (const std::string& version : versions) {
    const auto record = registry.find(version);
    if (!record) return forward_error(record);
    auto artifact = registry.open_artifact(*record);
    if (!artifact) {
      Error error = std::move(artifact.error());
      error.message = "its calibration rests on what an earlier version said: " + error.message;
      return tl::unexpected(std::move(error));
    }
    artifacts.push_back(std::move(*artifact));
  }
  return artifacts;
}

Result<CalibratedModel> train_vintage_into(const std::filesystem::path& directory, const Trainer& trainer,
                                           const LearningData& data, const TrainingSplit& split,
                                           const PastForecasts& record, const TrainingOptions& options,
                                           const RunContext& run, const std::filesystem::path& checkpoints) {
  auto calibration =
      ForecastCalibration::fit(*judged_rows_of(data, record.rows), record.forecast, return_basis(data.label.target));
  if (!calibration) return forward_error(calibration);
  auto model = train_model(trainer, split, options, run, checkpoints);
  if (!model) return forward_error(model);
  return store_calibrated(directory, CalibratedModel{std::move(*model), std::move(*calibration)}, trainer);
}

Result<CalibratedModel> store_origin_vintage(const std::filesystem::path& directory, std::unique_ptr<Model> model,
                                             const Trainer& trainer, const LearningData& data,
                                             const PastForecasts& since) {
  auto calibration =
      ForecastCalibration::fit(*judged_rows_of(data, since.rows), since.forecast, return_basis(data.label.target));
  if (!calibration) return forward_error(calibration);
  return store_calibrated(directory, CalibratedModel{std::move(model), std::move(*calibration)}, trainer);
}

}  // namespace clm
