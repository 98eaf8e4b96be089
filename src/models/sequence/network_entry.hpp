#pragma once
#include "models/sequence/network_library.hpp"

namespace clm {

/// The one symbol that is looked up in the library; its name changes when what is behind it does.
inline constexpr const char* kNetworkEntry = "clm_network_library_1";
using NetworkEntry = Result<const NetworkLibrary*>();

}  // namespace clm
