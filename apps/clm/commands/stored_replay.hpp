#pragma once
#include <filesystem>
#include <string>

#include "workspace/workspace_directory.hpp"

namespace clm::app {

/// `asked` itself, or for "latest" the document that clm replay wrote last in this workspace, by what it says. Error
/// `report.no_replay` (usage) where there is none.
Result<std::filesystem::path> find_replay(const WorkspaceDirectory& workspace, const std::string& asked);

}  // namespace clm::app
