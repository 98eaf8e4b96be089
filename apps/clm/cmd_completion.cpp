#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "program.hpp"

namespace clm::app {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> long_flags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

std::string bash_script(const CLI::App& app) {
  std::vector<std::string> names;
  std::string cases;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    cases += "    " + command->get_name() + ") words=\"" + joined(long_flags(*command)) + "\" ;;\n";
  }
  return "_clm() {\n  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W \"" +
         joined(names) + "\" -- \"$current\"))\n    return\n  fi\n  case \"$command\" in\n" + cases +
         "  esac\n  if [[ $current == -* ]]; then\n    COMPREPLY=($(compgen -W \"$words " + joined(long_flags(app)) +
         "\" -- \"$current\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$current\"))\n  fi\n}\n"
         "complete -o filenames -F _clm clm\n";
}

std::string fish_script(const CLI::App& app) {
  std::string script;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    script += "complete -c clm -n __fish_use_subcommand -a " + command->get_name() + " -d '" +
              command->get_description() + "'\n";
    for (const auto* option : command->get_options())
      for (const auto& name : option->get_lnames())
        script += "complete -c clm -n '__fish_seen_subcommand_from " + command->get_name() + "' -l " + name + "\n";
  }
  return script;
}

}  // namespace

void add_completion(CLI::App& app, Commands& commands) {
  auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand("completion", "Shell completion: source <(clm completion bash)");
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  const CLI::App* root = &app;
  commands.push_back({command, [shell, root](Program& program) -> Result<int> {
                        std::string script = *shell == "fish" ? fish_script(*root) : bash_script(*root);
                        if (*shell == "zsh") script = "autoload -U +X bashcompinit && bashcompinit\n" + script;
                        program.print({{"shell", *shell}, {"script", script}}, script);
                        return 0;
                      }});
}

}  // namespace clm::app
