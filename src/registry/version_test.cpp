#include "registry/version.hpp"

#include <set>
#include <utility>

#include <gtest/gtest.h>

namespace clm {
namespace {

using enum VersionStatus;

constexpr VersionStatus kAll[] = {training, candidate, shadow, canary, active, retired, rejected, failed, rolled_back};

TEST(VersionStatus, NamesReadBack) {
  for (const auto status : kAll) EXPECT_EQ(parse_version_status(to_string(status)), status);
  EXPECT_FALSE(parse_version_status("production").has_value());
}

TEST(VersionStatus, TheWholeTableOfTransitions) {
  const std::set<std::pair<VersionStatus, VersionStatus>> legal = {
      {training, candidate}, {training, failed},    {candidate, shadow}, {candidate, canary},   {candidate, active},
      {candidate, rejected}, {candidate, failed},   {shadow, canary},    {shadow, active},      {shadow, rejected},
      {shadow, failed},      {canary, active},      {canary, rejected},  {canary, rolled_back}, {canary, failed},
      {active, retired},     {active, rolled_back}, {active, failed},    {retired, active},     {retired, failed},
      {failed, candidate}};
  for (const auto from : kAll)
    for (const auto to : kAll)
      EXPECT_EQ(is_legal_transition(from, to), legal.contains({from, to})) << to_string(from) << " " << to_string(to);
}

}  // namespace
}  // namespace clm
