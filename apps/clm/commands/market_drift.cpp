#include "market_drift.hpp"

#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/number_text.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/triggers/feature_drift.hpp"

namespace clm::app {
namespace {

constexpr std::size_t kShownFeatures = 12;

/// A span of fitted bars, and whose.
using FittedSpans = std::vector<std::pair<FittedBars, std::vector<std::string>>>;

Result<FittedSpans> spans_of_active(Workspace& workspace, const MarketTape& tape) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  std::map<FittedBars, std::vector<std::string>> spans;
  for (const std::string& recipe : trained_recipes(workspace.learning())) {
    const auto active = (*registry)->active(slot_of(recipe));
    if (!active) return forward_error(active);
    if (!*active) continue;
    const auto manifest = stored_manifest((*active)->record);
    if (!manifest) return forward_error(manifest);
    spans[fitted_bars(tape, *manifest)].push_back(recipe);
  }
  if (spans.empty())
    return fail(ErrorKind::usage, "drift.nobody_active", "no version is active whose rows could be compared with", {},
                "Say with --fitted-until TIME which bars are to count as fitted on, or train one (clm cycle).");
  return FittedSpans(spans.begin(), spans.end());
}

void add_rows(TextTable& table, const FeatureDrift& drift, double level) {
  for (std::size_t i = 0; i < drift.finding.worst.size(); ++i) {
    const DriftedSeries& one = drift.finding.worst[i];
    table.add({one.name, one.p < level ? "yes" : "no", fixed(one.mean_shift, 2), fixed(one.scale_ratio, 2),
               fixed(one.wasserstein, 2), std::to_string(one.window_bars), std::string(to_string(one.distance)),
               one.p < 1e-6 ? "< 0.000001" : fixed(one.p, 6), to_string(drift.since[i]), fixed(one.psi, 2),
               fixed(one.ks, 2)});
  }
}

std::string named(const std::vector<std::string>& recipes) {
  std::string text;
  for (const std::string& recipe : recipes) text += (text.empty() ? "" : ", ") + recipe;
  return text;
}

}  // namespace

Result<int> run_market_drift(Program& program, const std::string& as_of, const std::string& fitted_until) {
  std::optional<Timestamp> until;
  if (!fitted_until.empty()) {
    const auto asked = time_of("--fitted-until", fitted_until);
    if (!asked) return forward_error(asked);
    until = *asked;
  }
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const LearningOptions& options = (*workspace)->learning();
  const auto place = open_live_market(program, **workspace, as_of);
  if (!place) return forward_error(place);
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  const auto tape = MarketTape::record(*features, *place->candles, place->context.get(), options.label, place->as_of,
                                       program.context());
  if (!tape) return forward_error(tape);
  FittedSpans spans;
  if (until) {
    spans = {{fitted_bars(*tape, tape->close(0), *until), {}}};
  } else {
    auto found = spans_of_active(**workspace, *tape);
    if (!found) return forward_error(found);
    spans = std::move(*found);
  }

  BarMeans means(*tape);
  FeatureDriftMonitor monitor(*tape, means);
  const double level = drift_level(options.triggers, tape->interval());
  auto list = nlohmann::json::array();
  std::string text = "Features beside those fitted on; " + describe(place->lateness) + "\n";
  for (const auto& [fitted, recipes] : spans) {
    const FeatureDrift drift = monitor.look(fitted, tape->bars() - 1, kShownFeatures);
    auto document = to_json(drift, level);
    document["recipes"] = recipes;
    list.push_back(std::move(document));
    TextTable table({"feature", "drifted", "mean", "scale", "wasserstein", "bars", "by", "p", "since", "PSI", "KS"});
    add_rows(table, drift, level);
    text += "\n" + (recipes.empty() ? std::string() : named(recipes) + ": ") + sentence(drift, level) + "\n";
    if (!table.empty()) text += "\n" + table.render(program.columns());
  }
  nlohmann::json document{{"as_of", to_string(place->as_of)}, {"spans", list}};
  add_lateness(document, place->lateness);
  text +=
      "\nmean: how far the mean of the newest bars lies from that of the fitted ones; wasserstein: how far their "
      "whole\n"
      "distribution does, both in standard deviations of the fitted ones; scale: how many times as much they vary as\n"
      "spans of that length usually did. p: how often the fitted bars would show so much anywhere, adjusted for all\n"
      "features, spans and distances. PSI and KS are told beside it and decide nothing.\n";
  program.print(document, text);
  return 0;
}

}  // namespace clm::app
