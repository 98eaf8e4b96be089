#include "learning/cycle/forecast_memory.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "evaluation/calibration/calibrated_model.hpp"

namespace clm {

Result<std::vector<float>> ask_stored_version(const StoredArtifact& version, const Dataset& data, std::size_t begin,
                                              std::size_t end) {
  const auto model = load_calibrated_model(version.manifest.model_type, version.directory);
  if (!model) return forward_error(model);
  RowSet rows{&data, std::vector<std::uint32_t>(end - begin)};
  std::iota(rows.rows.begin(), rows.rows.end(), static_cast<std::uint32_t>(begin));
  return model->raw_forecast(rows);
}

Result<std::vector<float>> ForecastMemory::raw_forecast(const StoredArtifact& version, const Dataset& data,
                                                        std::size_t begin, std::size_t end) {
  Said said = take(version.version, data, begin, end);
  const std::size_t known_end = begin + said.forecast.size();
  if (known_end < end) {
    const auto more = ask_stored_version(version, data, known_end, end);
    if (!more) return forward_error(more);
    said.forecast.insert(said.forecast.end(), more->begin(), more->end());
    said.frame_row.insert(said.frame_row.end(), data.frame_row.begin() + static_cast<std::ptrdiff_t>(known_end),
                          data.frame_row.begin() + static_cast<std::ptrdiff_t>(end));
  }
  std::vector<float> forecast = said.forecast;
  const std::lock_guard lock(mutex_);
  said_.push_front(std::move(said));
  if (said_.size() > kVersions) said_.pop_back();
  return forecast;
}

ForecastMemory::Said ForecastMemory::take(const VersionId& version, const Dataset& data, std::size_t begin,
                                          std::size_t end) {
  Said said{version, data.frame, begin, {}, {}};
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(said_.begin(), said_.end(), [&](const Said& one) { return one.version == version; });
  if (found == said_.end()) return said;
  const Said before = std::move(*found);
  said_.erase(found);
  if (before.frame != data.frame || before.begin > begin || before.begin + before.forecast.size() <= begin) return said;
  const auto skipped = static_cast<std::ptrdiff_t>(begin - before.begin);
  const auto first = before.frame_row.begin() + skipped;
  const auto count = std::min(before.frame_row.end() - first, static_cast<std::ptrdiff_t>(end - begin));
  if (!std::equal(first, first + count, data.frame_row.begin() + static_cast<std::ptrdiff_t>(begin))) return said;
  said.frame_row.assign(first, first + count);
  const auto first_said = before.forecast.begin() + skipped;
  said.forecast.assign(first_said, first_said + count);
  return said;
}

}  // namespace clm
