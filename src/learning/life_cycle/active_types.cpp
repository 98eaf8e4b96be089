#include "learning/life_cycle/active_types.hpp"

#include "learning/options/configured_types.hpp"

namespace clm {

Status ActiveTypes::read(const std::string& model_type) {
  TypeState& type = journal_.type(model_type);
  if (auto read = read_active(registry_, model_type, type); !read) return read;
  if (type.active.empty() || type.charted == type.active) return {};
  const auto promise = monitor_.promise_of(type.active);
  if (!promise) return forward_error(promise);
  type.charted = type.active;
  type.charted_since = journal_.now();
  type.chart.reset();
  if (*promise) type.chart.emplace(**promise, monitor_.performance_options());
  return {};
}

Status ActiveTypes::read_all() {
  auto types = configured_types(options_);
  const auto active = registry_.list(Registry::Filter{{}, Slot().scope, VersionStatus::active});
  if (!active) return forward_error(active);
  for (const VersionRecord& record : *active) types.insert(record.slot.model_type);
  for (const auto& [name, type] : journal_.state().types) types.insert(name);
  for (const auto& name : types)
    if (auto read = this->read(name); !read) return read;
  return {};
}

Result<bool> ActiveTypes::has_vote(const VersionId& version, Timestamp now) const {
  return clm::has_vote(registry_, version, now, options_.serving);
}

}  // namespace clm
