#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "session.hpp"
#include "text_table.hpp"

namespace clm::app {

void add_config(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("config", "The settings in force and where each came from");
  commands.push_back({command, [](Program& program) -> Result<int> {
                        const auto session = Session::open(program, Session::Access::look);
                        if (!session) return forward_error(session);
                        auto list = nlohmann::json::array();
                        TextTable table({"setting", "value", "unit", "from"});
                        for (const auto& s : (*session)->configuration().settings.in_force()) {
                          list.push_back({{"key", s.key},
                                          {"value", s.value},
                                          {"unit", s.info.unit},
                                          {"origin", s.origin},
                                          {"meaning", s.info.meaning}});
                          table.add({s.key, s.value, s.info.unit, s.origin});
                        }
                        program.print({{"settings", list}}, table.render());
                        return 0;
                      }});
}

}  // namespace clm::app
