#pragma once
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "support/source_dir.hpp"

namespace clm::testing {

/// Real data for tests: $CLM_TESTDATA, else ../shared/data seen from the project's root. Tests skip without it:
/// `const auto data = test_data(); if (!data) GTEST_SKIP() << kNoTestData;`
inline std::optional<std::filesystem::path> test_data() {
  const char* configured = std::getenv("CLM_TESTDATA");
  const std::filesystem::path path =
      configured != nullptr ? configured : std::filesystem::path(source_dir()) / ".." / "shared" / "data";
  if (!std::filesystem::is_directory(path)) return std::nullopt;
  return path;
}
inline constexpr const char* kNoTestData = "no test data: set CLM_TESTDATA to the folder with klines/";

}  // namespace clm::testing
