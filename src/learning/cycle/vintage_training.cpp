#include "learning/cycle/vintage_training.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/data/label_overlap.hpp"
#include "models/mean_model.hpp"
#include "models/trainers.hpp"

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
  return last_label_end(manifest, data.rows.data.frame->interval);
}

/// The rows of another fit of the same moment.
void add_rows(const TrainingSplit& other, TrainingSplit& all) {
  std::vector<std::uint32_t> rows;
  std::set_union(all.fit.rows.begin(), all.fit.rows.end(), other.fit.rows.begin(), other.fit.rows.end(),
                 std::back_inserter(rows));
  all.fit.rows = std::move(rows);
  all.training_span.from = std::min(all.training_span.from, other.training_span.from);
}

std::size_t first_row_from(const Dataset& rows, Timestamp time) {
  return static_cast<std::size_t>(std::lower_bound(rows.decided_at_ms.begin(), rows.decided_at_ms.end(), time.ms()) -
                                  rows.decided_at_ms.begin());
}

bool was_fitted_since(const Manifest& manifest, Timestamp time) {
  const auto protocol = read_protocol(manifest.protocol_json);
  return protocol && protocol->since && *protocol->since >= time;
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
  RowSet known = known_at(data.rows.data, protocol.training.window_days, until);
  if (protocol.since)
    std::erase_if(known.rows,
                  [&](std::uint32_t row) { return data.rows.data.decided_at_ms[row] < protocol.since->ms(); });
  return split_of_known(known, stops_early_by(protocol), protocol.training, until);
}

RowSet rows_after_origin(const Dataset& data, Timestamp origin, Timestamp as_of) {
  RowSet rows{&data, {}};
  for (std::size_t row = first_row_from(data, origin + Duration(1)); row < data.size(); ++row)
    if (data.known_at_ms[row] <= as_of.ms()) rows.rows.push_back(static_cast<std::uint32_t>(row));
  return rows;
}

Result<PastForecasts> past_forecasts(const std::vector<StoredArtifact>& earlier, const LearningData& data,
                                     ForecastMemory* memory, std::optional<Timestamp> since) {
  const Dataset& rows = data.rows.data;
  PastForecasts record{{&rows, {}}, {}};
  std::vector<std::size_t> begin;
  for (const StoredArtifact& artifact : earlier)
    begin.push_back(first_row_from(rows, clean_from(artifact.manifest, data)));
  begin.push_back(rows.size());
  for (std::size_t v = 0; v < earlier.size(); ++v) {
    // The next one speaks where it was not fitted, whichever of them ends first.
    std::size_t end = *std::min_element(begin.begin() + static_cast<std::ptrdiff_t>(v) + 1, begin.end());
    if (since && !was_fitted_since(earlier[v].manifest, *since)) end = std::min(end, first_row_from(rows, *since));
    const std::size_t first = std::max(begin[v], rows.size() - std::min(rows.size(), kRecordRows));
    if (first >= end) continue;
    const auto said = memory == nullptr ? ask_stored_version(earlier[v], rows, first, end)
                                        : memory->raw_forecast(earlier[v], rows, first, end);
    if (!said) return forward_error(said);
    for (std::size_t row = first; row < end; ++row) record.rows.rows.push_back(static_cast<std::uint32_t>(row));
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

Result<VintageFit> fit_vintage(const Trainer& trainer, const LearningData& data, Protocol& protocol,
                               const RunContext& run, const TrainingFolders& folders) {
  VintageFit out;
  std::vector<std::unique_ptr<Model>> fits;
  std::vector<nlohmann::json> parameters;
  for (std::int64_t fit = 0; fit < protocol.fits; ++fit) {
    Protocol own = protocol;
    own.training.seed += fit;
    auto split = split_of(data, own);
    if (!split) return forward_error(split);
    std::unique_ptr<Trainer> again;
    if (!protocol.fit_parameters.empty()) {
      auto made = make_trainer(trainer.type(), nlohmann::json::parse(protocol.fit_parameters[fits.size()]));
      if (!made) return forward_error(made);
      again = std::move(*made);
    }
    const Trainer& its = again ? *again : trainer;
    auto model = train_model(its, *split, own.training, run, folders);
    if (!model) return forward_error(model);
    parameters.push_back(its.parameters_of(**model));
    fits.push_back(std::move(*model));
    if (fit == 0)
      out.split = std::move(*split);
    else
      add_rows(*split, out.split);
  }
  protocol.fit_parameters.clear();
  if (std::any_of(parameters.begin(), parameters.end(), [&](const auto& one) { return one != parameters.front(); }))
    for (const auto& one : parameters) protocol.fit_parameters.push_back(one.dump());
  out.model = fits.size() == 1 ? std::move(fits.front()) : mean_of_fits(std::move(fits));
  return out;
}

Result<StoredVintage> train_vintage_into(const std::filesystem::path& directory, const Trainer& trainer,
                                         const LearningData& data, Protocol& protocol, const PastForecasts& record,
                                         const RunContext& run, const TrainingFolders& folders) {
  auto calibration =
      ForecastCalibration::fit(*judged_rows_of(data, record.rows), record.forecast, return_basis(data.label.target));
  if (!calibration) return forward_error(calibration);
  auto fit = fit_vintage(trainer, data, protocol, run, folders);
  if (!fit) return forward_error(fit);
  auto stored = store_calibrated(directory, CalibratedModel{std::move(fit->model), std::move(*calibration)}, trainer);
  if (!stored) return forward_error(stored);
  return StoredVintage{std::move(*stored), std::move(fit->split)};
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
