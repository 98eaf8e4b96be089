#include "commands/voters.hpp"

#include "cli/text_table.hpp"
#include "serving/vintage_words.hpp"

namespace clm::app {

std::string voters(const VersionId& ensemble, const std::vector<std::string>& model_types) {
  if (ensemble.empty()) return "the active versions, with configured weights";
  return "ensemble " + ensemble.str() + (model_types.empty() ? "" : ", made of " + vintages_in_words(model_types));
}

std::string standing(const std::string& status, const VersionId& version, const SpeakingVersions& speaking) {
  const auto weight = speaking.weights.find(version);
  if (version == speaking.ensemble && !version.empty()) return status + ", and serves";
  if (weight == speaking.weights.end()) return status;
  const bool is_active = status == to_string(VersionStatus::active);
  return status + (is_active ? ", and speaks" : " from its slot, and speaks on") + " with weight " +
         fixed(weight->second, 2) + (speaking.ensemble.empty() ? "" : " in ensemble " + speaking.ensemble.str());
}

}  // namespace clm::app
