#include "learning/cycle/warm_parent.hpp"

#include <utility>

#include "learning/data/fitted_until.hpp"
#include "learning/data/label_overlap.hpp"

namespace clm {
namespace {

Timestamp first_decision(const RowSet& rows) { return Timestamp(rows.data->decided_at_ms[rows.rows.front()]); }

/// Why the weights of this version must not be begun with; empty if they may.
std::string what_forbids(const std::string& version, const Manifest& manifest, const LearningData& data,
                         const TrainingSplit& split, const Protocol& protocol) {
  const auto own = read_protocol(manifest.protocol_json);
  if (!own || own->interval != protocol.interval) return version + " was trained on bars of another length";
  const Interval interval = protocol.interval;
  const Duration embargo = interval.length() * protocol.training.embargo_bars;
  if (label_end(manifest.training_span.to, data.label, interval) + embargo > first_decision(split.holdout))
    return version + " was trained on rows that this one is judged on, or too near them";
  if (fitted_until(manifest, data, split, protocol) + embargo > first_decision(split.validation))
    return version + " was fitted on rows that stop and calibrate this one, or too near them";
  return {};
}

}  // namespace

Result<std::shared_ptr<const Model>> load_warm_parent(const Registry& registry, const std::string& version) {
  const auto record = registry.find(version);
  if (!record) return forward_error(record);
  const auto artifact = registry.open_usable(*record);
  if (!artifact) return forward_error(artifact);
  auto model = load_calibrated_model(artifact->manifest.model_type, artifact->directory);
  if (!model) return forward_error(model);
  return std::shared_ptr<const Model>(std::move(model->model));
}

Result<WarmParent> find_warm_parent(const Registry& registry, const std::string& model_type, const LearningData& data,
                                    const TrainingSplit& split, const Protocol& protocol) {
  const auto drawn = [&](const std::string& why) {
    return WarmParent{{}, nullptr, "it began with drawn weights: " + why};
  };
  const auto active = registry.active(Slot{model_type});
  if (!active) return forward_error(active);
  if (!*active) return drawn("no version of " + model_type + " is active");
  const std::string parent = (*active)->record.version.str();
  for (std::string version = parent; !version.empty();) {
    const auto record = registry.find(version);
    if (!record) return forward_error(record);
    const auto manifest = stored_manifest(*record);
    if (!manifest) return drawn(version + " is broken: " + manifest.error().message);
    const std::string why = what_forbids(version, *manifest, data, split, protocol);
    if (!why.empty()) return drawn(why);
    const auto own = read_protocol(manifest->protocol_json);
    if (!own) return forward_error(own);
    version = own->warm_start;
  }
  auto model = load_warm_parent(registry, parent);
  if (!model && model.error().kind == ErrorKind::integrity)
    return drawn(parent + " is broken: " + model.error().message);
  if (!model) return forward_error(model);
  return WarmParent{parent, std::move(*model), {}};
}

}  // namespace clm
