// Ensembles in the registry: members by hash, kept and verified with what is made of them.
#include <gtest/gtest.h>

#include <soci/soci.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "registry/registry_fixture.hpp"
#include "registry/registry_report.hpp"

namespace clm {
namespace {

using testing::because;
using testing::code_of;
using testing::put_sample;
using testing::sample_manifest;

const Slot kEnsembleSlot{std::string(kEnsembleType)};

class RegistryEnsemble : public testing::RegistryTest {
 protected:
  FileLock lock() const { return std::move(*place_.lock("test")); }
  VersionId ensemble_of(const std::vector<ManifestMember>& members, std::uint64_t seed = 1) {
    Manifest manifest = sample_manifest(seed, std::string(kEnsembleType));
    manifest.members = members;
    const auto stored = put_sample(registry_->store(), manifest);
    EXPECT_TRUE(stored.has_value()) << to_string(stored.error());
    const auto entered = registry_->enter(*stored, because("made"));
    EXPECT_TRUE(entered.has_value()) << to_string(entered.error());
    return entered->record.version;
  }
  std::string opened(const VersionId& version) const {
    return code_of(registry_->open_artifact(*registry_->find(version.str())));
  }
};

TEST_F(RegistryEnsemble, IsPromotedAndRolledBackWithItsMembersAsTheyWere) {
  const VersionId a = candidate(1), b = candidate(1, "lightgbm"), c = candidate(2);
  const VersionId first = ensemble_of({{"lightgbm", b.str(), 0.5}, {"xgboost", a.str(), 0.5}});
  const VersionId second = ensemble_of({{"lightgbm", b.str(), 0.6}, {"xgboost", c.str(), 0.4}});
  ASSERT_NE(first, second);
  ASSERT_TRUE(registry_->promote(first, because("better")));
  ASSERT_TRUE(registry_->promote(second, because("better")));
  // What becomes of a member elsewhere does not change the ensemble.
  ASSERT_TRUE(registry_->reject(a, because("alone it is worse")));
  const auto back = registry_->rollback(kEnsembleSlot, because("worse"));
  ASSERT_TRUE(back.has_value()) << to_string(back.error());
  EXPECT_EQ(back->active.version, first);
  const auto members = registry_->open_members(registry_->open_artifact(back->active)->manifest);
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 2U);
  EXPECT_EQ((*members)[0].version, b);
  EXPECT_EQ((*members)[1].version, a);
}

TEST_F(RegistryEnsemble, RetentionKeepsTheMembersOfAnEnsembleThatStays) {
  const VersionId old = candidate(1), other = candidate(1, "lightgbm");
  const VersionId ensemble = ensemble_of({{"lightgbm", other.str(), 0.5}, {"xgboost", old.str(), 0.5}});
  const VersionId unneeded = candidate(2);
  for (std::uint64_t seed = 3; seed < 6; ++seed) candidate(seed);
  const auto removed = registry_->prune(lock(), {3});
  ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
  EXPECT_EQ(*removed, std::vector{unneeded});
  EXPECT_EQ(opened(ensemble), "ok");
  // Once the ensemble itself is old, its members go like all others.
  for (std::uint64_t seed = 2; seed < 6; ++seed)
    ensemble_of({{"lightgbm", other.str(), 0.5}, {"xgboost", candidate(5).str(), 0.5}}, seed);
  const auto later = registry_->prune(lock(), {3});
  ASSERT_TRUE(later.has_value());
  EXPECT_TRUE(registry_->find(ensemble.str())->pruned);
  EXPECT_TRUE(registry_->find(old.str())->pruned);
}

TEST_F(RegistryEnsemble, RetentionKeepsWhatVersionsThatStayWereMadeWith) {
  // 2 was made with 1, 5 with 4, a member of the ensemble with 3.
  const VersionId one = candidate(1), two = candidate(2), three = candidate(3), member = candidate(4),
                  four = candidate(5), five = candidate(6), six = candidate(7);
  const VersionId other = candidate(1, "lightgbm");
  const VersionId ensemble = ensemble_of({{"lightgbm", other.str(), 0.5}, {"xgboost", member.str(), 0.5}});
  Registry::Retention retention{2, [&](const Manifest& manifest) -> std::vector<VersionId> {
                                  if (manifest.seed == 2) return {one};
                                  if (manifest.seed == 4) return {three};
                                  if (manifest.seed == 6) return {four};
                                  return {};
                                }};
  const auto removed = registry_->prune(lock(), retention);
  ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
  EXPECT_EQ(std::set<VersionId>(removed->begin(), removed->end()), (std::set{one, two}))
      << "what makes a version that goes goes with it";
  for (const VersionId& kept : {three, member, four, five, six, ensemble}) EXPECT_EQ(opened(kept), "ok");
}

TEST_F(RegistryEnsemble, RetentionGoesOnBesideAnAlteredRecordAndKeepsTheMembers) {
  const VersionId old = candidate(1), other = candidate(1, "lightgbm");
  const VersionId ensemble = ensemble_of({{"lightgbm", other.str(), 0.5}, {"xgboost", old.str(), 0.5}});
  const VersionId unneeded = candidate(2);
  for (std::uint64_t seed = 3; seed < 6; ++seed) candidate(seed);
  ASSERT_TRUE(database_->write("altering a record", [&](soci::session& session) -> Status {
    session << "UPDATE versions SET manifest = '{}' WHERE version = :version", soci::use(ensemble.str());
    return {};
  }));
  const auto removed = registry_->prune(lock(), {3});
  ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
  EXPECT_EQ(*removed, std::vector{unneeded}) << "the stored file says who the members are";
}

TEST_F(RegistryEnsemble, ABrokenMemberBreaksIt) {
  const VersionId a = candidate(1), b = candidate(1, "lightgbm"), aside = candidate(2);
  const VersionId ensemble = ensemble_of({{"lightgbm", b.str(), 0.5}, {"xgboost", a.str(), 0.5}});
  EXPECT_EQ(opened(ensemble), "ok");
  std::filesystem::resize_file(file(a, "model.ubj"), 3);
  EXPECT_EQ(opened(ensemble), "artifact.file_truncated");
  EXPECT_EQ(code_of(registry_->promote(ensemble, because("better"))), "artifact.file_truncated");
  const auto checks = registry_->verify_all();
  ASSERT_TRUE(checks.has_value());
  for (const auto& check : *checks) EXPECT_EQ(check.ok(), check.version == b || check.version == aside);
}

TEST_F(RegistryEnsemble, AMemberThatIsNotKnownIsNamed) {
  const VersionId a = candidate(1);
  const VersionId stranger = ensemble_of({{"xgboost", "0123456789ab", 1.0}});
  EXPECT_EQ(opened(stranger), "registry.member");
  const VersionId wrong_type = ensemble_of({{"lightgbm", a.str(), 1.0}});
  EXPECT_EQ(opened(wrong_type), "registry.member");
  EXPECT_EQ(opened(ensemble_of({{"xgboost", a.str().substr(0, 6), 1.0}})), "registry.member")
      << "a beginning is no name";
}

TEST_F(RegistryEnsemble, DiffNamesMembersAndWeights) {
  const VersionId a = candidate(1), b = candidate(2);
  const VersionId first = ensemble_of({{"xgboost", a.str(), 1.0}}), second = ensemble_of({{"xgboost", b.str(), 1.0}});
  const auto diff = diff_document(*registry_, first.str(), second.str());
  ASSERT_TRUE(diff.has_value());
  EXPECT_EQ((*diff)["members"], (nlohmann::json{{"xgboost/version", {a.str(), b.str()}}}));
  EXPECT_TRUE((*diff_document(*registry_, a.str(), b.str()))["members"].empty());
}

}  // namespace
}  // namespace clm
