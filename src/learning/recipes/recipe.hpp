#pragma once
#include <map>
#include <string>
#include <vector>

#include "learning/options/learning_options.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// All that decides how data become a version, but neither the data nor the seed: model type and parameters, features,
/// label, and how rows are chosen. Versions of one recipe are its vintages.
struct Recipe {
  std::string id;  ///< 12 hex digits of the SHA-256 over model type and settings
  std::string model_type;
  std::string name;                             ///< of the slot that its versions share: "lightgbm", "lightgbm/yearly"
  std::map<std::string, std::string> settings;  ///< "lightgbm.rounds" -> "200", as JSON values
};

/// The recipe that a version was made by; it follows from the manifest, of an earlier release too. Errors:
/// `manifest.protocol` (integrity), those of `make_trainer`.
Result<Recipe> recipe_of(const Manifest& manifest);

/// The recipe of that name ("lightgbm", "lightgbm/yearly") under these options. Errors: those of `options_of` and
/// `make_trainer`; `features.unknown_set` and the like of `feature_set`.
Result<Recipe> recipe_in_force(const std::string& name, const LearningOptions& options);

/// "lightgbm.rounds 200 -> 300, label.clip 5 -> 4": what is set otherwise in `to`, by name; empty where nothing is.
std::string describe_change(const Recipe& from, const Recipe& to);

}  // namespace clm
