#pragma once
#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

#include "session.hpp"

namespace clm::app {

/// What `clm verify` says of the candle store and the context store.
struct StoreVerification {
  std::size_t broken = 0;   ///< files
  nlohmann::json document;  ///< [{path, ok, problem, note}], paths as seen from the workspace
  std::string text;
};

/// Reads every file of both stores whole. Error: `cancelled`.
Result<StoreVerification> verify_stores(Program& program, Session& session);

}  // namespace clm::app
