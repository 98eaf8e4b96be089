#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

#include "support/source_dir.hpp"

namespace clm::testing {

/// Real data for tests: $CLM_TESTDATA, else ../shared/data seen from the project's root. Tests skip without it, or
/// without the part of it that they read, such as "klines":
/// `const auto data = test_data("klines"); if (!data) GTEST_SKIP() << kNoTestData;`
/// Where $CLM_REQUIRE_TESTDATA is set, to anything but 0, as .ci/run does, its absence fails the test.
inline std::optional<std::filesystem::path> test_data(std::string_view part) {
  const char* configured = std::getenv("CLM_TESTDATA");
  const std::filesystem::path path =
      configured != nullptr ? configured : std::filesystem::path(source_dir()) / ".." / "shared" / "data";
  if (std::filesystem::exists(path / part)) return path;
  const char* required = std::getenv("CLM_REQUIRE_TESTDATA");
  if (required != nullptr && std::string_view(required) != "0")
    ADD_FAILURE() << "CLM_REQUIRE_TESTDATA is set, and there is no " << path / part;
  return std::nullopt;
}
inline constexpr const char* kNoTestData = "no test data: set CLM_TESTDATA to the folder with klines/";

}  // namespace clm::testing
