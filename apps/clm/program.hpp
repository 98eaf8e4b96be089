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
#include "market/damaged_file.hpp"

namespace CLI {
class App;
}

namespace clm::app {

/// Flags that every command has.
struct GlobalFlags {
  std::string workspace;  ///< empty: the current directory or a parent
  bool json = false;
  int jobs = 0;  ///< 0: one per core
  bool verbose = false;
  bool quiet = false;
};

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
  void print(const nlohmann::json& document, std::string_view text) const;
  /// A line for the person at the terminal, on standard error; silent with --json or --quiet.
  void note(std::string_view line) const;
  /// Names stored files that are damaged, and what is therefore left out: a warning on standard error, and the list
  /// `damaged` in the document that print() prints. Call it also for none, so that the list is there.
  void warn_of_damage(std::span<const DamagedFile> files);
  /// With --json the error document of DESIGN 4 on standard output; always one readable block on standard error.
  void print_error(const Error& error) const;

 private:
  std::map<std::string, std::string> environment_;
  const Clock& clock_;
  const CancelToken& cancel_;
  std::unique_ptr<Progress> progress_;
  ScratchSpace scratch_;
  std::optional<std::vector<DamagedFile>> damaged_;
};

/// A subcommand and what runs when it was chosen. The int is the exit code.
struct Command {
  CLI::App* app;
  std::function<Result<int>(Program&)> run;
};
using Commands = std::vector<Command>;

}  // namespace clm::app
