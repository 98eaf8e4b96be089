#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "commands/voters.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/data/protocol.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "registry/registry_report.hpp"
#include "workspace/market_view.hpp"
#include "workspace/speaking_versions.hpp"
#include "workspace/stored_life_cycle.hpp"

namespace clm::app {
namespace {

/// How the trial of a version stands now, null if it is on none.
Result<nlohmann::json> trial_of(Workspace& workspace, const nlohmann::json& manifest, const std::string& version,
                                std::string& text) {
  const auto protocol = read_protocol(manifest["protocol"].dump());
  if (!protocol) return forward_error(protocol);
  const auto trials = trials_under_way(workspace, protocol->interval);
  if (!trials) return forward_error(trials);
  for (const TrialView& view : *trials) {
    if (view.trial.challenger.str() != version) continue;
    text = describe(view) + "\n\n";
    return to_json(view);
  }
  return nlohmann::json();
}

/// An event's time: until when data were known, or when a person decided.
std::string when(const nlohmann::json& event) {
  const bool of_data = !event["data_until"].is_null();
  const auto& time = of_data ? event["data_until"] : event["decided_at"];
  return (time.is_null() ? text_of(event["at"]) : text_of(time)) + (of_data ? " (data until)" : "");
}

constexpr const char* kShowDocument = R"(Document (--json)
  {version, model_type, scope, status, weight, recipe, judged, corrected,
  pruned, learned_until, manifest, evidence, events, trial}
  weight: in what is served, as of the newest cycle; null: it does not speak.
  judged: whether this version was judged. A vintage of an accepted recipe is
  not: its evidence holds what was checked of it (refresh: {recipe,
  accepted_by, rows, coverage, correlation, calibrated_rows}) beside the
  judgement and the verdict of accepted_by, by which the recipe was accepted.
  corrected: [{symbol, bars, from, to}] of the candles that it learned from and
  that were corrected or removed since; null: it is not known.)";

/// As `CandleCorrections::of`.
Result<std::optional<std::vector<CorrectedCandles>>> corrections_of(Workspace& workspace, const Registry& registry,
                                                                    const VersionId& version) {
  const auto corrections = open_corrections(workspace);
  if (!corrections) return forward_error(corrections);
  const auto manifest = registry.find(version.str()).and_then(stored_manifest);
  if (!manifest) return forward_error(manifest);
  return corrections->of(*manifest);
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

/// Why it was let in or not: what was found when it was judged, or that its recipe was judged and what was checked.
std::string decision_lines(const Evidence& evidence) {
  std::string text;
  const auto refresh = evidence.refresh();
  if (refresh) {
    text +=
        "\nNot judged itself: a vintage of recipe " + refresh->recipe + ". Checked, beside the vintage before it:\n";
    text += "  - it has a forecast on " + percent(refresh->coverage) + " of the newest " +
            grouped(static_cast<long long>(refresh->rows)) + " rows\n";
    text += "  - there its forecasts and those of the vintage before it correlate by " +
            fixed(refresh->correlation, 2) + "\n";
    text += "  - it is calibrated by " + grouped(static_cast<long long>(refresh->calibrated)) +
            " rows, on which earlier vintages forecast what they were not fitted on\n";
  }
  const auto verdict = evidence.verdict();
  if (verdict) {
    text += refresh
                ? "\nIts recipe was accepted when " + refresh->accepted_by + " was judged; the policy's verdict then: "
                : "\nThe policy's verdict when it was judged: ";
    text += std::string(to_string(verdict->decision)) + "\n";
    for (const auto& reason : verdict->reasons) text += "  - " + reason + "\n";
    if (const std::string why = evidence.why_weights(); !why.empty()) text += "  - " + why + "\n";
  } else if (refresh) {
    text += "\nIts recipe was accepted with " + refresh->accepted_by + ".\n";
  }
  if (const std::string why = evidence.why_lineup(); !why.empty())
    text += "\nNot judged itself: a lineup of vintages of accepted recipes, " + why + "\n";
  return text;
}

Result<int> run_show(Program& program, const std::string& version) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  auto document = show_document(*opened->registry, version);
  if (!document) return forward_error(document);
  auto& d = *document;
  std::string trial_text;
  auto trial = trial_of(*opened->workspace, d["manifest"], text_of(d["version"]), trial_text);
  if (!trial) return forward_error(trial);
  d["trial"] = std::move(*trial);
  const auto& manifest = d["manifest"];
  const VersionId id(d["version"].get<std::string>());
  const auto speaking = speaking_versions(*opened->workspace);
  if (!speaking) return forward_error(speaking);
  const auto names = recipe_names(*opened->registry, opened->workspace->learning(), {id});
  if (!names) return forward_error(names);
  const auto protocol = read_protocol(manifest["protocol"].dump());
  if (!protocol) return forward_error(protocol);
  const std::string recipe = names->of(text_of(d["model_type"]), id);
  const auto weight = speaking->weights.find(id);
  d["weight"] = weight == speaking->weights.end() ? nlohmann::json() : nlohmann::json(weight->second);
  d["recipe"] = recipe.empty() ? nlohmann::json() : nlohmann::json(recipe);
  d["judged"] = is_judged(*protocol);
  const auto corrected = corrections_of(*opened->workspace, *opened->registry, id);
  d["corrected"] = corrected && *corrected ? to_json(**corrected) : nlohmann::json();
  std::string text =
      text_of(d["model_type"]) + " " + id.str() + ": " + standing(text_of(d["status"]), id, *speaking) + "\n";
  if (!d["events"].empty())
    text += "since " + when(d["events"].back()) + ": " + one_line(text_of(d["events"].back()["reason"])) + "\n";
  text += "\n" + trial_text;
  if (!recipe.empty()) text += "recipe      " + recipe + "\n";
  text += "learned     until " + text_of(d["learned_until"]) +
          ", the last label that it was fitted on; trained as of " + text_of(manifest["created_as_of"]) + "\n";
  if (!corrected)
    text += "            whether candles were corrected since is not known: " + to_string(corrected.error()) + "\n";
  else if (*corrected && !(*corrected)->empty())
    text += "            " + describe(**corrected) + "\n";
  text += "trained on  " + text_of(manifest["training"]["from"]) + " to " + text_of(manifest["training"]["to"]) + ", " +
          grouped(manifest["training"]["rows"].get<long long>()) + " rows, features " +
          text_of(manifest["features"]["set"]) + "\n";
  text += "label       " + manifest["label"].dump() + "\nparameters  " + manifest["parameters"].dump() + "\nfiles\n";
  for (const auto& member : manifest.value("members", nlohmann::json::array()))
    text += "  member " + text_of(member["model_type"]) + " " + text_of(member["version"]) + ", weight " +
            fixed(number_of(member, "weight"), 3) + "\n";
  for (const auto& file : manifest["files"])
    text += "  " + text_of(file["name"]) + "  " + grouped(file["bytes"].get<long long>()) + " bytes  sha256 " +
            text_of(file["sha256"]).substr(0, 16) + "...\n";
  text += decision_lines(Evidence::of_document(d["evidence"]));
  text += "\nevents\n";
  for (const auto& event : d["events"])
    text += "  " + when(event) + "  " + text_of(event["from"]) + " -> " + text_of(event["to"]) + "  by " +
            text_of(event["actor"]) + ": " + one_line(text_of(event["reason"])) + "\n";
  program.print(d, text);
  return 0;
}

}  // namespace

void add_show(CLI::App& app, Commands& commands) {
  auto version = std::make_shared<std::string>();
  auto* command = app.add_subcommand("show", "Everything about a version: manifest, evidence, events");
  command->footer(kShowDocument);
  command->add_option("version", *version, "Version, or its beginning")->required()->type_name("VERSION");
  commands.push_back({command, [version](Program& program) { return run_show(program, *version); }});
}

}  // namespace clm::app
