#include "serving/load_check.hpp"

#include <gtest/gtest.h>

#include "base/file_io.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

class LoadsOnceTest : public testing::RegistryTest {
 protected:
  /// An ensemble whose rule is about the members of its manifest.
  StoredArtifact ensemble(std::uint64_t seed) {
    const VersionId member = candidate(seed);
    EnsembleRule rule;
    rule.members = {{"xgboost", member.str()}};
    rule.weights.all = {1.0};
    Manifest manifest = testing::sample_manifest(seed, std::string(kEnsembleType));
    manifest.members = {{"xgboost", member.str(), 1.0}};
    auto staged = registry_->store().stage(kEnsembleType);
    EXPECT_TRUE(staged);
    EXPECT_TRUE(write_file_atomic(staged->directory() / EnsembleRule::kFileName, rule.to_json_text()));
    auto stored = registry_->store().put(std::move(*staged), manifest);
    EXPECT_TRUE(stored) << to_string(stored.error());
    return std::move(*stored);
  }
  static void break_rule_of(const StoredArtifact& artifact) {
    EXPECT_TRUE(write_file_atomic(artifact.directory / EnsembleRule::kFileName, "{}"));
  }
};

TEST_F(LoadsOnceTest, WhatWasLoadedIsNotLoadedAgain) {
  LoadsOnce loads;
  const StoredArtifact artifact = ensemble(1);
  ASSERT_TRUE(loads(artifact));
  break_rule_of(artifact);
  EXPECT_FALSE(check_loads(artifact)) << "so that reading it shows";
  EXPECT_TRUE(loads(artifact)) << "by its manifest it is what was loaded; bytes are the registry's to compare";
  EXPECT_FALSE(LoadsOnce()(artifact)) << "another one remembers nothing";
}

TEST_F(LoadsOnceTest, WhatDoesNotLoadIsTriedAgainAndAnotherVersionForItself) {
  LoadsOnce loads;
  const StoredArtifact artifact = ensemble(1), other = ensemble(2);
  const std::string rule = read_file(artifact.directory / EnsembleRule::kFileName).value();
  break_rule_of(artifact);
  EXPECT_FALSE(loads(artifact));
  EXPECT_TRUE(loads(other));
  ASSERT_TRUE(write_file_atomic(artifact.directory / EnsembleRule::kFileName, rule));
  EXPECT_TRUE(loads(artifact));
}

// Whoever remembers what was loaded still notices altered bytes, since those are compared each time.
TEST_F(LoadsOnceTest, AlteredBytesAreFoundThoughTheVersionWasLoadedBefore) {
  auto registry = Registry::open(*database_, ArtifactStore(place_.versions()), nullptr, LoadsOnce());
  ASSERT_TRUE(registry);
  const StoredArtifact artifact = ensemble(1);
  // Its member is no real model, so the ensemble's own bytes are looked at alone.
  EXPECT_EQ(registry->enter(artifact, testing::because("made"))->record.version, artifact.version);
  const auto record = registry->find(artifact.version.str());
  EXPECT_EQ(testing::code_of(registry->open_usable(*record)), "artifact.unloadable") << "the member is no model";
  break_rule_of(artifact);
  EXPECT_EQ(testing::code_of(registry->open_usable(*record)).find("artifact.file_"), 0U);
}

}  // namespace
}  // namespace clm
