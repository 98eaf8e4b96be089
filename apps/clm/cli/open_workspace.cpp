#include "cli/open_workspace.hpp"

#include <filesystem>
#include <optional>

#include "cli/program_build.hpp"
#include "flag_values.hpp"

namespace clm::app {
namespace {

std::filesystem::path temporary_directory() {
  std::error_code failure;
  auto directory = std::filesystem::temp_directory_path(failure);
  return failure ? std::filesystem::path("/tmp") : directory;
}

}  // namespace

Result<std::unique_ptr<Workspace>> open_workspace(Program& program, Workspace::Access access) {
  const auto& given = program.flags.workspace;
  auto directory = WorkspaceDirectory::find(given.empty() ? std::nullopt : std::optional<std::filesystem::path>(given),
                                            std::filesystem::current_path());
  if (!directory) return forward_error(directory);
  std::vector<Error> also_wrong;
  auto workspace =
      Workspace::open(std::move(*directory), program.clock(),
                      {access, program.environment(), temporary_directory(), program_build()}, &also_wrong);
  if (!workspace) {
    program.also_wrong(std::move(also_wrong));
    return forward_error(workspace);
  }
  program.put_aside_in((*workspace)->scratch());
  return workspace;
}

Result<RegistryView> open_registry(Program& program) {
  auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto registry = (*workspace)->registry();
  if (!registry) return forward_error(registry);
  return RegistryView{std::move(*workspace), *registry};
}

Result<RegistryForChange> open_registry_for_change(Program& program, const std::string& purpose) {
  auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  auto locked = lock_registry(**workspace, purpose);
  if (!locked) return forward_error(locked);
  return RegistryForChange{std::move(*workspace), std::move(locked->lock), locked->registry};
}

Result<MarketRequest> market_request(const Program& program, const std::string& as_of) {
  MarketRequest request;
  request.jobs = program.jobs();
  if (as_of.empty()) return request;
  const auto asked = time_of("--as-of", as_of);
  if (!asked) return forward_error(asked);
  request.as_of = *asked;
  return request;
}

void warn_of(Program& program, const std::vector<DamagedFile>& damaged, const std::vector<std::string>& notes) {
  program.warn_of_damage(damaged);
  for (const std::string& note : notes) program.warn(note);
}

Result<MarketView> open_market(Program& program, Workspace& workspace, const std::string& as_of) {
  const auto request = market_request(program, as_of);
  if (!request) return forward_error(request);
  auto market = clm::open_market(workspace, *request);
  if (market) warn_of(program, market->damaged, market->notes);
  return market;
}

Result<MarketView> open_live_market(Program& program, Workspace& workspace, const std::string& as_of) {
  auto market = open_market(program, workspace, as_of);
  if (market) program.warn(warning(market->lateness));
  return market;
}

}  // namespace clm::app
