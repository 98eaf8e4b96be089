#include "learning/data/forecast_cache.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "learning/data/protocol.hpp"
#include "learning/options/serving_rules.hpp"

namespace clm {
namespace {

std::vector<float> nothing_said(const MarketTape& tape) {
  return std::vector<float>(tape.symbols().size(), std::numeric_limits<float>::quiet_NaN());
}

/// The volatility of every symbol at a bar in a label's unit; NaN where it is not known, or has no row.
std::vector<float> volatility_at(const MarketTape& tape, std::size_t bar, const LabelOptions& label) {
  std::vector<float> volatility = nothing_said(tape);
  for (std::size_t row = tape.row_begin(bar); row < tape.row_end(bar); ++row)
    volatility[tape.rows().symbol[row]] = tape.rows().volatility[row];
  if (label.horizon_bars == tape.label().horizon_bars) return volatility;
  const double ratio = static_cast<double>(label.horizon_bars) / static_cast<double>(tape.label().horizon_bars);
  for (float& value : volatility) value = static_cast<float>(static_cast<double>(value) * std::sqrt(ratio));
  return volatility;
}

}  // namespace

ForecastCache::ForecastCache(const MarketTape& tape, const Registry& registry, const ServingOptions& serving,
                             std::size_t block_rows)
    : tape_(tape), max_data_age_(max_data_age(serving)), block_rows_(block_rows), versions_(registry) {}

Result<std::shared_ptr<const ServableVersion>> ForecastCache::known(const VersionId& version) {
  auto loaded = versions_.load({}, version);
  if (loaded && (*loaded)->problem && (*loaded)->problem->kind == ErrorKind::usage)
    return tl::unexpected<Error>(*(*loaded)->problem);
  return loaded;
}

Status ForecastCache::fill(const CalibratedModel& model, const Dataset& data, std::size_t bar, Block& block) {
  block.first_bar = bar;
  block.end_bar = bar + 1;
  while (block.end_bar < tape_.bars() && tape_.row_end(block.end_bar) - tape_.row_begin(bar) <= block_rows_)
    ++block.end_bar;
  RowSet rows{&data, {}};
  for (std::size_t row = tape_.row_begin(bar); row < tape_.row_begin(block.end_bar); ++row)
    rows.rows.push_back(static_cast<std::uint32_t>(row));
  auto said = model.served(rows);
  if (!said) return forward_error(said);
  block.said = std::move(*said);
  return {};
}

/// Of a version that is no ensemble, whatever its label.
Result<ForecastCache::Said> ForecastCache::say(const ServableVersion& version, std::size_t bar) {
  Said out{nothing_said(tape_), std::vector<double>(tape_.symbols().size(), kMissing)};
  const Dataset* rows = version.model ? tape_.rows_of(version.manifest.feature_hash) : nullptr;
  if (rows == nullptr) return out;
  Block& block = blocks_[version.facts.version];
  if (bar < block.first_bar || bar >= block.end_bar)
    if (auto filled = fill(*version.model, *rows, bar, block); !filled) return forward_error(filled);
  const std::size_t first = tape_.row_begin(block.first_bar);
  for (std::size_t row = tape_.row_begin(bar); row < tape_.row_end(bar); ++row) {
    out.forecast[tape_.rows().symbol[row]] = block.said.forecast[row - first];
    out.up_probability[tape_.rows().symbol[row]] = block.said.up_probability[row - first];
  }
  return out;
}

Result<std::vector<float>> ForecastCache::forecast(const VersionId& version, std::size_t bar) {
  const auto loaded = known(version);
  if (!loaded) return forward_error(loaded);
  if ((*loaded)->problem || !is_about((*loaded)->manifest, tape_.label())) return nothing_said(tape_);
  if (!(*loaded)->facts.rule) {
    auto said = say(**loaded, bar);
    if (!said) return forward_error(said);
    return std::move(said->forecast);
  }
  const auto facts = versions_.facts({{std::string(kEnsembleType), version}}, {});
  if (!facts) return forward_error(facts);
  auto said = served(plan_version(*facts, version, max_data_age_, tape_.close(bar), tape_.symbols()), bar);
  if (!said) return forward_error(said);
  return std::move(said->forecast);
}

Result<ServedBar> ForecastCache::served(const ServingPlan& plan, std::size_t bar) {
  BarVotes votes{{}, volatility_at(tape_, bar, plan.label)};
  std::map<VersionId, std::vector<double>> up_probability;
  for (const Lineup& lineup : plan.lineups) {
    for (const LineupMember& member : lineup.members) {
      if (!member.why_not.empty() || votes.forecasts.contains(member.version)) continue;
      const auto loaded = known(member.version);
      if (!loaded) return forward_error(loaded);
      auto said = say(**loaded, bar);
      if (!said) return forward_error(said);
      votes.forecasts.emplace(member.version, std::move(said->forecast));
      up_probability.emplace(member.version, std::move(said->up_probability));
    }
  }
  const BarForecast combined = combine(plan, votes);
  const std::vector<double> nothing(tape_.symbols().size(), kMissing);
  ServedBar out{{}, nothing, nothing};
  for (std::size_t s = 0; s < tape_.symbols().size(); ++s) {
    out.forecast.push_back(combined.served(s));
    const CombinedForecast& said = combined.of_symbol[s];
    if (said.votes == 0) continue;
    out.expected_return_bps[s] = 1e4 * static_cast<double>(votes.volatility[s]) * said.forecast;
    double up = 0;
    const auto& members = plan.lineups[plan.lineup_of[s]].members;
    for (std::size_t m = 0; m < members.size(); ++m)
      if (said.weights[m] > 0) up += said.weights[m] * up_probability.at(members[m].version)[s];
    out.up_probability[s] = up;
  }
  return out;
}

Result<bool> ForecastCache::was_made_after(const VersionId& version, Timestamp time) {
  const auto loaded = known(version);
  if (!loaded) return forward_error(loaded);
  return !(*loaded)->problem && (*loaded)->manifest.created_as_of > time;
}

Result<Manifest> ForecastCache::manifest(const VersionId& version) {
  const auto loaded = known(version);
  if (!loaded) return forward_error(loaded);
  if ((*loaded)->problem) return tl::unexpected<Error>(*(*loaded)->problem);
  return (*loaded)->manifest;
}

void ForecastCache::keep_only(const std::vector<VersionId>& versions) {
  std::vector<VersionId> wanted = versions, gone;
  for (const auto& version : versions)
    if (const auto loaded = versions_.loaded().find(version);
        loaded != versions_.loaded().end() && loaded->second->facts.rule)
      for (const EnsembleMember& member : loaded->second->facts.rule->members) wanted.emplace_back(member.version);
  for (const auto& [version, loaded] : versions_.loaded())
    if (std::find(wanted.begin(), wanted.end(), version) == wanted.end()) gone.push_back(version);
  for (const VersionId& version : gone) {
    versions_.forget(version);
    blocks_.erase(version);
  }
}

}  // namespace clm
