#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "registry/registry_report.hpp"
#include "workspace/market_view.hpp"
#include "workspace/speaking_versions.hpp"

namespace clm::app {
namespace {

/// "-" where it is not known.
std::string date_of(const nlohmann::json& time) {
  return time.is_string() ? time.get<std::string>().substr(0, 10) : "-";
}

constexpr const char* kModelsDocument = R"(Document (--json)
  {ensemble, models: [{model_type, version, status, weight, recipe, judged,
  corrected, suspended, scope, pruned, trained_at, learned_until, data_from,
  data_to, rows, features_hash, metrics, problem}], paused: [{model_type, at,
  by, reason}]}
  ensemble: the one that serves. weight: in what is served, as of the newest
  cycle; null: it does not speak. A version that is retired from its slot may
  speak on as an older vintage of its recipe. judged: false of a vintage of an
  accepted recipe, of which metrics are the recipe's, and of a lineup of such.
  corrected: [{symbol, bars, from, to}] of the candles that it learned from and
  that were corrected or removed since; null: it is not known, since an earlier
  release made it, or since it is an ensemble, whose members say it.
  suspended: {version, at, changed_at, cause, reason} of one that has no vote
  because what it said did harm; null: it is not suspended.
  paused: recipes of which no version is trained until clm resume.)";

/// Adds who speaks with which weight, by which recipe each was made, and whether it was judged itself.
/// `notes`: what is to be said of them.
Status add_what_serves(Workspace& workspace, const Registry& registry, nlohmann::json& document, std::string& notes) {
  const auto speaking = speaking_versions(workspace);
  if (!speaking) return forward_error(speaking);
  std::set<VersionId> versions;
  for (const auto& m : document["models"]) versions.insert(VersionId(m["version"].get<std::string>()));
  const auto names = recipe_names(registry, workspace.learning(), versions);
  if (!names) return forward_error(names);
  const auto corrections = open_corrections(workspace);
  if (!corrections) return forward_error(corrections);
  document["ensemble"] = speaking->ensemble.empty() ? nlohmann::json() : nlohmann::json(speaking->ensemble.str());
  const auto suspended = registry.suspensions();
  if (!suspended) return forward_error(suspended);
  for (auto& m : document["models"]) {
    const VersionId version(m["version"].get<std::string>());
    const auto out = std::find_if(suspended->begin(), suspended->end(),
                                  [&](const Suspension& one) { return one.version == version; });
    m["suspended"] = out == suspended->end() ? nlohmann::json() : to_json(*out);
    const auto weight = speaking->weights.find(version);
    const std::string recipe = names->of(text_of(m["model_type"]), version);
    m["weight"] = weight == speaking->weights.end() ? nlohmann::json() : nlohmann::json(weight->second);
    m["recipe"] = recipe.empty() ? nlohmann::json() : nlohmann::json(recipe);
    m["judged"] = m["corrected"] = nlohmann::json();
    const auto manifest = registry.find(version.str()).and_then(stored_manifest);
    if (!manifest) continue;  // its `problem` says why
    const auto protocol = read_protocol(manifest->protocol_json);
    if (protocol) m["judged"] = is_judged(*protocol);
    const auto corrected = corrections->of(*manifest);
    if (!corrected)  // the others are told all the same
      notes += text_of(m["model_type"]) + " " + version.str() +
               ": whether candles were corrected that it learned from is not known: " + to_string(corrected.error()) +
               "\n";
    if (!corrected || !*corrected) continue;
    m["corrected"] = to_json(**corrected);
    if (weight != speaking->weights.end() && !(*corrected)->empty())
      notes += "CORRECTED  " + text_of(m["model_type"]) + " " + version.str() + "  " + describe(**corrected) + "\n";
  }
  return {};
}

/// Of the recipes that are asked for.
Result<std::vector<RefreshPause>> refresh_pauses(Workspace& workspace, const Registry::Filter& filter) {
  const auto database = workspace.database();
  if (!database) return forward_error(database);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  auto pauses = log->refresh_pauses();
  if (!pauses) return forward_error(pauses);
  std::erase_if(*pauses, [&](const RefreshPause& pause) {
    const Slot slot = slot_of(pause.model_type);
    return (!filter.model_type.empty() && slot.model_type != filter.model_type) ||
           (!filter.scope.empty() && slot.scope != filter.scope);
  });
  return pauses;
}

Result<int> run_models(Program& program, const std::string& recipe) {
  if (auto known = check_recipe("--type", recipe); !known) return forward_error(known);
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const Slot slot = slot_of(recipe);
  const bool is_of_one_recipe = recipe.find('/') != std::string::npos;
  const Registry::Filter filter{slot.model_type, is_of_one_recipe ? slot.scope : std::string(), {}};
  auto document = models_document(*opened->registry, filter);
  if (!document) return forward_error(document);
  std::string notes;
  if (auto added = add_what_serves(*opened->workspace, *opened->registry, *document, notes); !added)
    return forward_error(added);
  const auto pauses = refresh_pauses(*opened->workspace, filter);
  if (!pauses) return forward_error(pauses);
  (*document)["paused"] = nlohmann::json::array();
  for (const RefreshPause& pause : *pauses) {
    (*document)["paused"].push_back(to_json(pause));
    notes += folded_line(pause.model_type + ": " + describe(pause), program.columns());
  }
  TextTable table({"type", "version", "status", "weight", "data from", "learned until", "trained as of", "rows",
                   "rank IC", "hit rate %", "net bps/trade", "interval", "trades"});
  bool are_all_judged = true, speaks_beside = false, is_any_suspended = false;
  for (const auto& m : (*document)["models"]) {
    if (const auto& problem = m["problem"]; !problem.is_null())
      notes += "BROKEN  " + text_of(m["model_type"]) + " " + text_of(m["version"]) + "  " +
               text_of(problem["message"]) + "; clm verify says more\n";
    const bool is_judged = m["judged"] != false;
    are_all_judged = are_all_judged && is_judged;
    speaks_beside = speaks_beside || (!m["weight"].is_null() && m["status"] != "active");
    const auto metrics = is_judged ? m["metrics"] : nlohmann::json::object();
    const double trades = number_of(metrics, "trades"), net = number_of(metrics, "net_bps_per_trade");
    const bool traded = trades > 0;
    const double lo = number_of(metrics, "net_bps_per_trade_lo"), hi = number_of(metrics, "net_bps_per_trade_hi");
    const std::string interval =
        traded && !std::isnan(lo) && !std::isnan(hi) ? "[" + fixed(lo, 1) + ", " + fixed(hi, 1) + "]" : "-";
    is_any_suspended = is_any_suspended || !m["suspended"].is_null();
    table.add({text_of(m["model_type"]), text_of(m["version"]),
               text_of(m["status"]) + (m["suspended"].is_null() ? "" : ", suspended"), fixed(number_of(m, "weight"), 2),
               date_of(m["data_from"]), date_of(m["learned_until"]), date_of(m["trained_at"]),
               m["rows"].is_null() ? "-" : grouped(m["rows"].get<long long>()), fixed(number_of(metrics, "rank_ic"), 4),
               fixed(100 * number_of(metrics, "hit_rate"), 1), traded ? fixed(net, 1) : "-", interval,
               fixed(trades, 0)});
  }
  if (speaks_beside)
    notes += folded_line(
        "Who has a weight speaks, whatever its status: a retired version as an older vintage of its recipe.",
        program.columns());
  if (is_any_suspended)
    notes += folded_line(
        "Suspended: without a vote until further notice, because what was said did harm: clm status, clm reinstate.",
        program.columns());
  if (!are_all_judged)
    notes += folded_line(
        "Without figures: vintages of accepted recipes, and lineups of these. A recipe is judged, and its vintages are "
        "checked: clm recipes, clm show VERSION.",
        program.columns());
  program.print(*document,
                table.empty() ? "No versions yet: clm cycle makes some.\n" : table.render(program.columns()) + notes);
  return 0;
}

}  // namespace

void add_models(CLI::App& app, Commands& commands) {
  auto type = std::make_shared<std::string>();
  auto* command = app.add_subcommand("models", "The versions, newest first");
  command->footer(kModelsDocument);
  command->add_option("--type", *type, "Only this model type, or one recipe of it: TYPE/NAME")->type_name("RECIPE");
  commands.push_back({command, [type](Program& program) { return run_models(program, *type); }});
}

}  // namespace clm::app
