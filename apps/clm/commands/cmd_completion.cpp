#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/completion.hpp"
#include "cli/program.hpp"
#include "commands.hpp"

namespace clm::app {

void add_completion(CLI::App& app, Commands& commands) {
  auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand("completion", "Shell completion: source <(clm completion bash)");
  command->add_option("shell", *shell, "Which shell's")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "bash  source <(clm completion bash)                in ~/.bashrc\n"
      "zsh   source <(clm completion zsh)                 in ~/.zshrc, behind compinit\n"
      "fish  clm completion fish | source                 in ~/.config/fish/config.fish\n"
      "\nCommands, flags, versions, model types, symbols, settings and jobs are\n"
      "completed: the program is asked for them.");
  commands.push_back({command, [shell](Program& program) -> Result<int> {
                        const std::string script = completion_script(*shell);
                        program.print({{"shell", *shell}, {"script", script}}, script);
                        return 0;
                      }});
}

}  // namespace clm::app
