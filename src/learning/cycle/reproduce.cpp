#include "learning/cycle/reproduce.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "learning/cycle/candidate.hpp"
#include "learning/cycle/ensemble_candidate.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/cycle/warm_parent.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/training_split.hpp"
#include "models/trainers.hpp"
#include "models/warm_start.hpp"

namespace clm {
namespace {

/// What files differ, for the person who has to find out why.
std::string differing_files(const Manifest& expected, const Manifest& got) {
  std::string names;
  for (const auto& file : expected.files)
    if (std::find(got.files.begin(), got.files.end(), file) == got.files.end())
      names += (names.empty() ? "" : ", ") + file.name;
  if (names.empty()) return "the files are the same, but not what the manifest says of how they were made";
  return "other bytes in " + names;
}

/// A version made again beside the store: its manifest is complete as far as its id goes.
struct Remade {
  Manifest manifest;
  StagedArtifact staged;
};

Result<Remade> train_again(const Registry& registry, const Manifest& expected, Protocol protocol,
                           const LearningData& data, TrainingSplit split, const RunContext& run) {
  auto trainer = make_trainer(expected.model_type, nlohmann::json::parse(expected.parameters_json));
  if (!trainer) return forward_error(trainer);
  if (!protocol.warm_start.empty()) {
    auto parent = load_warm_parent(registry, protocol.warm_start);
    if (!parent) return forward_error(parent);
    if (!can_start_warm(expected.model_type) || (*parent)->type() != expected.model_type)
      return fail(ErrorKind::integrity, "manifest.protocol", "names a version of another type to begin with",
                  "manifest.json", "The version was written by another release; train it again.");
    trainer = warm_started(std::move(*trainer), std::move(*parent));
  }
  auto staged = registry.store().stage(expected.model_type);
  if (!staged) return forward_error(staged);
  const auto train = [&]() -> Result<CalibratedModel> {
    if (!is_of_everything_known(protocol))
      return train_into(staged->directory(), **trainer, data, split, protocol.training, run);
    if (protocol.origin) {
      auto fit = fit_vintage(**trainer, data, protocol, run);
      if (!fit) return forward_error(fit);
      split = std::move(fit->split);
      PastForecasts since{rows_after_origin(data.rows.data, *protocol.origin, protocol.as_of), {}};
      since.forecast.resize(since.rows.size());
      if (auto said = fit->model->predict(since.rows, since.forecast); !said) return forward_error(said);
      return store_origin_vintage(staged->directory(), std::move(fit->model), **trainer, data, since);
    }
    const auto earlier = open_versions(registry, protocol.calibrated_by);
    if (!earlier) return forward_error(earlier);
    const auto record = past_forecasts(*earlier, data, nullptr, protocol.since);
    if (!record) return forward_error(record);
    auto made = train_vintage_into(staged->directory(), **trainer, data, protocol, *record, run);
    if (!made) return forward_error(made);
    split = std::move(made->split);
    return std::move(made->model);
  };
  const auto model = train();
  if (!model) return forward_error(model);
  Manifest again = manifest_of(**trainer, *model, data, split, protocol, expected.scope);
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  again.files = std::move(*files);
  return Remade{std::move(again), std::move(*staged)};
}

/// Of an ensemble: the weights chosen again, from the stored bytes of its members.
Result<Remade> choose_again(const Registry& registry, const Manifest& expected, const Protocol& protocol,
                            const LearningData& data, const TrainingSplit& split) {
  const auto artifacts = registry.open_members(expected);
  if (!artifacts) return forward_error(artifacts);
  const auto members = load_members(*artifacts);
  if (!members) return forward_error(members);
  std::vector<EnsembleMember> names;
  for (const auto& member : *members) names.push_back(member.name);
  const auto recipe = read_ensemble_recipe(expected.parameters_json, names);
  if (!recipe) return forward_error(recipe);
  auto draft = draft_ensemble(*members, data, split, protocol, *recipe);
  if (!draft) return forward_error(draft);
  auto staged = stage_ensemble(registry.store(), *draft);
  if (!staged) return forward_error(staged);
  return Remade{std::move(draft->manifest), std::move(*staged)};
}

}  // namespace

Result<Reproduction> reproduce(const Registry& registry, const VersionRecord& record, const OpenCandles& open_candles,
                               const ContextSource* context, const RunContext& run) {
  const auto expected = stored_manifest(record);
  if (!expected) return forward_error(expected);
  auto protocol = read_protocol(expected->protocol_json);
  if (!protocol) return forward_error(protocol);
  const auto label = read_label_options(expected->label_json);
  if (!label) return forward_error(label);
  protocol->training.seed = static_cast<std::int64_t>(expected->seed);
  protocol->training.threads = expected->threads;

  Reproduction outcome{record.version, false, record.version.str(), {}, {}, {}, {}};
  auto stored = registry.what_is_broken(record);
  if (!stored) return forward_error(stored);
  outcome.stored = std::move(*stored);
  const auto features = feature_set(expected->feature_set);
  if (!features) return forward_error(features);
  if (features->hash() != expected->feature_hash) {
    outcome.difference = "feature set " + expected->feature_set + " has changed since";
    return outcome;
  }
  const auto candles = open_candles(*protocol);
  if (!candles) return forward_error(candles);
  LearningDataOptions data_options;
  data_options.as_of = protocol->as_of;
  data_options.label = *label;
  const auto data = prepare_learning_data(*features, **candles, context, data_options, run);
  if (!data) return forward_error(data);
  if (data->fingerprint != expected->data_fingerprint) {
    outcome.difference = "the stored candles are not the ones it was trained on (corrected or removed since)";
    return outcome;
  }
  const auto split = split_of(*data, *protocol);
  if (!split) return forward_error(split);
  auto again = expected->model_type == kEnsembleType ? choose_again(registry, *expected, *protocol, *data, *split)
                                                     : train_again(registry, *expected, *protocol, *data, *split, run);
  if (!again) return forward_error(again);
  again->manifest.scope = expected->scope;
  again->manifest.schema = expected->schema;
  const auto got = version_id(again->manifest);
  if (!got) return forward_error(got);
  outcome.got = got->str();
  outcome.identical = *got == record.version;
  if (outcome.identical) {
    outcome.again = std::move(again->staged);
  } else {
    outcome.difference = differing_files(*expected, again->manifest);
  }
  return outcome;
}

}  // namespace clm
