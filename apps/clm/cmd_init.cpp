#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "session.hpp"

namespace clm::app {

void add_init(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("init", "Make a workspace here, or where --workspace says");
  commands.push_back(
      {command, [](Program& program) -> Result<int> {
         const std::filesystem::path directory = program.flags.workspace.empty() ? "." : program.flags.workspace;
         const Configuration defaults;
         const auto made = Workspace::init(directory, defaults.settings.to_toml());
         if (!made) return forward_error(made);
         const auto root = (std::filesystem::absolute(made->root()) / "").lexically_normal().parent_path().string();
         program.print({{"workspace", root}},
                       "Made a workspace in " + root +
                           "\nNext: clm import PATH... (or clm simulate), then clm cycle. Settings: clm.toml\n");
         return 0;
       }});
}

}  // namespace clm::app
