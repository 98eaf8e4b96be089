#include "learning/cycle/refresh.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/vintages/recipe_vintages.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

/// Versions that the record is made of: the more, the longer it reaches back, and the more have to be loaded.
constexpr LineupOptions kRecordVersions{6, 1, 28};
constexpr std::size_t kCheckedRows = 20'000;
constexpr double kLeastCoverage = 0.9;  ///< of the predecessor's
constexpr double kLeastCorrelation = 0.1;

struct Agreement {
  double coverage = 0, their_coverage = 0;
  double spread = 0;  ///< standard deviation
  double correlation = 0;
};

Agreement agreement_of(const std::vector<float>& fresh, const std::vector<float>& before) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, fresh_count = 0, before_count = 0, first_a = 0, first_b = 0;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (!std::isnan(fresh[i])) ++fresh_count;
    if (!std::isnan(before[i])) ++before_count;
    if (std::isnan(fresh[i]) || std::isnan(before[i])) continue;
    // Beside the first: sums of what is always the same are then exactly 0.
    if (n == 0) first_a = static_cast<double>(fresh[i]), first_b = static_cast<double>(before[i]);
    const double a = static_cast<double>(fresh[i]) - first_a, b = static_cast<double>(before[i]) - first_b;
    ++n;
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  Agreement out;
  const double rows = static_cast<double>(fresh.size());
  if (rows > 0) out.coverage = fresh_count / rows, out.their_coverage = before_count / rows;
  if (n < 2) return out;
  const double vx = xx - x * x / n, vy = yy - y * y / n;
  out.spread = std::sqrt(std::max(0.0, vx / n));
  if (vx > 0 && vy > 0) out.correlation = (xy - x * y / n) / std::sqrt(vx * vy);
  return out;
}

/// Whether a vintage has learned from what is not true, and need not be agreed with.
bool learned_from_corrected(const CycleWorkplace& place, const Manifest& vintage) {
  if (place.corrections == nullptr) return false;
  const auto corrected = place.corrections->of(vintage);
  return corrected && *corrected && !(*corrected)->empty();
}

std::string problem_of(const Agreement& a, const std::string& predecessor, bool has_to_agree) {
  const auto percent = [](double share) { return std::to_string(std::lround(100 * share)) + " %"; };
  if (a.coverage < kLeastCoverage * a.their_coverage)
    return "it has a forecast for " + percent(a.coverage) + " of the newest rows, where " + predecessor +
           " has one for " + percent(a.their_coverage);
  if (!(a.spread > 0)) return "it says the same of all of the newest rows";
  if (has_to_agree && a.correlation < kLeastCorrelation)
    return "it does not agree with " + predecessor + ", which it is to follow: correlation " +
           std::to_string(std::lround(100 * a.correlation)) + " %, at least " + percent(kLeastCorrelation) +
           " between vintages of one recipe";
  return {};
}

std::string fitted_on_words(const Manifest& manifest) {
  const auto protocol = read_protocol(manifest.protocol_json);
  return protocol && protocol->since
             ? "fitted on the rows since " + to_string(*protocol->since) + ", when the market changed"
             : "fitted on everything known";
}

RowSet newest_rows(const Dataset& data) {
  RowSet rows{&data, {}};
  for (std::size_t row = data.size() - std::min(data.size(), kCheckedRows); row < data.size(); ++row)
    rows.rows.push_back(static_cast<std::uint32_t>(row));
  return rows;
}

/// The first evidence that holds a judgement: a trial or a person may have given it other evidence since.
Result<Evidence> what_it_was_judged_on(const Registry& registry, const VersionId& version) {
  const auto events = registry.events_of(version);
  if (!events) return forward_error(events);
  for (const Event& event : *events) {
    if (event.evidence_id.empty()) continue;
    const auto text = registry.evidence(event.evidence_id);
    if (!text) return forward_error(text);
    if (Evidence evidence = Evidence::from_json(*text); evidence.has_judgement()) return evidence;
  }
  return Evidence::from_json({});
}

}  // namespace

Result<std::optional<AcceptedRecipe>> accepted_recipe(const Registry& registry, const std::string& name,
                                                      const LearningOptions& options, Timestamp as_of,
                                                      AcceptedSince since) {
  if (options.policy.ladder == Ladder::on) return std::optional<AcceptedRecipe>();
  const auto active = registry.active(slot_of(name));
  if (!active) return forward_error(active);
  if (!*active) return std::optional<AcceptedRecipe>();
  const auto wanted = recipe_in_force(name, options);
  if (!wanted) return forward_error(wanted);
  const auto manifest = stored_manifest((*active)->record);
  const auto own = manifest ? recipe_of(*manifest) : forward_error(manifest);
  if (!own || own->id != wanted->id) return std::optional<AcceptedRecipe>();
  auto vintages = vintages_of(registry, *wanted, kRecordVersions, as_of, VintageUse::record);
  if (!vintages) return forward_error(vintages);
  if (vintages->empty()) return std::optional<AcceptedRecipe>();
  auto own_options = options_of(options, name);
  if (!own_options) return forward_error(own_options);
  AcceptedRecipe recipe{wanted->id, std::move(*own_options), (*active)->record, Evidence::from_json({}), {}};
  for (const VersionRecord& vintage : *vintages) {
    auto artifact = registry.open_artifact(vintage);
    if (!artifact) return forward_error(artifact);
    recipe.vintages.push_back(std::move(*artifact));
  }
  if (since == AcceptedSince::before && recipe.vintages.front().manifest.created_as_of == as_of)
    return std::optional<AcceptedRecipe>();
  auto accepted_on = what_it_was_judged_on(registry, recipe.active.version);
  if (!accepted_on) return forward_error(accepted_on);
  recipe.accepted_on = std::move(*accepted_on);
  return std::optional(std::move(recipe));
}

Result<Protocol> protocol_of_refresh(const AcceptedRecipe& recipe, const Protocol& protocol,
                                     std::optional<Timestamp> since) {
  const auto trainer = make_trainer(recipe.active.slot.model_type, recipe.options.trainers);
  if (!trainer) return forward_error(trainer);
  std::vector<std::string> record;
  for (const StoredArtifact& vintage : recipe.vintages) record.push_back(vintage.version.str());
  Protocol own = vintage_protocol(protocol, **trainer, std::move(record));
  own.fits = recipe.options.lineup.fits;
  own.since = since;
  return own;
}

Result<Refresh> make_refresh(const CycleWorkplace& place, const AcceptedRecipe& recipe, const LearningData& data,
                             const Protocol& protocol, WarmParent& parent, const RunContext& run) {
  const std::string& model_type = recipe.active.slot.model_type;
  const LearningOptions& options = recipe.options;
  const auto trainer = make_trainer(model_type, options.trainers);
  if (!trainer) return forward_error(trainer);
  const auto record = past_forecasts(recipe.vintages, data, place.said_before, protocol.since);
  if (!record) return forward_error(record);
  auto staged = place.registry.store().stage(model_type);
  if (!staged) return forward_error(staged);
  Protocol own = protocol;
  TrainingSplit split;
  const auto model =
      train_from(parent, model_type, options.trainers, [&](const Trainer& one) -> Result<CalibratedModel> {
        auto made = train_vintage_into(staged->directory(), one, data, own, *record, run, place.folders);
        if (!made) return forward_error(made);
        split = std::move(made->split);
        return std::move(made->model);
      });
  if (!model) return forward_error(model);
  own.warm_start = parent.version;

  const RowSet newest = newest_rows(data.rows.data);
  const auto before = load_calibrated_model(model_type, recipe.vintages.back().directory);
  if (!before) return forward_error(before);
  const auto said = model->forecast(newest), they_said = before->forecast(newest);
  if (!said) return forward_error(said);
  if (!they_said) return forward_error(they_said);
  const Agreement agreement = agreement_of(*said, *they_said);

  const auto active = stored_manifest(recipe.active);
  if (!active) return forward_error(active);
  const Evidence evidence =
      Evidence::of_refresh(recipe.accepted_on, {recipe.id, recipe.active.version.str(), newest.size(),
                                                agreement.coverage, agreement.correlation, record->rows.size()});
  Manifest manifest = manifest_of(**trainer, *model, data, split, own, recipe.active.slot.scope);
  note_circumstances(place, manifest);
  manifest.metrics_json = active->metrics_json;  // the recipe's
  manifest.parent = recipe.active.version.str();
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  manifest.files = std::move(*files);
  auto artifact = place.registry.store().put(std::move(*staged), std::move(manifest));
  if (!artifact) return forward_error(artifact);
  const StoredArtifact& predecessor = recipe.vintages.back();
  const bool has_to_agree = !own.since && !learned_from_corrected(place, predecessor.manifest);
  return Refresh{std::move(*artifact), evidence.text(), problem_of(agreement, predecessor.version.str(), has_to_agree),
                 model->model->notes()};
}

Result<CycleResult> settle_refresh(const CycleWorkplace& place, const LearningOptions& options,
                                   const CycleRequest& request, std::int64_t cycle, const Refresh& refresh) {
  const VersionId& version = refresh.artifact.version;
  CycleResult result;
  result.model_type = slot_name(refresh.artifact.manifest);
  result.version = version;
  result.evidence_json = refresh.evidence_json;
  const bool is_fit = refresh.problem.empty() || options.deployment.gate == PolicyGate::none;
  result.decision = std::string(to_string(is_fit ? DeploymentDecision::deploy : DeploymentDecision::reject));
  const auto check = Evidence::from_json(refresh.evidence_json).refresh();
  expects(check.has_value(), "a refresh says what it is one of");
  const std::string why =
      is_fit ? "A refresh of recipe " + check->recipe + ", which was accepted when " + check->accepted_by +
                   " was judged; " + fitted_on_words(refresh.artifact.manifest) + ", it learned until " +
                   to_string(refresh.artifact.manifest.learned_until) + "."
             : "A refresh of recipe " + check->recipe + " that is not fit to serve: " + refresh.problem + ".";
  result.reasons = {why};
  const Decision decision{request.as_of, request.actor + ", cycle " + std::to_string(cycle), why,
                          refresh.evidence_json};
  const auto entered = place.registry.enter(refresh.artifact, decision);
  if (!entered) return forward_error(entered);
  if (entered->record.status != VersionStatus::candidate) {
    result.reasons.push_back("this very model was trained before and is " +
                             std::string(to_string(entered->record.status)) + "; that stands");
  } else if (options.deployment.mode == PolicyMode::logging_only) {
    result.reasons.push_back("mode logging_only: nothing was moved");
  } else if (!is_fit) {
    if (auto rejected = place.registry.reject(version, decision); !rejected) return forward_error(rejected);
  } else if (auto promoted = place.registry.promote(version, decision); !promoted) {
    return forward_error(promoted);
  }
  result.reasons.insert(result.reasons.end(), refresh.notes.begin(), refresh.notes.end());
  return result;
}

}  // namespace clm
