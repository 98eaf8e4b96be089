#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "base/run_context.hpp"
#include "market/store/damaged_file.hpp"

namespace CLI {
class App;
}

namespace clm::app {

/// Flags that every command has.
struct GlobalFlags {
  std::string workspace;  ///< empty: the current directory or a parent
  bool json = false;
  int jobs = 0;       ///< 0: one per core
  int verbosity = 0;  ///< how often -v was given
  bool quiet = false;
};

enum class Highlight { title, command };

/// What a command is handed: flags, environment, clock, the wish to stop, and where results go. One per process.
class Program {
 public:
  Program(std::map<std::string, std::string> environment, const Clock& clock, const CancelToken& cancel);

  GlobalFlags flags;
  const std::map<std::string, std::string>& environment() const { return environment_; }
  const Clock& clock() const { return clock_; }
  int jobs() const;
  /// Where work puts large arrays aside from now on; before, nowhere.
  void put_aside_in(ScratchSpace scratch) { scratch_ = std::move(scratch); }
  /// Progress goes to the terminal only if standard error is one and nobody asked for quiet.
  RunContext context();

  /// The result of the command, once, on standard output: the document with --json, else the text.
  void print(const nlohmann::json& document, std::string_view text);
  /// The text in bold or in colour, if standard output is a terminal and NO_COLOR is not set.
  std::string highlighted(const std::string& text, Highlight how) const;
  /// Terminal cells of a line of standard output: as wide as the terminal; 0, as wide as it gets, if it is none.
  std::size_t columns() const;
  /// A line for the person at the terminal, on standard error; silent with --json or --quiet.
  void note(std::string_view line) const;
  /// Names stored files that are damaged, and what is therefore left out: a warning on standard error, and the list
  /// `damaged` in the document that print() prints. Call it also for none, so that the list is there.
  void warn_of_damage(std::span<const DamagedFile> files);
  /// What a person has to know about a result that is printed all the same, on standard error; silent with --quiet,
  /// and where there is nothing to say.
  void warn(std::string_view line) const;
  /// What else is wrong beside the error that the command is about to end with; told after it.
  void also_wrong(std::vector<Error> errors) { further_ = std::move(errors); }
  /// With --json the error document {error: {code, message, where, remedy, also}} on standard output, `also` where more
  /// is wrong; always a readable block for each on standard error.
  void print_error(const Error& error);
  /// Whether what was printed arrived. `failed`: a full disk, a closed standard output. `unread`: who reads it went.
  enum class OutputState { arrived, unread, failed };
  OutputState output() const { return output_; }

 private:
  std::map<std::string, std::string> environment_;
  const Clock& clock_;
  const CancelToken& cancel_;
  std::unique_ptr<Progress> progress_;
  OutputState output_ = OutputState::arrived;
  std::vector<Error> further_;
  ScratchSpace scratch_;
  std::optional<std::vector<DamagedFile>> damaged_;
};

/// A subcommand and what runs when it was chosen. The int is the exit code.
struct Command {
  CLI::App* app;
  std::function<Result<int>(Program&)> run;
};
using Commands = std::vector<Command>;

/// Commands that belong together in `clm --help`, in the order in which they stand there.
struct CommandGroup {
  const char* name;
  std::vector<void (*)(CLI::App&, Commands&)> commands;
};

}  // namespace clm::app
