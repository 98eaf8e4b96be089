#include <csignal>
#include <fstream>
#include <set>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <soci/soci.h>

#include "base/random.hpp"
#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::code_of;
using testing::kSlot;
using testing::put_sample;
using testing::RegistryTest;
using testing::sample_manifest;
using enum VersionStatus;

class UpkeepTest : public RegistryTest {
 protected:
  FileLock lock() const { return std::move(*place_.lock("test")); }
  std::optional<Error> problem_of(const VersionId& version) const {
    const auto checks = registry_->verify_all();
    EXPECT_TRUE(checks.has_value());
    for (const auto& check : *checks)
      if (check.version == version) return check.problem;
    ADD_FAILURE() << "verify does not list " << version.str();
    return std::nullopt;
  }
  bool verify_is_clean() const {
    const auto checks = registry_->verify_all();
    if (!checks) return false;
    for (const auto& check : *checks)
      if (!check.ok()) return false;
    return true;
  }
};

TEST_F(UpkeepTest, VerifyNamesTheTamperedVersionOnly) {
  const VersionId a = promoted(1), b = candidate(2);
  EXPECT_TRUE(verify_is_clean());
  std::filesystem::resize_file(file(b, "model.ubj"), 3);
  EXPECT_FALSE(problem_of(a).has_value());
  EXPECT_EQ(problem_of(b)->code, "artifact.file_truncated");
  std::filesystem::remove_all(registry_->store().directory_of("xgboost", b));
  EXPECT_EQ(problem_of(b)->code, "artifact.missing");
}

TEST_F(UpkeepTest, VerifyFindsAnEditedDatabase) {
  const VersionId a = promoted(1);
  const auto run = [&](const std::string& sql) {
    ASSERT_TRUE(database_->write("test", [&](soci::session& session) -> Status {
      session << sql;
      return {};
    }));
  };
  run("UPDATE versions SET status = 'retired'");
  EXPECT_EQ(problem_of(a)->code, "registry.alias");
  run("UPDATE versions SET status = 'active'");
  EXPECT_FALSE(problem_of(a).has_value());
  run("UPDATE versions SET manifest = replace(manifest, '0.031', '0.931')");
  EXPECT_EQ(problem_of(a)->code, "registry.record_altered");
}

TEST_F(UpkeepTest, ReconcileAdoptsWhatWasStoredButNotEntered) {
  const auto stored = *put_sample(registry_->store(), sample_manifest(1));
  const auto checks = *registry_->verify_all();
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_TRUE(checks[0].ok());
  EXPECT_FALSE(checks[0].note.empty());
  EXPECT_EQ(registry_->reconcile(lock(), Timestamp(5))->adopted, std::vector{stored.version});
  EXPECT_EQ(status(stored.version), VersionStatus::candidate);
  EXPECT_EQ(registry_->events_of(stored.version)->at(0).actor, "recovery");
  EXPECT_TRUE(registry_->reconcile(lock(), Timestamp(6))->adopted.empty());
}

TEST_F(UpkeepTest, ReconcileLeavesBrokenStrangersToVerify) {
  const auto stored = *put_sample(registry_->store(), sample_manifest(1));
  std::ofstream(stored.directory / "model.ubj", std::ios::trunc);
  EXPECT_TRUE(registry_->reconcile(lock(), Timestamp(5))->adopted.empty());
  EXPECT_EQ(problem_of(stored.version)->code, "artifact.file_empty");
}

TEST_F(UpkeepTest, RetentionNeverRemovesWhatIsToBeKept) {
  const VersionId kept = promoted(1), other = promoted(2);
  ASSERT_TRUE(registry_->keep(kept));
  ASSERT_TRUE(registry_->keep(kept)) << "twice is once";
  EXPECT_EQ(code_of(registry_->keep(VersionId("cccccccccccc"))), "registry.unknown_version");
  for (std::uint64_t seed = 3; seed < 6; ++seed) promoted(seed);
  reopen();
  const auto removed = registry_->prune(lock(), {1});
  ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
  EXPECT_FALSE(registry_->find(kept.str())->pruned);
  EXPECT_TRUE(registry_->find(other.str())->pruned);
}

TEST_F(UpkeepTest, RetentionKeepsTheNewestTheActiveAndItsWayBack) {
  const VersionId older = promoted(1), way_back = promoted(2), now = promoted(3);
  const VersionId shadowed = candidate(4), old_candidate = candidate(5);
  ASSERT_TRUE(registry_->advance(shadowed, shadow, because("try")));
  std::vector<VersionId> newest;
  for (std::uint64_t seed = 10; seed < 13; ++seed) newest.push_back(candidate(seed));
  const VersionId other_type = candidate(1, "lightgbm");

  const auto removed = registry_->prune(lock(), {3});
  ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
  EXPECT_EQ(std::set(removed->begin(), removed->end()), (std::set{older, old_candidate}));
  for (const auto& kept : {way_back, now, shadowed, newest[0], newest[1], newest[2], other_type})
    EXPECT_TRUE(registry_->open_artifact(*registry_->find(kept.str())).has_value());
  EXPECT_TRUE(registry_->find(older.str())->pruned) << "the record stays";
  EXPECT_EQ(code_of(registry_->open_artifact(*registry_->find(older.str()))), "registry.pruned");
  EXPECT_EQ(code_of(registry_->promote(old_candidate, because("better"))), "registry.pruned");
  EXPECT_TRUE(verify_is_clean());

  EXPECT_EQ(registry_->rollback(kSlot, because("worse"))->active.version, way_back);
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"))), "registry.no_way_back");
  // Made again, it is whole again.
  EXPECT_EQ(candidate(5), old_candidate);
  EXPECT_TRUE(registry_->promote(old_candidate, because("better")).has_value());
}

TEST_F(UpkeepTest, AKilledRemovalIsFinished) {
  const VersionId version = candidate(1);
  ASSERT_TRUE(database_->write("as if killed between marking and removing", [](soci::session& session) -> Status {
    session << "UPDATE versions SET pruned = 1";
    return {};
  }));
  EXPECT_TRUE(verify_is_clean());
  EXPECT_EQ(registry_->reconcile(lock(), Timestamp(5))->removed, std::vector{version});
  EXPECT_TRUE(registry_->store().list().empty());
}

/// A small learning life: five versions, promoted in turn, one rolled back, the oldest pruned. Run again after a kill,
/// it goes on where the killed one stood, as a cycle does.
void live(const testing::RegistryDirectory& place) {
  const auto must = [](const auto& result) {
    if (!result) throw std::runtime_error(to_string(result.error()));
  };
  auto lock = place.lock("life");
  must(lock);
  auto database = Database::open(place.database_file());
  must(database);
  auto registry = Registry::open(*database, ArtifactStore(place.versions()));
  must(registry);
  must(registry->reconcile(*lock, Timestamp(0)));
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto stored = put_sample(registry->store(), sample_manifest(seed));
    must(stored);
    const auto entered = registry->enter(*stored, because("trained"));
    must(entered);
    const VersionRecord& record = entered->record;
    if (record.status == VersionStatus::candidate && !record.pruned)
      must(registry->promote(record.version, because("better")));
    if (seed != 4) continue;
    const auto alias = registry->active(kSlot);
    must(alias);
    if (*alias && (*alias)->record.version == record.version) must(registry->rollback(kSlot, because("worse")));
  }
  must(registry->prune(*lock, {2}));
}

/// "version status pruned" of every record, in the order of their seeds.
std::string state_of(const Registry& registry) {
  std::set<std::string> lines;
  const auto records = registry.list();
  for (const auto& record : *records)
    lines.insert(record.version.str() + " " + std::string(to_string(record.status)) + (record.pruned ? " pruned" : ""));
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

/// Forks a life that the kernel kills after `microseconds` of its own choosing of moment: SIGKILL from a timer, so no
/// handler and no destructor runs. Returns whether it was killed.
bool live_until_killed(const testing::RegistryDirectory& place, long microseconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    timer_t timer{};
    itimerspec moment{};
    moment.it_value.tv_sec = microseconds / 1'000'000;
    moment.it_value.tv_nsec = (microseconds % 1'000'000) * 1000;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || ::timer_settime(timer, 0, &moment, nullptr) != 0)
      ::_exit(3);
    try {
      live(place);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ::_exit(2);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "the life itself failed";
  return WIFSIGNALED(status);
}

TEST(Kill, AtAnyMomentTheWorkspaceOpensVerifiesAndGoesOn) {
  const testing::TempDirectory directory;
  const auto undisturbed = testing::make_registry_directory(directory.path() / "undisturbed");
  const double before = monotonic_seconds();
  live(undisturbed);
  const double life_us = (monotonic_seconds() - before) * 1e6;
  const auto state = [](const testing::RegistryDirectory& place) {
    auto database = Database::open(place.database_file());
    EXPECT_TRUE(database.has_value());
    auto registry = Registry::open(*database, ArtifactStore(place.versions()));
    EXPECT_TRUE(registry.has_value());
    const auto checks = registry->verify_all();
    EXPECT_TRUE(checks.has_value()) << to_string(checks.error());
    for (const auto& check : *checks) EXPECT_TRUE(check.ok()) << to_string(*check.problem);
    EXPECT_LE(registry->list({{}, {}, active})->size(), 1U);
    return state_of(*registry);
  };
  const std::string expected = state(undisturbed);
  EXPECT_NE(expected.find("active"), std::string::npos);
  EXPECT_NE(expected.find("rolled_back"), std::string::npos);
  EXPECT_NE(expected.find("pruned"), std::string::npos);

  Random random(7);
  int killed = 0;
  for (int round = 0; round < 30; ++round) {
    const auto place = testing::make_registry_directory(directory.path() / std::to_string(round));
    killed += live_until_killed(place, 1 + static_cast<long>(random.uniform() * life_us)) ? 1 : 0;
    state(place);
    killed += live_until_killed(place, 1 + static_cast<long>(random.uniform() * life_us)) ? 1 : 0;
    state(place);
    live(place);
    ASSERT_EQ(state(place), expected) << "round " << round;
  }
  EXPECT_GT(killed, 20);
}

TEST_F(UpkeepTest, RetentionKeepsWhoIsSuspendedBecauseItMayComeBack) {
  std::vector<VersionId> versions;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    versions.push_back(candidate(seed));
    ASSERT_TRUE(registry_->promote(versions.back(), because("better")));
  }
  ASSERT_TRUE(registry_->suspend({versions[1]}, from_calendar(2022, 6, 20), SuspensionCause::harm, because("harm")));
  Registry::Retention retention;
  retention.keep_versions_per_slot = 1;
  const auto removed = registry_->prune(lock(), retention);
  ASSERT_TRUE(removed) << to_string(removed.error());
  EXPECT_EQ(std::count(removed->begin(), removed->end(), versions[0]), 1);
  EXPECT_EQ(std::count(removed->begin(), removed->end(), versions[1]), 0);
}

}  // namespace
}  // namespace clm
