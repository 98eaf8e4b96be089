#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"

namespace clm::app {
namespace {

constexpr const char* kPredictionsDocument = R"(Document (--json)
  {predictions: [{as_of, made_at, known_at, venue, interval, symbol, action,
  expected_return_bps, relative, confidence, horizon_bars, ensemble, votes}]}
  as_of: the close of the bar that was predicted from. made_at: by the clock.
  known_at: when the outcome is known. votes: as clm predict has them; older
  releases wrote them by model type. Newest bar first; what was said of one bar
  by other versions, or otherwise, stands beside it.)";

struct PredictionsFlags {
  std::vector<std::string> symbols;
  std::string since;
  std::size_t most = 100;
};

nlohmann::json to_document(const LoggedPrediction& one) {
  return {{"as_of", to_string(one.moment.as_of)},
          {"made_at", to_string(one.moment.made_at)},
          {"known_at", to_string(one.known_at())},
          {"venue", one.moment.venue.str()},
          {"interval", one.moment.interval.name()},
          {"symbol", one.symbol.str()},
          {"action", one.action},
          {"expected_return_bps", one.expected_return_bps},
          {"relative", one.relative},
          {"confidence", one.confidence},
          {"horizon_bars", one.horizon_bars},
          {"ensemble", one.ensemble.empty() ? nlohmann::json() : nlohmann::json(one.ensemble)},
          {"votes", nlohmann::json::parse(one.votes_json)}};
}

/// "lightgbm 8d08d2163e34 d7af950448f8, xgboost 94fb7b46f389". Older releases wrote votes by model type, each of one
/// version.
std::string versions_of(const nlohmann::json& votes) {
  std::string text;
  for (const auto& [name, vote] : votes.items()) {
    text += (text.empty() ? "" : ", ") + vote.value("model_type", name);
    if (!vote.contains("members")) text += " " + vote.at("version").get<std::string>();
    for (const auto& member : vote.value("members", nlohmann::json::array()))
      text += " " + member.at("version").get<std::string>();
  }
  return text;
}

Result<int> run_predictions(Program& program, const PredictionsFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  PredictionLog::Filter filter;
  filter.most = flags.most;
  filter.symbols = flags.symbols;
  if (!flags.since.empty()) {
    const auto since = time_of("--since", flags.since);
    if (!since) return forward_error(since);
    filter.since = *since;
  }
  const auto log = (*workspace)->predictions();
  if (!log) return forward_error(log);
  const auto predictions = (*log)->list(filter);
  if (!predictions) return forward_error(predictions);
  auto list = nlohmann::json::array();
  TextTable table({"bar closed at", "made at", "symbol", "action", "expected bps", "confidence", "known at", "by"});
  for (const LoggedPrediction& one : *predictions) {
    auto document = to_document(one);
    table.add({to_minutes_string(one.moment.as_of), to_minutes_string(one.moment.made_at), one.symbol.str(), one.action,
               fixed(one.expected_return_bps, 1), fixed(one.confidence, 3), to_minutes_string(one.known_at()),
               (one.ensemble.empty() ? "" : "ensemble " + one.ensemble + ": ") + versions_of(document.at("votes"))});
    list.push_back(std::move(document));
  }
  program.print({{"predictions", list}},
                table.empty() ? "Nothing was predicted yet: clm predict says something, and notes it here.\n"
                              : table.render(program.columns()));
  return 0;
}

}  // namespace

void add_predictions(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<PredictionsFlags>();
  auto* command = app.add_subcommand(
      "predictions", "What was predicted, and by which versions, as it was written down before the outcome was known");
  command->footer(kPredictionsDocument);
  command->add_option("--symbol", flags->symbols, "Only these")->type_name("SYMBOL");
  command->add_option("--since", flags->since, "Only of bars that closed then or later")->type_name("TIME");
  command->add_option("--limit", flags->most, "At most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  commands.push_back({command, [flags](Program& program) { return run_predictions(program, *flags); }});
}

}  // namespace clm::app
