#include "learning/cycle/ensemble_candidate.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/cycle/judging_context.hpp"
#include "learning/data/fitted_until.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

/// All rows that were decided before the first of `rows`: what a rule of theirs may be fitted on.
RowSet decided_before(const RowSet& rows) {
  RowSet before{rows.data, {}};
  const std::int64_t first_ms = rows.data->decided_at_ms[rows.rows.front()];
  for (std::uint32_t i = 0; i < rows.data->size() && rows.data->decided_at_ms[i] < first_ms; ++i)
    before.rows.push_back(i);
  return before;
}

std::vector<EnsembleMember> names_of(const std::vector<LoadedMember>& members) {
  std::vector<EnsembleMember> names;
  for (const auto& member : members) names.push_back(member.name);
  return names;
}

Manifest manifest_of_ensemble(const std::vector<LoadedMember>& members, const EnsembleDraft& draft,
                              const DataDescription& data, const Protocol& protocol, const EnsembleRecipe& recipe) {
  Manifest manifest;
  manifest.model_type = std::string(kEnsembleType);
  manifest.parameters_json = to_json(recipe, names_of(members)).dump();
  manifest.feature_set = data.feature_set;
  manifest.feature_hash = data.feature_hash;
  manifest.feature_names = data.feature_names;
  manifest.label_json = data.label_json;
  manifest.protocol_json = to_json(protocol).dump();
  manifest.training_span = members.front().manifest.training_span;
  for (std::size_t m = 0; m < members.size(); ++m) {
    const TimeRange span = members[m].manifest.training_span;
    manifest.training_span = {std::min(manifest.training_span.from, span.from),
                              std::max(manifest.training_span.to, span.to)};
    manifest.learned_until = std::max(manifest.learned_until, members[m].manifest.learned_until);
    manifest.members.push_back({members[m].name.model_type, members[m].name.version, draft.rule.weights.all[m]});
  }
  // The rows that decided about the weights count as seen as well.
  if (draft.choice.checked) manifest.training_span.to = std::max(manifest.training_span.to, draft.choice.checked->to);
  manifest.training_rows = draft.choice.learned_rows + draft.choice.checked_rows;
  manifest.data_fingerprint = data.fingerprint;
  manifest.seed = static_cast<std::uint64_t>(protocol.training.seed);
  manifest.threads = static_cast<int>(protocol.training.threads);
  manifest.libraries = library_versions();
  manifest.created_as_of = protocol.as_of;
  return manifest;
}

/// With the configured weights.
EnsembleDraft fixed_draft(const std::vector<LoadedMember>& members, const EnsembleRecipe& recipe) {
  EnsembleDraft draft;
  draft.rule.members = names_of(members);
  draft.rule.bounds = recipe.bounds;
  draft.rule.standardised_from = recipe.standardised_from;
  draft.choice.weights.all = proportional_weights(recipe.shares, recipe.bounds);
  draft.choice.reason = "fixed weights: ensemble.mode is fixed";
  return draft;
}

}  // namespace

DataDescription description_of(const LearningData& data) {
  const FeatureFrame& frame = *data.rows.data.frame;
  return {frame.set_name, frame.set_hash, frame.names, to_json(data.label).dump(), data.fingerprint};
}

EnsembleRecipe ensemble_recipe(const EnsembleOptions& options, const ConfiguredWeights& weights,
                               const std::vector<EnsembleMember>& members) {
  EnsembleRecipe recipe{options.mode, {options.min_weight, options.max_weight}, options.shrinkage, {}};
  for (const auto& member : members) recipe.shares.push_back(weights.of(member.model_type));
  return recipe;
}

nlohmann::json to_json(const EnsembleRecipe& recipe, const std::vector<EnsembleMember>& members) {
  auto shares = nlohmann::json::object();
  for (std::size_t m = 0; m < members.size(); ++m) shares[members[m].model_type] = recipe.shares[m];
  nlohmann::json document{{"mode", to_string(recipe.mode)},
                          {"min_weight", recipe.bounds.least},
                          {"max_weight", recipe.bounds.most},
                          {"shrinkage", recipe.shrinkage},
                          {"weights", shares}};
  if (recipe.standardised_from > 0) document["standardised_from"] = recipe.standardised_from;
  return document;
}

namespace {

tl::unexpected<Error> unreadable_recipe(const std::string& what) {
  return fail(ErrorKind::integrity, "manifest.parameters", what, "manifest.json",
              "The version was written by another release; make the ensemble again.");
}

}  // namespace

Result<EnsembleRecipe> read_ensemble_recipe(std::string_view parameters_json,
                                            const std::vector<EnsembleMember>& members) {
  try {
    const auto document = nlohmann::json::parse(parameters_json);
    EnsembleRecipe recipe;
    const auto mode = parse_ensemble_mode(document.at("mode").get<std::string>());
    if (!mode) return unreadable_recipe("mode is neither off, fixed nor learned");
    recipe.mode = *mode;
    recipe.bounds = {document.at("min_weight").get<double>(), document.at("max_weight").get<double>()};
    recipe.shrinkage = document.at("shrinkage").get<double>();
    recipe.standardised_from = document.value("standardised_from", std::size_t{0});
    for (const auto& member : members)
      recipe.shares.push_back(document.at("weights").at(member.model_type).get<double>());
    return recipe;
  } catch (const nlohmann::json::exception& error) {
    return unreadable_recipe(error.what());
  }
}

Result<std::vector<LoadedMember>> load_members(const std::vector<StoredArtifact>& artifacts) {
  std::vector<LoadedMember> members;
  for (const auto& artifact : artifacts) {
    auto model = load_calibrated_model(artifact.manifest.model_type, artifact.directory);
    if (!model) return forward_error(model);
    members.push_back({{slot_name(artifact.manifest), artifact.version.str()}, artifact.manifest, std::move(*model)});
  }
  return members;
}

Result<std::vector<LoadedMember>> load_members(const Registry& registry, const std::vector<VersionRecord>& records) {
  std::vector<StoredArtifact> artifacts;
  for (const VersionRecord& record : records) {
    auto artifact = registry.open_artifact(record);
    if (!artifact) return forward_error(artifact);
    artifacts.push_back(std::move(*artifact));
  }
  return load_members(artifacts);
}

Result<std::vector<ForecastTable>> forecasts_of(const std::vector<LoadedMember>& members, const RowSet& rows,
                                                const std::shared_ptr<const JudgedRows>& truth) {
  std::vector<ForecastTable> tables;
  for (const auto& member : members) {
    auto said = member.model.served(rows);
    if (!said) return forward_error(said);
    tables.push_back({member.name.model_type, truth, std::move(said->forecast), std::move(said->up_probability)});
  }
  return tables;
}

Result<RowSet> rows_no_member_saw(const std::vector<LoadedMember>& members, const LearningData& data,
                                  const TrainingSplit& split, const Protocol& protocol) {
  Timestamp seen = Timestamp::min();
  for (const auto& member : members) seen = std::max(seen, fitted_until(member.manifest, data, split, protocol));
  const Duration embargo = data.rows.data.frame->interval.length() * protocol.training.embargo_bars;
  RowSet rows{split.validation.data, {}};
  for (const auto row : split.validation.rows)
    if (Timestamp(rows.data->decided_at_ms[row]) > seen + embargo) rows.rows.push_back(row);
  return rows;
}

Result<EnsembleDraft> draft_ensemble(const std::vector<LoadedMember>& members, const LearningData& data,
                                     const TrainingSplit& split, const Protocol& protocol,
                                     const EnsembleRecipe& recipe) {
  expects(!members.empty() && recipe.shares.size() == members.size(), "an ensemble has members");
  EnsembleDraft draft = fixed_draft(members, recipe);
  if (recipe.mode == EnsembleMode::learned) {
    const auto rows = rows_no_member_saw(members, data, split, protocol);
    if (!rows) return forward_error(rows);
    if (rows->rows.empty()) {
      draft.choice.reason = "fixed weights: members were fitted on all rows that others could be learned from";
    } else {
      const auto tables = forecasts_of(members, *rows, judged_rows_of(data, *rows));
      if (!tables) return forward_error(tables);
      WeightChoiceOptions options;
      options.bounds = recipe.bounds;
      options.shrinkage = recipe.shrinkage;
      options.basis = return_basis(data.label.target);
      options.embargo = data.rows.data.frame->interval.length() * protocol.training.embargo_bars;
      const auto states = VolatilityRule::fit(*judged_rows(decided_before(*rows), data.label.horizon_bars));
      draft.choice = choose_weights(*tables, draft.choice.weights.all, states, options);
    }
  }
  draft.rule.weights = draft.choice.weights;
  draft.manifest = manifest_of_ensemble(members, draft, description_of(data), protocol, recipe);
  return draft;
}

EnsembleDraft draft_of_fixed_weights(const std::vector<LoadedMember>& members, const DataDescription& data,
                                     const Protocol& protocol, const EnsembleRecipe& recipe) {
  expects(!members.empty() && recipe.shares.size() == members.size(), "an ensemble has members");
  EnsembleDraft draft = fixed_draft(members, recipe);
  draft.rule.weights = draft.choice.weights;
  draft.manifest = manifest_of_ensemble(members, draft, data, protocol, recipe);
  return draft;
}

Result<StagedArtifact> stage_ensemble(const ArtifactStore& store, EnsembleDraft& draft) {
  auto staged = store.stage(kEnsembleType);
  if (!staged) return forward_error(staged);
  const auto written = write_file_atomic(staged->directory() / EnsembleRule::kFileName, draft.rule.to_json_text());
  if (!written) return forward_error(written);
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  draft.manifest.files = std::move(*files);
  return std::move(*staged);
}

}  // namespace clm
