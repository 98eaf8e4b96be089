#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "commands/voters.hpp"
#include "learning/options/serving_rules.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "serving/explanation_report.hpp"
#include "serving/forecast_report.hpp"
#include "serving/hold_back.hpp"
#include "serving/live_inputs.hpp"
#include "version_explanation.hpp"
#include "workspace/market_view.hpp"
#include "workspace/predictions.hpp"

namespace clm::app {
namespace {

constexpr const char* kExplainDocument = R"(Documents (--json)
  of a prediction  {as_of, newest_bar, late_bars, stale, ensemble, regime, explanations: [{symbol, action, note,
                   expected_return_bps, base_bps, opaque_bps, features: [{feature, value, effect_bps}],
                   other_features_bps, members: [{recipe, model_type, version, learned_until, weight,
                   expected_return_bps, base_bps, features, other_features_bps, why_not}], abstained, canaries}]}
                   members: several vintages of a recipe have a place each; the table has a column for all of a recipe.
                   canaries: versions that serve this symbol in the place of active ones, as clm predict has it.
                   base_bps + opaque_bps + all effects = expected_return_bps. opaque_bps: from members whose votes do
                   not come apart by feature (why_not says why).
  of a version     {version, model_type, rows: {used, held_out, fitted_on, from, to, note}, members: [{model_type, version, weight,
                   contributions: [{feature, mean_size_bps, mean_bps, share}], contributions_why_not, permutation:
                   {rank_ic, interval, repeats, features: [{feature, drop, interval, p_greater}]},
                   permutation_why_not}], ensemble: null or {comparison: {rank_ic, members: [{model_type, weight,
                   rank_ic, adds}]}, permutation: as above, through all members at once}}
                   Features of a network are the channels of its windows: window.price, window.volume.
                   fitted_on: nothing was held out of a vintage of an accepted recipe, and it is asked about its newest
                   rows; comparison is null then.
                   A model is its own only member. Every feature is listed; --top shortens tables only.)";

struct ExplainFlags {
  std::string version;
  std::vector<std::string> symbols;
  std::string as_of;
  std::size_t top = 12;
  std::size_t rows = 20'000;
  int repeats = 3;
  bool permutation = false;
};

/// The members of one recipe, as one column.
struct RecipeColumn {
  std::string model_type;
  double weight = 0;
  std::vector<const MemberExplanation*> members;

  /// The weighted mean of what the members have; NaN where one has none.
  template <typename Of>
  double mean(const Of& of_member) const {
    double sum = 0;
    for (const MemberExplanation* member : members) sum += member->vote.weight * of_member(*member);
    return weight > 0 ? sum / weight : kMissing;
  }
};

std::vector<RecipeColumn> columns_of(const Explanation& explanation, const RecipeNames& names) {
  std::vector<RecipeColumn> columns;
  for (const RecipeVote& vote : votes_by_recipe(explanation.prediction.votes, names)) {
    RecipeColumn& column = columns.emplace_back(RecipeColumn{vote.model_type, vote.weight, {}});
    for (const Vote& one : vote.members)
      for (const MemberExplanation& member : explanation.members)
        if (member.vote.version == one.version) column.members.push_back(&member);
  }
  return columns;
}

/// "  by lightgbm 0123456789ab, learned until 2024-01-01 00:00, weight 0.50", a line for each.
std::string speakers(const Explanation& explanation, const std::vector<RecipeColumn>& columns) {
  std::string text;
  for (const RecipeColumn& column : columns)
    for (const MemberExplanation* member : column.members)
      text += "  by " + member->vote.model_type + " " + member->vote.version.str() + ", learned until " +
              to_minutes_string(member->vote.learned_until) + ", weight " + fixed(member->vote.weight, 2) + "\n";
  for (const auto& canary : explanation.prediction.canaries) text += "  served by the canary " + canary.str() + "\n";
  return text;
}

std::string describe(const Explanation& explanation, const std::string& held_back, const RecipeNames& names,
                     std::size_t top, std::size_t width) {
  const Prediction& p = explanation.prediction;
  std::string text = "\n" + p.symbol.str() + ": " + std::string(to_string(p.action)) + ", expected " +
                     fixed(p.expected_return_bps, 2) + " bps\n";
  if (const std::string note = note_on(p, held_back); !note.empty()) text += "  note: " + note + "\n";
  const std::vector<RecipeColumn> columns = columns_of(explanation, names);
  text += speakers(explanation, columns);
  for (const auto& absent : p.abstained) text += "  " + absent.model_type + " abstains: " + absent.why + "\n";
  if (explanation.members.empty()) return text;
  const CombinedExplanation sum = combined(explanation);
  std::vector<std::string> header{"feature", "value", "effect bps"};
  for (const RecipeColumn& column : columns)
    header.push_back(column.model_type +
                     (column.members.size() > 1 ? ", mean of " + std::to_string(column.members.size()) : "") + " x " +
                     fixed(column.weight, 2));
  TextTable table(std::move(header));
  const auto add = [&](const std::string& name, const std::string& value, double effect_bps, const auto& of_member) {
    std::vector<std::string> cells{name, value, fixed(effect_bps, 2)};
    for (const RecipeColumn& column : columns) cells.push_back(fixed(column.mean(of_member), 2));
    table.add(std::move(cells));
  };
  double others = 0;
  for (std::size_t i = 0; i < sum.effects.size(); ++i) {
    const FeatureEffect& effect = sum.effects[i];
    if (i >= top) {
      others += effect.effect_bps;
      continue;
    }
    add(effect.feature, fixed(effect.value, 4), effect.effect_bps, [&](const MemberExplanation& member) {
      for (const auto& own : member.effects)
        if (own.feature == effect.feature) return own.effect_bps;
      return kMissing;
    });
  }
  const auto only_total = [](const MemberExplanation&) { return kMissing; };
  if (sum.effects.size() > top)
    add("(" + std::to_string(sum.effects.size() - top) + " others)", "", others, only_total);
  add("(base)", "", sum.base_bps, [](const MemberExplanation& m) { return m.why_not.empty() ? m.base_bps : kMissing; });
  if (sum.opaque_bps != 0) add("(not by feature)", "", sum.opaque_bps, only_total);
  add("all", "", p.expected_return_bps, [](const MemberExplanation& m) { return m.vote.expected_return_bps; });
  text += table.render(width);
  for (const auto& member : explanation.members)
    if (!member.why_not.empty()) text += "  " + member.why_not + "\n";
  return text;
}

Result<int> explain_prediction(Program& program, Workspace& workspace, const Registry& registry,
                               const ExplainFlags& flags) {
  const auto place = open_live_market(program, workspace, flags.as_of);
  if (!place) return forward_error(place);
  const auto symbols = stored_symbols({flags.symbols, "--symbol", "predict.unknown_symbol"}, *place->candles);
  if (!symbols) return forward_error(symbols);
  const auto explain = [&]() -> Result<Explanations> {
    if (flags.version.empty()) {
      const auto service = start_predictions(workspace, *place, program.context());
      if (!service) return forward_error(service);
      const auto answer = (*service)->answer();
      return answer->by->explain(*answer->inputs, *symbols);
    }
    const auto record = registry.find(flags.version);
    if (!record) return forward_error(record);
    const auto rules = serving_rules(workspace.learning());
    if (!rules) return forward_error(rules);
    const auto predictor = Predictor::load_version(registry, *record, *rules);
    if (!predictor) return forward_error(predictor);
    const auto inputs = LiveInputs::after_history(predictor->needs(), *place->candles, place->context.get(),
                                                  place->as_of, program.context());
    if (!inputs) return forward_error(inputs);
    return predictor->explain(*inputs->newest(), *symbols);
  };
  auto explained = explain();
  if (!explained) return forward_error(explained);
  hold_back_if_stale(*explained, place->lateness);
  std::vector<std::string> types;
  if (!explained->explanations.empty())
    for (const MemberExplanation& member : explained->explanations.front().members)
      types.push_back(member.vote.model_type);
  const bool one_version = explained->ensemble.empty() && !flags.version.empty();
  const std::string by = one_version ? "version " + flags.version : voters(explained->ensemble, types);
  const auto names = recipe_names(registry, workspace.learning(), versions_in(*explained));
  if (!names) return forward_error(names);
  std::string text = "By " + by + "; " + describe(place->lateness) + "\n";
  for (const auto& one : explained->explanations)
    text += describe(one, explained->held_back, *names, flags.top, program.columns());
  nlohmann::json document = to_json(*explained, place->as_of, flags.top, *names);
  add_lateness(document, place->lateness);
  program.print(document, text);
  return 0;
}

Result<int> explain_version(Program& program, Workspace& workspace, const Registry& registry,
                            const ExplainFlags& flags) {
  const auto record = registry.find(flags.version);
  if (!record) return forward_error(record);
  HeldOutOptions options;
  options.most_rows = flags.rows;
  options.repeats = flags.repeats;
  options.permutation = flags.permutation;
  HeldOutShelf shelf;
  const auto explained = explain_held_out(workspace, registry, *record, options, shelf, program.context());
  if (!explained) return forward_error(explained);
  program.print(to_json(*explained), describe(*explained, flags.top));
  return 0;
}

Result<int> run_explain(Program& program, const ExplainFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto registry = (*workspace)->registry();
  if (!registry) return forward_error(registry);
  return flags.symbols.empty() ? explain_version(program, **workspace, **registry, flags)
                               : explain_prediction(program, **workspace, **registry, flags);
}

}  // namespace

void add_explain(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ExplainFlags>();
  auto* command =
      app.add_subcommand("explain", "Which features moved a prediction (--symbol), or a version on its held-out rows");
  command->footer(kExplainDocument);
  command->add_option("version", flags->version, "Version, or its beginning (default with --symbol: what serves it)")
      ->type_name("VERSION");
  auto* symbol =
      command->add_option("--symbol", flags->symbols, "Explain the prediction of these")->type_name("SYMBOL");
  command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")
      ->type_name("TIME")
      ->needs(symbol);
  command->add_option("--top", flags->top, "Features that are listed by name")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  auto* permutation =
      command
          ->add_flag("--permutation", flags->permutation,
                     "Also what the rank IC loses when a feature, or a channel of a network, is dealt out anew")
          ->excludes(symbol);
  command->add_option("--repeats", flags->repeats, "Permutations per feature")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->needs(permutation);
  command->add_option("--rows", flags->rows, "Held-out rows at most (every n-th time is taken)")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str()
      ->excludes(symbol);
  command->callback([flags] {
    if (flags->version.empty() && flags->symbols.empty()) throw CLI::RequiredError("VERSION or --symbol");
  });
  commands.push_back({command, [flags](Program& program) { return run_explain(program, *flags); }});
}

}  // namespace clm::app
