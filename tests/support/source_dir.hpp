#pragma once

namespace clm::testing {

/// The project's root on the machine that built the tests.
const char* source_dir();

}  // namespace clm::testing
