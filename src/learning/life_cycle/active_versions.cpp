#include "learning/life_cycle/active_versions.hpp"

#include <limits>
#include <optional>

#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

Result<std::int64_t> newest_event(const Registry& registry, const Slot& slot) {
  const auto newest = registry.history_of(slot, 1);
  if (!newest) return forward_error(newest);
  return newest->empty() ? 0 : newest->back().id;
}

/// Of one whose record was altered nobody can tell when it was made, nor until when it learned: it counts as old, until
/// it is found broken.
void set_active(const VersionRecord& record, TypeState& type) {
  const auto manifest = stored_manifest(record);
  type.active = record.version;
  type.active_as_of = manifest ? manifest->created_as_of : Timestamp(0);
  type.active_learned_until = manifest ? manifest->learned_until : Timestamp(0);
}

/// What was active once the event of that number had been written; empty: nothing.
Result<VersionId> active_after(const Registry& registry, const Slot& slot, std::int64_t event_id) {
  const auto events = registry.history_of(slot, std::numeric_limits<int>::max());
  if (!events) return forward_error(events);
  VersionId active;
  for (const Event& event : *events) {
    if (event.id > event_id) continue;
    if (event.to == VersionStatus::active)
      active = event.version;
    else if (event.version == active)
      active = VersionId();
  }
  return active;
}

}  // namespace

Status read_active(const Registry& registry, const std::string& model_type, TypeState& type) {
  // First how far, so that a move in between is read again and not missed.
  const Slot slot = slot_of(model_type);
  const auto newest = newest_event(registry, slot);
  if (!newest) return forward_error(newest);
  const auto active = registry.active(slot);
  if (!active) return forward_error(active);
  type.registry_event = *newest;
  type.active = VersionId();
  if (*active) set_active((*active)->record, type);
  return {};
}

Status restore_active(const Registry& registry, LifeCycleState& state) {
  for (auto& [name, type] : state.types) {
    VersionId active = type.active;  // as a release noted it that kept the version itself
    if (type.registry_event) {
      const auto newest = newest_event(registry, slot_of(name));
      if (!newest) return forward_error(newest);
      if (*newest == *type.registry_event) {
        if (auto read = read_active(registry, name, type); !read) return read;
        continue;
      }
      const auto known = active_after(registry, slot_of(name), *type.registry_event);
      if (!known) return forward_error(known);
      active = *known;
    }
    type.active = VersionId();
    if (active.empty()) continue;
    const auto record = registry.find(active.str());
    if (!record) return forward_error(record);
    set_active(*record, type);
  }
  return {};
}

std::map<std::string, VersionId> active_versions(const LifeCycleState& state) {
  std::map<std::string, VersionId> active;
  for (const auto& [name, type] : state.types) active[name] = type.active;
  return active;
}

Result<bool> has_vote(const Registry& registry, const VersionId& version, Timestamp now,
                      const ServingOptions& options) {
  const auto record = registry.find(version.str());
  if (!record) return forward_error(record);
  const auto manifest = stored_manifest(*record);
  if (record->status == VersionStatus::failed || !manifest) return false;
  return !is_expired(manifest->learned_until, now, max_data_age(options));
}

}  // namespace clm
