// Versions whose stored bytes are altered: out of service, and whole again.
#include <fstream>

#include <gtest/gtest.h>
#include <soci/soci.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::code_of;
using testing::kSlot;
using testing::put_sample;
using testing::sample_manifest;
using enum VersionStatus;

class BrokenBytes : public testing::RegistryTest {
 protected:
  FileLock lock() const { return std::move(*place_.lock("test")); }
  void alter(const VersionId& version, const std::string& name = "model.ubj") {
    const auto path = file(version, name);
    std::string bytes = *read_file(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  /// The files of a sample, made again beside the store.
  StagedArtifact made_again(std::uint64_t seed) const {
    auto staged = registry_->store().stage("xgboost");
    const std::string content = "model of seed " + std::to_string(seed) + "\n";
    EXPECT_TRUE(write_file_atomic(staged->directory() / "model.ubj", content + content));
    EXPECT_TRUE(write_file_atomic(staged->directory() / "scaler.json", "{" + content + "}"));
    return std::move(*staged);
  }
  bool is_whole(const VersionId& version) const {
    return registry_->open_artifact(*registry_->find(version.str())).has_value();
  }
};

TEST_F(BrokenBytes, AnActiveVersionThatFailsLeavesItsSlotEmpty) {
  const VersionId a = promoted(1), b = promoted(2);
  alter(b);
  ASSERT_TRUE((*registry_->what_is_broken(*registry_->find(b.str()))).has_value());
  ASSERT_EQ(registry_->advance(b, failed, because("broken"))->status, failed);
  EXPECT_EQ(active_version(), "");
  EXPECT_EQ(registry_->events_of(b)->back().from, active);
  // The one before can take its place, and nobody is rolled back for it.
  const auto back = registry_->rollback(kSlot, because("somebody is wanted"));
  ASSERT_TRUE(back.has_value()) << to_string(back.error());
  EXPECT_EQ(back->active.version, a);
  EXPECT_TRUE(back->rolled_back.empty());
  EXPECT_EQ(active_version(), a.str());
  EXPECT_EQ(status(b), failed);
}

TEST_F(BrokenBytes, TrainedAgainItIsACandidateAgain) {
  const VersionId version = promoted(1);
  alter(version);
  ASSERT_TRUE(registry_->advance(version, failed, because("broken")));
  EXPECT_EQ(code_of(registry_->advance(version, VersionStatus::candidate, because("try"))), "artifact.file_altered");
  const auto entered = registry_->enter(*put_sample(registry_->store(), sample_manifest(1)), because("trained again"));
  ASSERT_TRUE(entered.has_value());
  EXPECT_FALSE(entered->created);
  EXPECT_EQ(entered->record.status, VersionStatus::candidate);
  const auto event = registry_->events_of(version)->back();
  EXPECT_EQ(event.from, failed);
  EXPECT_EQ(event.to, VersionStatus::candidate);
  EXPECT_EQ(event.reason, "its stored bytes are whole again: trained again");
  EXPECT_TRUE(registry_->promote(version, because("better")).has_value());
}

TEST_F(BrokenBytes, PutBackByHandItIsACandidateAgainWithTheNextCycle) {
  const VersionId version = promoted(1);
  const std::string whole = *read_file(file(version, "model.ubj"));
  alter(version);
  ASSERT_TRUE(registry_->advance(version, failed, because("broken")));
  EXPECT_TRUE(registry_->reconcile(lock(), Timestamp(5))->whole.empty());
  ASSERT_TRUE(write_file_atomic(file(version, "model.ubj"), whole));
  EXPECT_EQ(registry_->reconcile(lock(), Timestamp(6))->whole, std::vector{version});
  EXPECT_EQ(status(version), VersionStatus::candidate);
}

TEST_F(BrokenBytes, AreReplacedOnlyByTheSameBytes) {
  const VersionId version = promoted(1);
  const auto record = *registry_->find(version.str());
  for (const char* name : {"model.ubj", "manifest.json"}) {
    alter(version, name);
    ASSERT_FALSE(is_whole(version));
    EXPECT_EQ(code_of(registry_->put_back(record, made_again(2), because("again"))), "artifact.other_bytes");
    ASSERT_FALSE(is_whole(version));
    const auto back = registry_->put_back(record, made_again(1), because("again"));
    ASSERT_TRUE(back.has_value()) << to_string(back.error());
    EXPECT_EQ(back->status, active) << "it was never out of service";
    EXPECT_TRUE(is_whole(version));
    EXPECT_EQ(registry_->events_of(version)->back().reason, "again");
  }
  std::filesystem::remove_all(file(version, ".").parent_path());
  ASSERT_TRUE(registry_->put_back(record, made_again(1), because("again")).has_value());
  EXPECT_TRUE(is_whole(version));
}

TEST_F(BrokenBytes, PrunedOnesArePutBackToo) {
  const VersionId version = candidate(1);
  for (std::uint64_t seed = 2; seed < 5; ++seed) candidate(seed);
  ASSERT_EQ(*registry_->prune(lock(), {3}), std::vector{version});
  const auto back = registry_->put_back(*registry_->find(version.str()), made_again(1), because("again"));
  ASSERT_TRUE(back.has_value()) << to_string(back.error());
  EXPECT_FALSE(registry_->find(version.str())->pruned);
  EXPECT_TRUE(is_whole(version));
}

TEST_F(BrokenBytes, AnAlteredManifestIsNotTakenForTheFirstOne) {
  const VersionId version = candidate(1);
  const std::string first = *read_file(file(version, "manifest.json"));
  std::string embellished = first;
  embellished.replace(embellished.find("0.031"), 5, "0.931");
  ASSERT_TRUE(write_file_atomic(file(version, "manifest.json"), embellished));
  // The id does not cover the metrics, so the store alone finds nothing wrong with it.
  ASSERT_TRUE(registry_->enter(*put_sample(registry_->store(), sample_manifest(1)), because("trained")));
  EXPECT_EQ(registry_->find(version.str())->manifest_json, first);
  EXPECT_EQ(*read_file(file(version, "manifest.json")), first);
  EXPECT_TRUE(is_whole(version));
}

TEST_F(BrokenBytes, AnAlteredRecordIsBrokenUntilTheSameModelIsEnteredAgain) {
  const VersionId version = promoted(1);
  ASSERT_TRUE(database_->write("altering a record", [&](soci::session& session) -> Status {
    session << "UPDATE versions SET manifest = '{}' WHERE version = :version", soci::use(version.str());
    return {};
  }));
  const auto broken = registry_->what_is_broken(*registry_->find(version.str()));
  ASSERT_TRUE(broken && *broken);
  EXPECT_EQ((*broken)->code, "registry.record_altered");
  EXPECT_EQ(code_of(registry_->open_artifact(*registry_->find(version.str()))), "registry.record_altered");
  ASSERT_TRUE(registry_->advance(version, VersionStatus::failed, because("broken")));
  EXPECT_TRUE(registry_->reconcile(lock(), because("x").at)->whole.empty());
  EXPECT_EQ(candidate(1), version);
  EXPECT_EQ(status(version), VersionStatus::candidate);
  EXPECT_TRUE(stored_manifest(*registry_->find(version.str()))) << "with the manifest that is stored beside its files";
  EXPECT_EQ(code_of(registry_->promote(version, because("whole again"))), "ok");
}

TEST_F(BrokenBytes, WhatWasAdoptedUnjudgedHasEvidenceOnceItIsJudged) {
  const auto stored = *put_sample(registry_->store(), sample_manifest(1));
  ASSERT_EQ(registry_->reconcile(lock(), Timestamp(5))->adopted, std::vector{stored.version});
  EXPECT_EQ(*registry_->latest_evidence(stored.version), "");
  const auto refused = registry_->promote(stored.version, because("better", 0, ""));
  ASSERT_EQ(code_of(refused), "registry.no_evidence");
  EXPECT_EQ(refused.error().remedy,
            "Train and judge it again, with the settings of then to the same bits: clm train --models xgboost --as-of "
            "2022-07-01T00:00:00Z.");
  ASSERT_TRUE(registry_->enter(stored, because("trained and judged")));
  EXPECT_EQ(*registry_->latest_evidence(stored.version), R"({"improvement":0.07})");
  ASSERT_TRUE(registry_->enter(stored, because("trained and judged")));
  EXPECT_EQ(registry_->events_of(stored.version)->size(), 2U) << "and only once";
}

TEST_F(BrokenBytes, AnEnsembleIsWholeAgainWithItsMembers) {
  const VersionId a = candidate(1), b = candidate(1, "lightgbm");
  Manifest manifest = sample_manifest(1, std::string(kEnsembleType));
  manifest.members = {{"lightgbm", b.str(), 0.5}, {"xgboost", a.str(), 0.5}};
  const VersionId ensemble =
      registry_->enter(*put_sample(registry_->store(), manifest), because("made"))->record.version;
  const std::string whole = *read_file(file(a, "model.ubj"));
  alter(a);
  for (const VersionId& version : {a, ensemble}) {
    ASSERT_TRUE((*registry_->what_is_broken(*registry_->find(version.str()))).has_value());
    ASSERT_TRUE(registry_->advance(version, failed, because("broken")));
  }
  ASSERT_TRUE(write_file_atomic(file(a, "model.ubj"), whole));
  EXPECT_EQ(registry_->reconcile(lock(), Timestamp(6))->whole, (std::vector{a, ensemble}));
}

}  // namespace
}  // namespace clm
