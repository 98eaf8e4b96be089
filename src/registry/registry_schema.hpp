#pragma once
#include <span>

#include "registry/database.hpp"

namespace clm {

/// The tables of the registry (component "registry"). Rules that must hold whatever the program does are in SQL:
/// one active version per slot, the alias points at a version of its slot, events and evidence are never changed.
std::span<const Migration> registry_migrations();

/// The tables of the cycle log (component "cycles").
std::span<const Migration> cycle_log_migrations();

}  // namespace clm
