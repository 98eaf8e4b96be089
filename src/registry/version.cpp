#include "registry/version.hpp"

#include <array>
#include <utility>

namespace clm {
namespace {

constexpr std::array<std::pair<VersionStatus, std::string_view>, 9> kVersionStatusNames{{
    {VersionStatus::training, "training"},
    {VersionStatus::candidate, "candidate"},
    {VersionStatus::shadow, "shadow"},
    {VersionStatus::canary, "canary"},
    {VersionStatus::active, "active"},
    {VersionStatus::retired, "retired"},
    {VersionStatus::rejected, "rejected"},
    {VersionStatus::failed, "failed"},
    {VersionStatus::rolled_back, "rolled_back"},
}};

}  // namespace

std::string_view to_string(VersionStatus status) {
  return kVersionStatusNames[static_cast<std::size_t>(status)].second;
}

std::optional<VersionStatus> parse_version_status(std::string_view name) {
  for (const auto& entry : kVersionStatusNames)
    if (entry.second == name) return entry.first;
  return std::nullopt;
}

bool is_legal_transition(VersionStatus from, VersionStatus to) {
  using enum VersionStatus;
  switch (from) {
    case training: return to == candidate || to == failed;
    case candidate: return to == shadow || to == canary || to == active || to == rejected || to == failed;
    case shadow: return to == canary || to == active || to == rejected || to == failed;
    case canary: return to == active || to == rejected || to == rolled_back || to == failed;
    case active: return to == retired || to == rolled_back || to == failed;
    case retired: return to == active || to == failed;
    case failed: return to == candidate;
    case rejected:
    case rolled_back: return false;
  }
  return false;
}

}  // namespace clm
