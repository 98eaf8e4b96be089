#include "learning/life_cycle/withdrawal.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

nlohmann::json names_of(const std::vector<VersionId>& versions) {
  auto names = nlohmann::json::array();
  for (const VersionId& version : versions) names.push_back(version.str());
  return names;
}

std::vector<VersionId> read_names(const nlohmann::json& json) {
  std::vector<VersionId> versions;
  for (const auto& name : json) versions.emplace_back(name.get<std::string>());
  return versions;
}

}  // namespace

nlohmann::json to_json(const Withdrawal& withdrawal) {
  return {{"found_at", withdrawal.found_at.ms()},      {"changed_at", withdrawal.changed_at.ms()},
          {"cause", to_string(withdrawal.cause)},      {"reason", withdrawal.reason},
          {"versions", names_of(withdrawal.versions)}, {"heard", names_of(withdrawal.heard)},
          {"recovery", withdrawal.recovery.state()},   {"carried_out", withdrawal.is_carried_out},
          {"recovered", withdrawal.has_recovered},     {"labels_learned", withdrawal.labels_learned}};
}

Result<Withdrawal> read_withdrawal(const nlohmann::json& json, int horizon_bars, Interval interval) {
  auto recovery = SkillWatch::from_state(json.at("recovery"), horizon_bars, interval);
  if (!recovery) return forward_error(recovery);
  return Withdrawal{Timestamp(json.at("found_at").get<std::int64_t>()),
                    Timestamp(json.at("changed_at").get<std::int64_t>()),
                    json.at("cause").get<std::string>() == to_string(SuspensionCause::harm)
                        ? SuspensionCause::harm
                        : SuspensionCause::market_break,
                    json.at("reason").get<std::string>(),
                    read_names(json.at("versions")),
                    read_names(json.at("heard")),
                    std::move(*recovery),
                    json.at("carried_out").get<bool>(),
                    json.at("recovered").get<bool>(),
                    json.at("labels_learned").get<std::int64_t>()};
}

}  // namespace clm
