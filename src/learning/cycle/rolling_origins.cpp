#include "learning/cycle/rolling_origins.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/data/baselines.hpp"
#include "learning/vintages/lineup_places.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

/// Fewer do not say how large its forecasts are to be.
constexpr std::size_t kLeastRowsOfOrigin = 200;

/// A fit, and what it says about the rows from its origin on, as many as were asked for.
struct OriginFit {
  TrainingSplit split;
  Protocol protocol;
  std::unique_ptr<Model> model;  ///< null where it is not kept
  std::vector<float> said;
};

Result<OriginFit> fit_at(const Trainer& trainer, const LearningData& data, Protocol protocol, const RowSet& asked,
                         const RunContext& run, const TrainingFolders& folders) {
  OriginFit fit;
  auto made = fit_vintage(trainer, data, protocol, run, folders);
  if (!made) return forward_error(made);
  fit.said.resize(asked.size());
  if (auto predicted = made->model->predict(asked, fit.said); !predicted) return forward_error(predicted);
  fit.split = std::move(made->split);
  fit.protocol = std::move(protocol);
  fit.model = std::move(made->model);
  return fit;
}

/// Where the rows of each origin begin among `rows`, and where the last ones end.
std::vector<std::size_t> begin_of_origins(const RowSet& rows, const std::vector<Timestamp>& origins) {
  std::vector<std::size_t> begin;
  const auto decided = [&](std::uint32_t row) { return rows.data->decided_at_ms[row]; };
  for (const Timestamp origin : origins)
    begin.push_back(
        static_cast<std::size_t>(std::partition_point(rows.rows.begin(), rows.rows.end(),
                                                      [&](std::uint32_t row) { return decided(row) <= origin.ms(); }) -
                                 rows.rows.begin()));
  begin.push_back(rows.size());
  return begin;
}

RowSet part_of(const RowSet& rows, std::size_t begin, std::size_t end) {
  return {
      rows.data,
      {rows.rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.rows.begin() + static_cast<std::ptrdiff_t>(end)}};
}

Result<ForecastTable> judged_table(const std::string& name, const JudgingContext& judging,
                                   const std::vector<float>& raw) {
  auto served = cross_fitted_forecasts(*judging.truth, raw);
  if (!served) return forward_error(served);
  return ForecastTable{name, judging.truth, std::move(served->forecast), std::move(served->up_probability)};
}

/// One recipe, fitted at each origin.
struct RecipeAtOrigins {
  Slot slot;
  std::vector<std::optional<Result<OriginFit>>> fits;
};

Result<OriginVintage> store_vintage(const CycleWorkplace& place, const Trainer& trainer, const JudgingContext& judging,
                                    const std::string& scope, OriginFit& fit, const RowSet& since) {
  auto staged = place.registry.store().stage(std::string(trainer.type()));
  if (!staged) return forward_error(staged);
  const auto model =
      store_origin_vintage(staged->directory(), std::move(fit.model), trainer, judging.data, {since, fit.said});
  if (!model) return forward_error(model);
  Manifest manifest = manifest_of(trainer, *model, judging.data, fit.split, fit.protocol, scope);
  note_circumstances(place, manifest);
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  manifest.files = std::move(*files);
  return OriginVintage{std::move(*staged), std::move(manifest)};
}

Result<TrainedCandidate> candidate_of(const CycleWorkplace& place, const LearningOptions& options,
                                      const JudgingContext& judging, const std::vector<std::size_t>& begin,
                                      const std::vector<bool>& is_kept, RecipeAtOrigins& recipe) {
  const auto trainer = make_trainer(recipe.slot.model_type, options.trainers);
  if (!trainer) return forward_error(trainer);
  const RowSet& rows = judging.split.holdout;
  std::vector<float> newest(rows.size());
  std::vector<OriginVintage> vintages;
  std::vector<std::string> notes;
  for (std::size_t o = 0; o < recipe.fits.size(); ++o) {
    if (!*recipe.fits[o]) return forward_error(*recipe.fits[o]);
    OriginFit& fit = **recipe.fits[o];
    std::copy_n(fit.said.begin(), begin[o + 1] - begin[o], newest.begin() + static_cast<std::ptrdiff_t>(begin[o]));
    if (!is_kept[o]) continue;
    if (o + 1 == recipe.fits.size()) notes = fit.model->notes();
    auto vintage =
        store_vintage(place, **trainer, judging, recipe.slot.scope, fit, part_of(rows, begin[o], rows.size()));
    if (!vintage) return forward_error(vintage);
    vintages.push_back(std::move(*vintage));
  }
  auto table = judged_table(slot_name(recipe.slot), judging, newest);
  if (!table) return forward_error(table);
  OriginVintage last = std::move(vintages.back());
  vintages.pop_back();
  auto version = version_id(last.manifest);
  if (!version) return forward_error(version);
  return TrainedCandidate{std::move(last.staged), std::move(last.manifest), std::move(*version), std::move(*table),
                          std::move(newest),      std::move(vintages),      std::move(notes)};
}

/// The newest ones after which too little came, all but `least` of them.
void drop_without_rows(const Dataset& data, Timestamp as_of, std::vector<Timestamp>& origins, std::size_t least) {
  while (origins.size() > least && rows_after_origin(data, origins.back(), as_of).size() < kLeastRowsOfOrigin)
    origins.pop_back();
}

}  // namespace

Result<RollingOrigins> rolling_origins(const Dataset& data, const LearningOptions& options, Timestamp as_of) {
  const auto split = split_for_training(data, options.training, as_of);
  if (!split) return forward_error(split);
  const Timestamp first = split->holdout_span.from;
  const Duration share = as_of - first;
  const std::int64_t most = std::max<std::int64_t>(options.training.origins, 1);
  const Duration bar = data.frame->interval.length();
  // Whole bars, so that an origin is a moment at which one closed.
  const Duration apart = std::max({Duration(options.lineup.spacing_days * kDayMs), (share / most / bar) * bar, bar});
  std::vector<Timestamp> origins;
  for (Timestamp origin = as_of - apart; origin >= first && std::ssize(origins) < most; origin = origin - apart)
    origins.push_back(origin);
  std::reverse(origins.begin(), origins.end());
  drop_without_rows(data, as_of, origins, 0);
  if (origins.empty()) origins.push_back(first);
  return RollingOrigins{std::move(origins), apart};
}

std::vector<Timestamp> origins_since(const RecipeTry& record, const Dataset& data, Timestamp as_of) {
  std::vector<Timestamp> origins;
  for (Timestamp origin = record.first_origin; origins.empty() || origin < as_of; origin = origin + record.spacing)
    origins.push_back(origin);
  drop_without_rows(data, as_of, origins, 1);
  return origins;
}

std::size_t origins_in_budget(const Trainer& trainer, const LearningOptions& options, std::size_t origins) {
  const double minutes = options.training.origins_minutes;
  const nlohmann::json parameters = trainer.parameters();
  const auto budget = nlohmann::json::json_pointer("/network/time_budget_seconds");
  if (minutes <= 0 || !parameters.contains(budget) || !parameters[budget].is_number()) return origins;
  const double seconds_each = parameters[budget].get<double>() * options.lineup.fits;
  const double allowed = std::max(1.0, std::floor(minutes * 60 / seconds_each));
  return allowed < static_cast<double>(origins) ? static_cast<std::size_t>(allowed) : origins;
}

Result<JudgingContext> judge_at_origins(const LearningData& data, const Protocol& protocol,
                                        const std::vector<Timestamp>& origins, const LearningOptions& options,
                                        TrainingSplit& split, const RunContext& run) {
  split.holdout = rows_after_origin(data.rows.data, origins.front(), protocol.as_of);
  split.holdout_span = {Timestamp(data.rows.data.decided_at_ms[split.holdout.rows.front()]),
                        last_label_known(split.holdout) + Duration(1)};
  JudgingContext judging{data, split, protocol, judged_rows_of(data, split.holdout), {}, {}};
  const auto trainers = baseline_trainers(*data.rows.data.frame, data.label, options.trainers);
  if (!trainers) return forward_error(trainers);
  const auto begin = begin_of_origins(split.holdout, origins);
  for (const auto& trainer : *trainers) {
    std::vector<float> said;
    for (std::size_t o = 0; o < origins.size(); ++o) {
      const auto fit = fit_at(*trainer, data, origin_protocol(protocol, *trainer, origins[o]),
                              part_of(split.holdout, begin[o], begin[o + 1]), run, {});
      if (!fit) return forward_error(fit);
      said.insert(said.end(), fit->said.begin(), fit->said.end());
    }
    auto table = judged_table(std::string(trainer->type()), judging, said);
    if (!table) return forward_error(table);
    judging.baselines.push_back(std::move(*table));
    judging.raw_baselines.push_back({std::string(trainer->type()), judging.truth, std::move(said)});
  }
  return judging;
}

Result<std::vector<MadeCandidate>> train_at_origins(const CycleWorkplace& place, const LearningOptions& options,
                                                    const JudgingContext& judging,
                                                    const std::vector<Timestamp>& origins,
                                                    const std::vector<Trigger>& triggers, const RunContext& run) {
  const RowSet& rows = judging.split.holdout;
  const auto begin = begin_of_origins(rows, origins);
  std::vector<bool> is_kept(origins.size(), false);
  for (const std::size_t place_in_lineup : lineup_places(origins, options.lineup)) is_kept[place_in_lineup] = true;

  std::vector<RecipeAtOrigins> recipes;
  std::size_t rounds = 0;
  for (const Trigger& trigger : triggers) {
    recipes.push_back({slot_of(trigger.model_type), {}});
    recipes.back().fits.resize(origins.size());
    rounds += origins.size() * static_cast<std::size_t>(options.lineup.fits) *
              planned_rounds(recipes.back().slot.model_type, options.trainers);
  }
  run.progress.begin("training", rounds);
  parallel_for(run.jobs, recipes.size() * origins.size(), [&](std::size_t i) {
    RecipeAtOrigins& recipe = recipes[i / origins.size()];
    const std::size_t o = i % origins.size();
    const auto trainer = make_trainer(recipe.slot.model_type, options.trainers);
    if (!trainer) {
      recipe.fits[o].emplace(forward_error(trainer));
      return;
    }
    Protocol protocol = origin_protocol(judging.protocol, **trainer, origins[o]);
    protocol.fits = options.lineup.fits;
    auto fit = fit_at(**trainer, judging.data, std::move(protocol),
                      part_of(rows, begin[o], is_kept[o] ? rows.size() : begin[o + 1]), run, place.folders);
    if (fit && !is_kept[o]) fit->model.reset();
    recipe.fits[o].emplace(std::move(fit));
  });
  run.progress.end();
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
  std::vector<MadeCandidate> made(recipes.size());
  for (std::size_t r = 0; r < recipes.size(); ++r)
    made[r].emplace(candidate_of(place, options, judging, begin, is_kept, recipes[r]));
  return made;
}

}  // namespace clm
