#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "registry/registry_report.hpp"

namespace clm::app {
namespace {

/// "-" where it is not known.
std::string date_of(const nlohmann::json& time) {
  return time.is_string() ? time.get<std::string>().substr(0, 10) : "-";
}

Result<int> run_models(Program& program, const std::string& model_type) {
  if (auto known = check_model_type("--type", model_type); !known) return forward_error(known);
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto document = models_document(*opened->registry, Registry::Filter{model_type, {}, {}});
  if (!document) return forward_error(document);
  TextTable table({"type", "version", "status", "data from", "learned until", "trained as of", "rows", "rank IC",
                   "hit rate %", "net bps/trade", "interval", "trades"});
  std::string problems;
  for (const auto& m : (*document)["models"]) {
    if (const auto& problem = m["problem"]; !problem.is_null())
      problems += "BROKEN  " + text_of(m["model_type"]) + " " + text_of(m["version"]) + "  " +
                  text_of(problem["message"]) + "; clm verify says more\n";
    const auto& metrics = m["metrics"];
    const double trades = number_of(metrics, "trades"), net = number_of(metrics, "net_bps_per_trade");
    const bool traded = trades > 0;
    const double lo = number_of(metrics, "net_bps_per_trade_lo"), hi = number_of(metrics, "net_bps_per_trade_hi");
    const std::string interval =
        traded && !std::isnan(lo) && !std::isnan(hi) ? "[" + fixed(lo, 1) + ", " + fixed(hi, 1) + "]" : "-";
    table.add({text_of(m["model_type"]), text_of(m["version"]), text_of(m["status"]), date_of(m["data_from"]),
               date_of(m["learned_until"]), date_of(m["trained_at"]),
               m["rows"].is_null() ? "-" : grouped(m["rows"].get<long long>()),
               fixed(number_of(m["metrics"], "rank_ic"), 4), fixed(100 * number_of(m["metrics"], "hit_rate"), 1),
               traded ? fixed(net, 1) : "-", interval, fixed(trades, 0)});
  }
  program.print(*document, table.empty() ? "No versions yet: clm cycle makes some.\n"
                                         : table.render(program.columns()) + problems);
  return 0;
}

}  // namespace

void add_models(CLI::App& app, Commands& commands) {
  auto type = std::make_shared<std::string>();
  auto* command = app.add_subcommand("models", "The versions, newest first");
  command->add_option("--type", *type, "Only this model type")->type_name("MODEL_TYPE");
  commands.push_back({command, [type](Program& program) { return run_models(program, *type); }});
}

}  // namespace clm::app
