#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "workspace/configuration.hpp"
#include "workspace/workspace_directory.hpp"

namespace clm::app {
namespace {

/// What people touch. The rest has a default that needs a reason to be changed.
const std::vector<std::string> kTouched{
    "universe.venue",
    "universe.interval",
    "universe.symbols",
    "label.horizon_bars",
    "label.target",
    "training.models",
    "training.window_days",
    "triggers.retrain_hours",
    "triggers.new_bars",
    "costs.fee_bps",
    "costs.spread_and_slippage_bps",
    "policy.mode",
    "shadow.enabled",
    "canary.enabled",
    "serving.max_late_bars",
    "retention.keep_versions",
};

std::string first_settings() {
  const Configuration defaults;
  return "# The settings of this workspace that people touch, at their defaults. `clm config` shows every setting in\n"
         "# force, `clm config --changed` what differs from the defaults, and `clm config --all` prints them all as a\n"
         "# file like this one. A setting that is left out has its default.\n\n" +
         defaults.settings.to_toml(kTouched);
}

/// The path as a shell takes it behind a command.
std::string shell_word(const std::string& path) {
  if (path.starts_with('-')) return shell_word("./" + path);
  constexpr std::string_view kPlain = "/._-+,:@%";
  const auto plain = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  };
  if (std::all_of(path.begin(), path.end(), plain)) return path;
  std::string word = "'";
  for (const char c : path) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

Result<int> run_init(Program& program, const std::string& directory) {
  const std::string& given = program.flags.workspace;
  if (!directory.empty() && !given.empty())
    return fail(ErrorKind::usage, "init.two_places", "two places are named for one workspace",
                directory + " and --workspace " + given, "Name one of them.");
  const std::filesystem::path place = !directory.empty() ? directory : !given.empty() ? given : ".";
  const auto made = WorkspaceDirectory::init(place, first_settings());
  if (!made) return forward_error(made);
  const auto root = (std::filesystem::absolute(made->root()) / "").lexically_normal().parent_path().string();
  std::error_code failure;
  const bool is_here = std::filesystem::equivalent(root, std::filesystem::current_path(failure), failure);
  program.print({{"workspace", root}},
                "Made a workspace in " + root +
                    "\nNext: " + (is_here ? "" : "cd " + shell_word(place.string()) + ", then ") +
                    "clm import PATH... (or clm simulate), then clm cycle. Settings: clm.toml\n");
  return 0;
}

}  // namespace

void add_init(CLI::App& app, Commands& commands) {
  auto directory = std::make_shared<std::string>();
  auto* command = app.add_subcommand("init", "Make a workspace here, or in DIR");
  command->add_option("directory", *directory, "Where; made if it is not there (default: here)")->type_name("DIR");
  commands.push_back({command, [directory](Program& program) { return run_init(program, *directory); }});
}

}  // namespace clm::app
