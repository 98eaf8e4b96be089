// regimes: volatility and trend of every symbol and of the market, as they are known now.
#include <cmath>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/triggers/regime_survey.hpp"

namespace clm::app {
namespace {

struct RegimesFlags {
  std::string as_of;
};

nlohmann::json time_json(const std::optional<Timestamp>& time) {
  return time ? nlohmann::json(to_string(*time)) : nlohmann::json();
}
nlohmann::json number_json(double value) { return std::isnan(value) ? nlohmann::json() : nlohmann::json(value); }

nlohmann::json to_json(const StandingRegime& regime) {
  return {{"volatility",
           {{"state", to_string(regime.volatility)},
            {"since", time_json(regime.volatility_since)},
            {"times_usual", number_json(regime.times_usual)}}},
          {"trend",
           {{"state", to_string(regime.trend)},
            {"since", time_json(regime.trend_since)},
            {"began", time_json(regime.trend_began)},
            {"evidence", number_json(regime.trend_evidence)}}},
          {"why_unknown", regime.why_unknown}};
}

void add_row(TextTable& table, const std::string& name, const StandingRegime& regime) {
  const auto minute = [](const std::optional<Timestamp>& time) { return time ? to_minutes_string(*time) : "-"; };
  table.add({name, std::string(to_string(regime.volatility)), minute(regime.volatility_since),
             fixed(regime.times_usual, 2), std::string(to_string(regime.trend)), minute(regime.trend_since),
             minute(regime.trend_began), regime.why_unknown});
}

/// "12 calm, 40 normal, 8 turbulent"
std::string counted(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [state, count] : counts) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + state;
  return text;
}

Result<int> run_regimes(Program& program, const RegimesFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto place = open_live_market(program, **workspace, flags.as_of);
  if (!place) return forward_error(place);
  const auto survey = survey_regimes(*place->candles, place->as_of, program.context());
  if (!survey) return forward_error(survey);

  auto symbols = nlohmann::json::array();
  TextTable table(
      {"symbol", "volatility", "since", "times usual", "trend", "said since", "began about", "why unknown"});
  add_row(table, "the market", survey->market);
  std::map<std::string, int> volatilities, trends;
  for (const StandingRegime& regime : survey->symbols) {
    auto row = to_json(regime);
    row["symbol"] = regime.symbol;
    symbols.push_back(std::move(row));
    add_row(table, regime.symbol, regime);
    ++volatilities[std::string(to_string(regime.volatility))];
    ++trends[std::string(to_string(regime.trend))];
  }
  nlohmann::json document{{"as_of", to_string(place->as_of)},
                          {"interval", place->candles->interval().name()},
                          {"market", to_json(survey->market)},
                          {"symbols", symbols}};
  add_lateness(document, place->lateness);
  program.print(document, "Regimes as they were known at the newest bar; " + describe(place->lateness) + "\n\n" +
                              table.render(program.columns()) + "\nVolatility: " + counted(volatilities) +
                              ". Trend: " + counted(trends) + ".\n");
  return 0;
}

}  // namespace

void add_regimes(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<RegimesFlags>();
  auto* command = app.add_subcommand("regimes", "Volatility and trend of every symbol and of the market");
  command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")->type_name("TIME");
  commands.push_back({command, [flags](Program& program) { return run_regimes(program, *flags); }});
}

}  // namespace clm::app
