#include "learning/options/training_settings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/hash.hpp"

namespace clm {

std::string training_settings_fingerprint(const LearningOptions& options) {
  // What is not named here counts, so that a new section of settings is not forgotten.
  constexpr std::array<std::string_view, 12> kBesideTheMatter{
      "training.models", "training.threads", "triggers.", "jobs.",       "ensemble.", "policy.",
      "shadow.",         "canary.",          "watch.",    "guardrails.", "serving.",  "retention."};
  LearningOptions read = options;
  Settings settings;
  add_settings(settings, read);
  std::string text;
  for (const SettingInForce& setting : settings.in_force())
    if (std::none_of(kBesideTheMatter.begin(), kBesideTheMatter.end(),
                     [&](std::string_view key) { return setting.key.starts_with(key); }))
      text += setting.key + "=" + setting.value + "\n";
  return sha256_hex(text).substr(0, 16);
}

}  // namespace clm
