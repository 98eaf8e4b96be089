#include "manual.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace clm::app {
namespace {

/// "INT", "NAME" and the like, and what its checks say: CLI11 writes TYPE:CHECK:CHECK.
struct TypeName {
  std::string type, checks;
};
TypeName type_of(const CLI::Option& option) {
  const std::string whole = option.get_type_name();
  const auto colon = whole.find(':');
  if (colon == std::string::npos) return {whole, {}};
  return {whole.substr(0, colon), whole.substr(colon + 1)};
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// "1 to 256" of "INT in [1 - 256]", "above 0" of "POSITIVE"; empty for what says nothing to a person.
std::string bounds_of(const std::string& checks) {
  if (checks == "POSITIVE") return "above 0";
  const auto open = checks.find("in [");
  const auto close = checks.find(']');
  if (open == std::string::npos || close == std::string::npos) return {};
  std::string range = checks.substr(open + 4, close - open - 4);
  const auto dash = range.find(" - ");
  return dash == std::string::npos ? range : range.replace(dash, 3, " to ");
}

std::string flags_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::sort(names.begin(), names.end());
  return joined(names, ", ");
}

std::string meaning_of(const CLI::Option& option) {
  std::string text = option.get_description();
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (option.get_required() && option.nonpositional()) add("required");
  if (const std::string bounds = bounds_of(type_of(option).checks); !bounds.empty()) add(bounds);
  if (option.nonpositional() && option.get_expected_max() > 1)
    add(option.get_delimiter() != '\0' ? "several with commas between" : "may be repeated");
  std::string usual = option.get_default_str();
  if (usual.size() > 1 && usual.front() == '[') usual = usual.substr(1, usual.size() - 2);  // of a list
  if (!usual.empty()) add("default: " + usual);
  if (!option.get_needs().empty()) add("only with " + flags_of(option.get_needs()));
  if (!option.get_excludes().empty()) add("not with " + flags_of(option.get_excludes()));
  return text;
}

std::string name_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return joined(names, ", ");
}

std::vector<ManualEntry> flags_of(const CLI::App& app) {
  std::vector<ManualEntry> flags;
  for (const CLI::Option* option : app.get_options())
    if (option->nonpositional() && !option->get_group().empty())
      flags.push_back({name_of(*option), value_name(*option), meaning_of(*option)});
  return flags;
}

}  // namespace

const CLI::App* find_command(const CLI::App& program, const std::string& name) {
  const auto found = program.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  std::string checks = type_of(option).checks;
  const auto open = checks.find('{'), close = checks.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::istringstream list(checks.substr(open + 1, close - open - 1));
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

std::string value_name(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {};
  if (const auto choices = choices_of(option); !choices.empty()) return joined(choices, "|");
  const std::string type = type_of(option).type;
  if (type == "INT" || type == "UINT") return "N";
  if (type == "FLOAT") return "X";
  return type;
}

ManualPage read_page(const CLI::App& command) {
  ManualPage page;
  page.command = command.get_name();
  page.group = command.get_group();
  page.summary = command.get_description();
  const CLI::App* program = command.get_parent();  // its footer is handed down
  if (program == nullptr || command.get_footer() != program->get_footer()) page.notes = command.get_footer();
  page.usage = "clm " + page.command;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = value_name(*option);
    std::string shown = name;
    if (option->get_expected_max() > 1 && !shown.ends_with("...")) shown += "...";
    page.usage += option->get_required() ? " " + shown : " [" + shown + "]";
    page.arguments.push_back({name, "", meaning_of(*option)});
  }
  page.usage += " [FLAGS]";
  page.flags = flags_of(command);
  return page;
}

Manual read_manual(const CLI::App& program) {
  Manual manual{program.get_description(), program.get_footer(), flags_of(program), {}};
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) manual.pages.push_back(read_page(*command));
  return manual;
}

}  // namespace clm::app
