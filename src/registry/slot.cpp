#include "registry/slot.hpp"

namespace clm {

std::string slot_name(const Slot& slot) {
  return is_named(slot) ? slot.model_type + "/" + slot.scope : slot.model_type;
}

Slot slot_of(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return {std::string(name)};
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

Slot slot_of(const Manifest& manifest) { return {manifest.model_type, manifest.scope}; }

}  // namespace clm
