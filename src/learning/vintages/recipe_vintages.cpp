#include "learning/vintages/recipe_vintages.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "learning/data/protocol.hpp"
#include "learning/vintages/lineup_places.hpp"

namespace clm {
namespace {

struct StoredVintage {
  Timestamp fitted_as_of, learned_until;
  bool is_active = false;
  VersionRecord record;
};

bool is_wanted(const Manifest& manifest, const Protocol& protocol, Timestamp as_of, VintageUse use) {
  if (manifest.created_as_of > as_of) return false;
  const bool is_refresh = is_of_everything_known(protocol);
  return use == VintageUse::lineup ? is_refresh : !is_refresh || fitted_as_of(protocol) < as_of;
}

/// Of those that are not known to be sound; the others are noted in `sound`.
Result<std::optional<VersionId>> first_broken(const Registry& registry, const std::vector<VersionRecord>& records,
                                              std::set<VersionId>& sound) {
  for (const VersionRecord& record : records) {
    if (sound.contains(record.version)) continue;
    const auto broken = registry.what_is_broken(record);
    if (!broken) return forward_error(broken);
    if (*broken) return std::optional(record.version);
    sound.insert(record.version);
  }
  return std::optional<VersionId>();
}

}  // namespace

Result<std::vector<VersionRecord>> vintages_of(const Registry& registry, const Recipe& recipe,
                                               const LineupOptions& lineup, Timestamp as_of, VintageUse use) {
  const Slot slot = slot_of(recipe.name);
  auto records = registry.ways_back(slot);
  if (!records) return forward_error(records);
  auto active = registry.active(slot);
  if (!active) return forward_error(active);
  if (*active) records->push_back(std::move((*active)->record));
  const auto suspensions = registry.suspensions();
  if (!suspensions) return forward_error(suspensions);
  if (use == VintageUse::lineup)
    for (const Suspension& one : *suspensions)
      std::erase_if(*records, [&](const VersionRecord& record) { return record.version == one.version; });
  std::vector<StoredVintage> own;
  for (VersionRecord& record : *records) {
    const auto manifest = stored_manifest(record);
    const auto protocol = manifest ? read_protocol(manifest->protocol_json) : forward_error(manifest);
    if (!protocol || !is_wanted(*manifest, *protocol, as_of, use)) continue;
    const auto its = recipe_of(*manifest);
    if (its && its->id == recipe.id)
      own.push_back({fitted_as_of(*protocol), manifest->learned_until, record.status == VersionStatus::active,
                     std::move(record)});
  }
  // Of one moment the active one last, which took the place of the others; and the one first that held rows back: what
  // it said of them no other one can say.
  std::sort(own.begin(), own.end(), [](const StoredVintage& a, const StoredVintage& b) {
    return std::tie(a.fitted_as_of, a.is_active, a.learned_until, a.record.version) <
           std::tie(b.fitted_as_of, b.is_active, b.learned_until, b.record.version);
  });
  std::set<VersionId> sound;
  while (true) {
    std::vector<Timestamp> made_at;
    for (const StoredVintage& one : own) made_at.push_back(one.fitted_as_of);
    auto places = lineup_places(made_at, lineup);
    std::reverse(places.begin(), places.end());
    std::vector<VersionRecord> chosen;
    for (const std::size_t place : places) chosen.push_back(own[place].record);
    const auto unsound = first_broken(registry, chosen, sound);
    if (!unsound) return forward_error(unsound);
    if (!*unsound) return chosen;
    std::erase_if(own, [&](const StoredVintage& one) { return one.record.version == **unsound; });
  }
}

}  // namespace clm
