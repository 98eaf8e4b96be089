#include "support/testdata.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "support/temp_directory.hpp"

namespace clm::testing {
namespace {

/// An environment variable that has its old value again afterwards.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(TestData, IsMissedVisiblyWhereItIsRequired) {
  const TempDirectory empty;
  const ScopedVariable folder("CLM_TESTDATA", empty.path().string());
  {
    const ScopedVariable required("CLM_REQUIRE_TESTDATA", "1");
    EXPECT_NONFATAL_FAILURE(test_data("klines"), "there is no");
  }
  const ScopedVariable required("CLM_REQUIRE_TESTDATA", "0");
  EXPECT_FALSE(test_data("klines"));
  EXPECT_TRUE(test_data("")) << "the folder itself is there";
}

}  // namespace
}  // namespace clm::testing
