#include "learning/data/forecast_cache.hpp"

#include <algorithm>
#include <limits>

#include "evaluation/metrics/forecast_table.hpp"
#include "learning/data/expiry.hpp"
#include "learning/data/protocol.hpp"

namespace clm {

Result<ForecastCache::Entry*> ForecastCache::entry(const VersionId& version) {
  if (const auto known = entries_.find(version); known != entries_.end()) return &known->second;
  const auto record = registry_.find(version.str());
  if (!record) return forward_error(record);
  const auto artifact = registry_.open_artifact(*record);
  if (!artifact) return forward_error(artifact);
  Entry made;
  made.manifest = artifact->manifest;
  if (made.manifest.feature_hash != tape_.frame()->set_hash || !is_about(made.manifest, tape_.label()))
    return &entries_.emplace(version, std::move(made)).first->second;
  if (record->slot.model_type == kEnsembleType) {
    auto rule = EnsembleRule::load(artifact->directory / EnsembleRule::kFileName);
    if (!rule) return forward_error(rule);
    for (const auto& member : rule->members) made.members.emplace_back(member.version);
    made.rule = std::move(*rule);
  } else {
    auto model = load_calibrated_model(record->slot.model_type, artifact->directory);
    if (!model) return forward_error(model);
    made.model = std::move(*model);
  }
  return &entries_.emplace(version, std::move(made)).first->second;
}

Status ForecastCache::fill_ensemble(Entry& entry) {
  RowSet rows{&tape_.rows(), {}};
  for (std::size_t row = tape_.row_begin(entry.first_bar); row < tape_.row_begin(entry.end_bar); ++row)
    rows.rows.push_back(static_cast<std::uint32_t>(row));
  const auto truth = judged_rows(rows, tape_.label().horizon_bars);
  std::vector<ForecastTable> tables;
  for (const VersionId& member : entry.members) {
    const auto known = manifest(member);
    if (!known) return forward_error(known);
    ForecastTable table{member.str(), truth, {}};
    for (std::size_t bar = entry.first_bar; bar < entry.end_bar; ++bar) {
      const std::size_t count = tape_.row_end(bar) - tape_.row_begin(bar);
      if (is_expired(known->created_as_of, tape_.close(bar), serving_)) {
        table.forecast.insert(table.forecast.end(), count, std::numeric_limits<float>::quiet_NaN());
        continue;
      }
      const auto said = forecast(member, bar);
      if (!said) return forward_error(said);
      for (std::size_t row = tape_.row_begin(bar); row < tape_.row_end(bar); ++row)
        table.forecast.push_back((*said)[tape_.rows().symbol[row]]);
    }
    tables.push_back(std::move(table));
  }
  entry.block = entry.rule->combine(tables);
  return {};
}

Status ForecastCache::fill(Entry& entry, std::size_t bar) {
  entry.first_bar = bar;
  entry.end_bar = bar + 1;
  while (entry.end_bar < tape_.bars() && tape_.row_end(entry.end_bar) - tape_.row_begin(bar) <= block_rows_)
    ++entry.end_bar;
  if (entry.rule) return fill_ensemble(entry);
  RowSet rows{&tape_.rows(), {}};
  for (std::size_t row = tape_.row_begin(bar); row < tape_.row_begin(entry.end_bar); ++row)
    rows.rows.push_back(static_cast<std::uint32_t>(row));
  auto block = entry.model->forecast(rows);
  if (!block) return forward_error(block);
  entry.block = std::move(*block);
  return {};
}

Result<std::vector<float>> ForecastCache::forecast(const VersionId& version, std::size_t bar) {
  const auto found = entry(version);
  if (!found) return forward_error(found);
  Entry& known = **found;
  std::vector<float> out(tape_.symbols().size(), std::numeric_limits<float>::quiet_NaN());
  if (!known.model && !known.rule) return out;
  if (bar < known.first_bar || bar >= known.end_bar)
    if (auto filled = fill(known, bar); !filled) return forward_error(filled);
  const std::size_t first = tape_.row_begin(known.first_bar);
  for (std::size_t row = tape_.row_begin(bar); row < tape_.row_end(bar); ++row)
    out[tape_.rows().symbol[row]] = known.block[row - first];
  return out;
}

Result<Manifest> ForecastCache::manifest(const VersionId& version) {
  const auto found = entry(version);
  if (!found) return forward_error(found);
  return (*found)->manifest;
}

void ForecastCache::keep_only(const std::vector<VersionId>& versions) {
  std::vector<VersionId> wanted = versions;
  for (const auto& version : versions)
    if (const auto known = entries_.find(version); known != entries_.end())
      wanted.insert(wanted.end(), known->second.members.begin(), known->second.members.end());
  std::erase_if(entries_,
                [&](const auto& one) { return std::find(wanted.begin(), wanted.end(), one.first) == wanted.end(); });
}

}  // namespace clm
