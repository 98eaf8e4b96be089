#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace clm::app {

/// A flag or an argument as a person reads of it.
struct ManualEntry {
  std::string name;     ///< "-v, --verbose", or "VERSION" of an argument
  std::string value;    ///< what stands behind a flag: "N", "a|b"; empty if nothing does
  std::string meaning;  ///< sentences, with default and bounds
};

struct ManualPage {
  std::string command, group;
  std::string usage;  ///< "clm show VERSION [FLAGS]"
  std::string summary;
  std::vector<ManualEntry> arguments, flags;
  std::string notes;  ///< laid out by hand; may be empty
};

/// Everything that the declarations of the commands say, in the order of `command_groups`.
struct Manual {
  std::string summary;
  std::string begin;               ///< what to do first
  std::vector<ManualEntry> flags;  ///< of every command
  std::vector<ManualPage> pages;
};

/// The command of that name, hidden ones too; null: there is none.
const CLI::App* find_command(const CLI::App& program, const std::string& name);

Manual read_manual(const CLI::App& program);
/// The page of one command.
ManualPage read_page(const CLI::App& command);

/// What --help prints, in lines of at most 80 cells.
std::string help_text(const Manual& manual);
std::string help_text(const ManualPage& page);
/// The manual page clm(1) for man, and the same as Markdown. `version`: of the program.
std::string to_roff(const Manual& manual, const std::string& version);
std::string to_markdown(const Manual& manual);

/// What kind of value an option takes: "VERSION", "FILE"; of a fixed set "a|b". Empty for a flag without one.
std::string value_name(const CLI::Option& option);
/// The fixed set of values, empty if there is none.
std::vector<std::string> choices_of(const CLI::Option& option);

}  // namespace clm::app
