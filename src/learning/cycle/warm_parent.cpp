#include "learning/cycle/warm_parent.hpp"

#include <algorithm>
#include <utility>

#include "learning/data/fitted_until.hpp"
#include "learning/data/label_overlap.hpp"
#include "models/warm_start.hpp"

namespace clm {
namespace {

/// Whether what ends then lies before all of `rows`.
bool is_before(Timestamp end, const RowSet& rows) {
  return rows.rows.empty() || end <= Timestamp(rows.data->decided_at_ms[rows.rows.front()]);
}

/// Why the weights of this version must not be begun with; empty if they may.
std::string what_forbids(const std::string& version, const Manifest& manifest, const LearningData& data,
                         const TrainingSplit& split, const Protocol& protocol) {
  const auto own = read_protocol(manifest.protocol_json);
  if (!own || own->interval != protocol.interval) return version + " was trained on bars of another length";
  if (own->fits > 1) return version + " is the mean of several fits, which have no weights in common";
  const Interval interval = protocol.interval;
  const Duration embargo = interval.length() * protocol.training.embargo_bars;
  const Timestamp last_label = last_label_end(manifest, interval);
  if (last_label == Timestamp::max()) return version + " does not say what it learned";
  if (!is_before(last_label + embargo, split.holdout))
    return version + " was trained on rows that this one is judged on, or too near them";
  if (!is_before(fitted_until(manifest, data, split, protocol) + embargo, split.validation))
    return version + " was fitted on rows that stop and calibrate this one, or too near them";
  return {};
}

WarmParent drawn(const std::string& why) { return {{}, nullptr, "it began with drawn weights: " + why}; }

}  // namespace

std::vector<std::string> how_it_began(const WarmParent& parent) {
  std::vector<std::string> words;
  if (!parent.version.empty()) words.push_back("it began with the weights of " + parent.version);
  if (!parent.note.empty()) words.push_back(parent.note);
  return words;
}

bool starts_warm(const std::string& model_type, const TrainingOptions& options) {
  return std::find(options.warm_start.begin(), options.warm_start.end(), model_type) != options.warm_start.end();
}

Result<std::shared_ptr<const Model>> load_warm_parent(const Registry& registry, const std::string& version) {
  const auto record = registry.find(version);
  if (!record) return forward_error(record);
  const auto artifact = registry.open_usable(*record);
  if (!artifact) return forward_error(artifact);
  auto model = load_calibrated_model(artifact->manifest.model_type, artifact->directory);
  if (!model) return forward_error(model);
  return std::shared_ptr<const Model>(std::move(model->model));
}

Result<WarmParent> find_warm_parent(const Registry& registry, const Slot& slot, const LearningData& data,
                                    const TrainingSplit& split, const Protocol& protocol) {
  const auto active = registry.active(slot);
  if (!active) return forward_error(active);
  if (!*active) return drawn("no version of " + slot_name(slot) + " is active");
  return as_warm_parent(registry, (*active)->record.version.str(), data, split, protocol);
}

Result<WarmParent> as_warm_parent(const Registry& registry, const std::string& parent, const LearningData& data,
                                  const TrainingSplit& split, const Protocol& protocol) {
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

Result<CalibratedModel> train_from(WarmParent& parent, const std::string& model_type, const TrainerOptions& options,
                                   const std::function<Result<CalibratedModel>(const Trainer&)>& train) {
  auto trainer = make_trainer(model_type, options);
  if (!trainer) return forward_error(trainer);
  if (parent.model == nullptr) return train(**trainer);
  const auto warm = warm_started(std::move(*trainer), parent.model);
  auto model = train(*warm);
  if (model || model.error().code != "train.warm_start") return model;
  parent = {{}, nullptr, "it began with drawn weights, not those of " + parent.version + ": " + model.error().message};
  trainer = make_trainer(model_type, options);
  if (!trainer) return forward_error(trainer);
  return train(**trainer);
}

}  // namespace clm
