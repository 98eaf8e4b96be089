#include "replay_policy.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <vector>

#include "learning/studies/replay.hpp"
#include "workspace/configuration.hpp"

namespace clm::app {
namespace {

constexpr const char* kShared[] = {"universe.", "features.", "label.", "judging."};

std::string deciding(const Settings& settings) {
  std::string lines;
  for (const SettingInForce& setting : settings.in_force())
    if (!is_of_the_machine(setting.key)) lines += setting.key + " = " + setting.value + "\n";
  return lines;
}

/// Reads the file into `own`. In the order of the file; what its settings mean together only if each can be read.
std::vector<Error> all_that_is_wrong(Configuration& own, const std::filesystem::path& file) {
  std::vector<Error> wrong, others;
  if (auto read = own.settings.load_toml(file, &others); !read) wrong.push_back(read.error());
  wrong.insert(wrong.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  if (wrong.empty()) wrong = own.check();
  for (const SettingInForce& setting : own.settings.in_force())
    for (const char* shared : kShared)
      if (setting.origin != "default" && setting.key.starts_with(shared))
        wrong.push_back({ErrorKind::usage, "replay.policy_setting",
                         setting.key + " is the same for all policies of a replay", setting.origin,
                         "Take it out of the file, or set it in clm.toml."});
  return wrong;
}

}  // namespace

Result<ReplayPolicy> read_policy(Program& program, const Workspace& workspace, const std::string& asked) {
  const std::filesystem::path file(asked);
  if (file.extension() != ".toml") {
    auto applied = with_policy(workspace.learning(), asked);
    if (!applied) {
      Error error = applied.error();
      error.where = "--policy";
      error.remedy += " Or name a TOML file of settings.";
      return tl::unexpected(std::move(error));
    }
    return ReplayPolicy{asked, std::move(*applied), deciding(workspace.configuration().settings)};
  }
  if (!std::filesystem::exists(file))
    return fail(ErrorKind::usage, "replay.policy", "there is no such file", asked,
                "Name a TOML file of settings, or choose gated, periodic, drift or static.");
  const std::string name = file.stem().string();
  const auto& known = replay_policies();
  if (std::find(known.begin(), known.end(), name) != known.end())
    return fail(ErrorKind::usage, "replay.policy", "\"" + name + "\" is the name of a policy that is built in", asked,
                "Give the file another name.");
  Configuration own;
  own.learning = workspace.learning();
  auto wrong = all_that_is_wrong(own, file);
  if (!wrong.empty()) {
    program.also_wrong({wrong.begin() + 1, wrong.end()});
    return tl::unexpected(std::move(wrong.front()));
  }
  return ReplayPolicy{name, own.learning, deciding(own.settings)};
}

}  // namespace clm::app
