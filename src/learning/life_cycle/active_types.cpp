#include "learning/life_cycle/active_types.hpp"

#include <set>

#include "evaluation/ensemble_rule.hpp"

namespace clm {
namespace {

/// The model types that may be trained or made here.
std::set<std::string> types_of(const LearningOptions& options) {
  std::set<std::string> types(options.training.models.begin(), options.training.models.end());
  types.insert(options.ensemble.models.begin(), options.ensemble.models.end());
  if (options.ensemble.mode != EnsembleMode::off) types.insert(std::string(kEnsembleType));
  return types;
}

}  // namespace

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
  auto types = types_of(options_);
  // Where no more are made, an active ensemble serves all the same.
  const std::string ensemble(kEnsembleType);
  const auto active = registry_.active(Slot{ensemble});
  if (!active) return forward_error(active);
  if (*active || journal_.state().types.contains(ensemble)) types.insert(ensemble);
  for (const auto& name : types)
    if (auto read = this->read(name); !read) return read;
  return {};
}

Result<bool> ActiveTypes::has_vote(const VersionId& version, Timestamp now) const {
  return clm::has_vote(registry_, version, now, options_.serving);
}

}  // namespace clm
