// help and man: what the program says of itself.
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/manual.hpp"
#include "cli/program.hpp"
#include "commands.hpp"

namespace clm::app {

void add_help(CLI::App& app, Commands& commands) {
  auto name = std::make_shared<std::string>();
  auto* command = app.add_subcommand("help", "What a command does, or which commands there are");
  command->add_option("command", *name, "Which")->type_name("COMMAND");
  const CLI::App* root = &app;
  commands.push_back({command, [name, root](Program& program) -> Result<int> {
                        const CLI::App* asked = name->empty() ? nullptr : find_command(*root, *name);
                        if (!name->empty() && asked == nullptr)
                          return fail(ErrorKind::usage, "usage.unknown_command", "there is no command '" + *name + "'",
                                      "command line", "clm --help lists the commands.");
                        const std::string text =
                            asked != nullptr ? help_text(read_page(*asked)) : help_text(read_manual(*root));
                        program.print({{"command", *name}, {"text", text}}, text);
                        return 0;
                      }});
}

void add_man(CLI::App& app, Commands& commands) {
  auto format = std::make_shared<std::string>("roff");
  auto* command = app.add_subcommand("man", "This manual as a page: clm man | man -l -");
  command->add_option("--format", *format, "roff for man, or Markdown")
      ->check(CLI::IsMember({"roff", "markdown"}))
      ->capture_default_str();
  const CLI::App* root = &app;
  commands.push_back({command, [format, root](Program& program) -> Result<int> {
                        const Manual manual = read_manual(*root);
                        const std::string text = *format == "roff" ? to_roff(manual, CLM_VERSION) : to_markdown(manual);
                        program.print({{"format", *format}, {"text", text}}, text);
                        return 0;
                      }});
}

}  // namespace clm::app
