#include "registry_place.hpp"

namespace clm::app {

Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json) {
  return Decision{program.clock().now(), "person", reason, evidence_json};
}

Result<RegistryPlace> open_registry_for_change(Program& program, const std::string& purpose) {
  auto session = Session::open(program);
  if (!session) return forward_error(session);
  auto lock = (*session)->workspace().lock_cycle(purpose);
  if (!lock) return forward_error(lock);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  if (auto made_whole = (*registry)->reconcile(*lock, program.clock().now()); !made_whole)
    return forward_error(made_whole);
  return RegistryPlace{std::move(*session), std::move(*lock), *registry};
}

}  // namespace clm::app
