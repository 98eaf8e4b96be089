#pragma once
#include <memory>
#include <string>

#include "session.hpp"

namespace clm::app {

/// A person's decision as the registry wants it: at the program's clock's time, by "person", with their reason.
Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json);

/// Opens session, cycle lock and registry for a command that moves versions.
struct RegistryPlace {
  std::unique_ptr<Session> session;
  FileLock lock;
  Registry* registry;
};
Result<RegistryPlace> open_registry_for_change(Program& program, const std::string& purpose);

}  // namespace clm::app
