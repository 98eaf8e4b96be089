#pragma once
#include <string>

#include "cli/program.hpp"
#include "learning/options/learning_options.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// A policy as --policy names it.
struct ReplayPolicy {
  std::string name;
  LearningOptions learning;
  std::string settings;  ///< that decide what comes out, a line each
};

/// `asked` is a name that `with_policy` knows, or a file NAME.toml: settings that differ from those in force, and the
/// policy is called NAME. What is forecast, from what, and how it is judged are the same for all policies: universe,
/// features, label and judging are not a policy's. Errors (usage): `replay.policy`, `replay.policy_setting`, those of
/// `Settings::load_toml`. All that is wrong with a file is told (`Program::also_wrong`).
Result<ReplayPolicy> read_policy(Program& program, const Workspace& workspace, const std::string& asked);

}  // namespace clm::app
