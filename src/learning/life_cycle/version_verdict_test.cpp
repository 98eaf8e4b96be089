#include "learning/life_cycle/version_verdict.hpp"

#include <gtest/gtest.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

class VersionVerdictTest : public testing::RegistryTest {
 protected:
  VersionVerdict verdict_of(const std::string& evidence) {
    const VersionId version = candidate(++seed_);
    EXPECT_TRUE(registry_->advance(version, VersionStatus::shadow, testing::because("so", 1, evidence)));
    return verdict_on(*registry_, version).value();
  }
  std::uint64_t seed_ = 0;
};

TEST_F(VersionVerdictTest, IsReadFromTheEvidence) {
  const auto verdict = verdict_of(
      R"({"verdict": {"decision": "deploy", "reasons": ["far better", "safe"]}, "verdict_alone": {"decision": "deploy"}})");
  EXPECT_EQ(verdict.why, "far better");
  EXPECT_EQ(verdict.decision, DeploymentDecision::deploy);
  EXPECT_EQ(verdict.route(), Route::direct);
  EXPECT_TRUE(verdict.fit_alone);
}

TEST_F(VersionVerdictTest, OfARefreshItIsTheRecipesAndNoneOfItsOwn) {
  const auto refresh =
      verdict_of(R"({"refresh": {"recipe": "r"}, "verdict": {"decision": "deploy", "reasons": ["far better"]}})");
  EXPECT_TRUE(refresh.is_refresh);
  EXPECT_FALSE(refresh.decision);
  EXPECT_EQ(refresh.why, "");
  EXPECT_TRUE(verdict_of(R"({"lineup": {"members": []}})").is_refresh) << "of refreshes";
  EXPECT_FALSE(verdict_of(R"({"verdict": {"decision": "deploy", "reasons": []}})").is_refresh);
}

TEST_F(VersionVerdictTest, OtherEvidenceIsNoneAndLeadsThroughTheCanary) {
  for (const char* evidence : {R"({"improvement": 1})", R"({"verdict": {"decision": "odd"}})"}) {
    const auto verdict = verdict_of(evidence);
    EXPECT_FALSE(verdict.decision);
    EXPECT_EQ(verdict.route(), Route::through_canary);
    EXPECT_FALSE(verdict.fit_alone);
  }
}

}  // namespace
}  // namespace clm
