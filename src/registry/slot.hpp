#pragma once
#include <string>
#include <string_view>

#include "registry/manifest.hpp"

namespace clm {

/// What versions take each other's place in: a model type, and the recipe of that type by its name in the settings.
/// "default" is the recipe that the settings of the workspace make without a name. At most one version is active in
/// each.
struct Slot {
  std::string model_type;
  std::string scope = "default";
  auto operator<=>(const Slot&) const = default;
};

/// Whether it is of a recipe that the settings name, beside the one that they make without a name.
inline bool is_named(const Slot& slot) { return slot.scope != Slot().scope; }
/// As people see and type it, and as everything but registry and manifests keeps it: "lightgbm", "lightgbm/yearly".
std::string slot_name(const Slot& slot);
/// The inverse. What is no such name gives a slot that nothing is in.
Slot slot_of(std::string_view name);
/// Of the version that a manifest is of.
Slot slot_of(const Manifest& manifest);
inline std::string slot_name(const Manifest& manifest) { return slot_name(slot_of(manifest)); }

}  // namespace clm
