#include "support/source_dir.hpp"

namespace clm::testing {

// The one file that depends on where the project lies, so that compiler caches serve every checkout.
const char* source_dir() { return CLM_SOURCE_DIR; }

}  // namespace clm::testing
