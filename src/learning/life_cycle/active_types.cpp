#include "learning/life_cycle/active_types.hpp"

#include "learning/options/configured_types.hpp"
#include "learning/recipes/recipe.hpp"

namespace clm {

Status ActiveTypes::read(const std::string& model_type) {
  TypeState& type = journal_.type(model_type);
  if (auto read = read_active(registry_, model_type, type); !read) return read;
  if (type.active.empty() || type.charted == type.active) return {};
  const auto promise = monitor_.promise_of(type.active);
  if (!promise) return forward_error(promise);
  const bool goes_on =
      type.chart && *promise && type.chart->promise() == **promise && are_of_one_recipe(type.charted, type.active);
  if (goes_on) {
    type.earlier_charted.push_back({type.charted, journal_.now()});
  } else {
    type.earlier_charted.clear();
    type.charted_since = journal_.now();
    type.chart.reset();
    if (*promise) type.chart.emplace(**promise, monitor_.performance_options());
  }
  type.charted = type.active;
  return {};
}

bool ActiveTypes::are_of_one_recipe(const VersionId& a, const VersionId& b) const {
  const auto recipe = [&](const VersionId& version) {
    return registry_.find(version.str()).and_then(stored_manifest).and_then(recipe_of);
  };
  const auto of_a = recipe(a), of_b = recipe(b);
  return of_a && of_b && of_a->id == of_b->id;
}

Status ActiveTypes::read_all() {
  auto types = configured_types(options_);
  const auto active = registry_.list(Registry::Filter{{}, {}, VersionStatus::active});
  if (!active) return forward_error(active);
  for (const VersionRecord& record : *active) types.insert(slot_name(record.slot));
  for (const auto& [name, type] : journal_.state().types) types.insert(name);
  for (const auto& name : types)
    if (auto read = this->read(name); !read) return read;
  return {};
}

Result<bool> ActiveTypes::has_vote(const VersionId& version, Timestamp now) const {
  return clm::has_vote(registry_, version, now, options_.serving);
}

}  // namespace clm
