#include "usage_error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <CLI/CLI.hpp>

#include "base/nearest_name.hpp"
#include "manual.hpp"

namespace clm::app {
namespace {

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const ManualPage& page : read_manual(program).pages) names.push_back(page.command);
  return names;
}

void add_flags(const CLI::App& app, std::vector<const CLI::Option*>& flags) {
  for (const CLI::Option* option : app.get_options())
    if (option->nonpositional()) flags.push_back(option);
}

bool is_called(const CLI::Option& option, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const auto named = [&](const std::string& dashes, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](const auto& one) { return name == dashes + one; });
  };
  return named("--", option.get_lnames()) || named("-", option.get_snames());
}

bool looks_like_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] == '-' || std::isalpha(static_cast<unsigned char>(word[1])));
}

/// A flag alone expects nothing.
bool takes_a_value(const CLI::Option& option) { return option.get_expected_max() > 0 && option.get_type_size() > 0; }

/// The command that was asked for, and the flags that could not be one of anything.
struct Reading {
  std::string command;
  std::vector<std::string> unknown_flags;
  std::vector<const CLI::Option*> flags;  ///< that the command knows
  std::map<const CLI::Option*, int> times;
};

Reading read(const CLI::App& program, const std::vector<std::string>& words) {
  Reading reading;
  add_flags(program, reading.flags);
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (looks_like_flag(word)) {
      const auto flag = std::find_if(reading.flags.begin(), reading.flags.end(),
                                     [&](const CLI::Option* option) { return is_called(*option, word); });
      // Of short flags written together, CLI11 says which one it does not know.
      if (flag == reading.flags.end() && (word[1] == '-' || word.size() == 2)) reading.unknown_flags.push_back(word);
      if (flag != reading.flags.end()) ++reading.times[*flag];
      if (flag != reading.flags.end() && takes_a_value(**flag) && word.find('=') == std::string::npos) ++i;
    } else if (reading.command.empty()) {
      reading.command = word;
      if (const CLI::App* command = find_command(program, word)) add_flags(*command, reading.flags);
    }
  }
  return reading;
}

bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    i += length;
  }
  return true;
}

bool names_a_file(const CLI::Option& option) {
  const std::string value = value_name(option);
  return value.starts_with("FILE") || value.starts_with("DIR") || value.starts_with("PATH");
}

/// What is wrong with a number; CLI11 reads -1 as the largest number there is, and takes nan for any.
std::string wrong_number(const CLI::Option& option, const std::string& value) {
  const std::string type = option.get_type_name();
  const auto is = [&](const char* kind) {
    return type.starts_with(kind) || type.find(std::string(":") + kind + " in [") != std::string::npos;
  };
  if (is("UINT")) {
    std::uint64_t whole = 0;
    const auto [rest, wrong] = std::from_chars(value.data(), value.data() + value.size(), whole);
    return wrong == std::errc{} && rest == value.data() + value.size() ? "" : "no whole number from 0 on";
  }
  if (!is("FLOAT")) return {};
  double number = 0;
  const auto [rest, wrong] = std::from_chars(value.data(), value.data() + value.size(), number);
  return wrong == std::errc{} && rest == value.data() + value.size() && std::isfinite(number) ? "" : "no number";
}

std::optional<Error> unusable(const CLI::App& app, const std::string& asked) {
  for (const CLI::Option* option : app.get_options()) {
    if (!takes_a_value(*option)) continue;
    const std::string name = option->nonpositional() ? option->get_name() : value_name(*option);
    for (const std::string& value : option->results()) {
      if (const std::string wrong = wrong_number(*option, value); !value.empty() && !wrong.empty())
        return Error{ErrorKind::usage, "usage.number", name + " is " + wrong + ": " + value, "command line",
                     "See " + asked + " --help."};
      if (value.empty())
        return Error{ErrorKind::usage, "usage.empty", name + " is empty", "command line",
                     (option->get_required() ? "Give it a value. See " : "Give it a value, or leave it out. See ") +
                         asked + " --help."};
      if (!is_utf8(value) && !names_a_file(*option))
        return Error{ErrorKind::usage, "usage.utf8", "the value of " + name + " is not UTF-8", "command line",
                     "Write it in UTF-8."};
    }
  }
  return std::nullopt;
}

/// The first argument that has to be there and is not, as the usage calls it, and that it is missing; empty: there is
/// none.
std::string missing_argument(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() || !option->get_required()) continue;
    const int given = static_cast<int>(option->results().size());
    if (given == 0) return value_name(*option) + " is missing";
    if (given < option->get_expected_min())
      return "of " + value_name(*option) + ", only " + std::to_string(given) + " is given";
  }
  return {};
}

}  // namespace

Error usage_error(const CLI::App& program, const std::vector<std::string>& words, const CLI::ParseError& error) {
  const auto wrong = [](std::string code, std::string message, std::string remedy) {
    return Error{ErrorKind::usage, std::move(code), std::move(message), "command line", std::move(remedy)};
  };
  const auto with_help = [](std::string meant, const std::string& help) {
    return meant + (meant.empty() ? "" : " ") + help;
  };
  const Reading reading = read(program, words);
  if (reading.command.empty() && reading.unknown_flags.empty())
    return wrong("usage.no_command", "no command is given", "clm --help lists the commands.");
  const auto names = command_names(program);
  const bool known = find_command(program, reading.command) != nullptr;
  if (!reading.command.empty() && !known)
    return wrong("usage.unknown_command", "there is no command '" + reading.command + "'",
                 with_help(did_you_mean(nearest_names(reading.command, names)), "clm --help lists the commands."));
  const std::string asked = known ? "clm " + reading.command : "clm";
  if (!reading.unknown_flags.empty()) {
    const std::string flag = reading.unknown_flags.front().substr(0, reading.unknown_flags.front().find('='));
    std::vector<std::string> flags;
    for (const CLI::Option* option : reading.flags)
      for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
    return wrong("usage.unknown_flag", asked + " has no flag " + flag,
                 with_help(did_you_mean(nearest_names(flag, flags)), asked + " --help lists them."));
  }
  for (const auto& [flag, times] : reading.times)
    if (times > 1 && flag->get_expected_max() == 1 && takes_a_value(*flag))
      return wrong("usage.twice", flag->get_name() + " is given " + std::to_string(times) + " times", "Give it once.");
  const CLI::App* command = find_command(program, reading.command);
  const bool is_short = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                        dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  if (command != nullptr && is_short)
    if (const auto missing = missing_argument(*command); !missing.empty())
      return wrong("usage.missing", missing + ": " + read_page(*command).usage, "See " + asked + " --help.");
  const std::string help = "See " + asked + " --help.";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return wrong("usage", error.what(), help);
  const std::string_view what = error.what();
  const auto colon = what.rfind(": ");
  return wrong("usage.argument",
               asked + " takes no further argument" + std::string(colon == what.npos ? "" : what.substr(colon)), help);
}

std::optional<Error> unusable_value(const CLI::App& program) {
  if (auto found = unusable(program, "clm")) return found;
  for (const CLI::App* command : program.get_subcommands())
    if (auto found = unusable(*command, "clm " + command->get_name())) return found;
  return std::nullopt;
}

}  // namespace clm::app
