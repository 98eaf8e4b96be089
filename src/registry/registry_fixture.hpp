#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/file_io.hpp"
#include "registry/registry.hpp"
#include "support/temp_directory.hpp"

namespace clm::testing {

/// That of `sample_manifest`.
inline const Slot kSlot{"xgboost"};

inline Manifest sample_manifest(std::uint64_t seed = 1, std::string model_type = "xgboost") {
  Manifest m;
  m.model_type = std::move(model_type);
  m.parameters_json = R"({"max_depth": 6, "eta": 0.05})";
  m.feature_set = "core";
  m.feature_hash = "f00d";
  m.feature_names = {"return_1", "rsi_14"};
  m.label_json = R"({"horizon_bars": 5})";
  m.training_span = {from_calendar(2022, 1, 1), from_calendar(2022, 6, 1)};
  m.training_rows = 1000;
  m.data_fingerprint = "beef";
  m.seed = seed;
  m.libraries = {{"xgboost", "1.7.4"}};
  m.program_version = "0.1.0";
  m.metrics_json = R"({"rank_ic": 0.031})";
  m.created_as_of = from_calendar(2022, 7, 1);
  m.learned_until = from_calendar(2022, 5, 1);
  return m;
}

inline Decision because(std::string reason, int minute = 0, std::string evidence = R"({"improvement": 0.07})") {
  return {from_calendar(2022, 7, 1, 0, minute), "test", std::move(reason), std::move(evidence)};
}

/// Stages two model files whose bytes follow from the seed, and puts them.
inline Result<StoredArtifact> put_sample(const ArtifactStore& store, const Manifest& manifest) {
  auto staged = store.stage(manifest.model_type);
  if (!staged) return forward_error(staged);
  const std::string content = "model of seed " + std::to_string(manifest.seed) + "\n";
  if (auto w = write_file_atomic(staged->directory() / "model.ubj", content + content); !w) return forward_error(w);
  if (auto w = write_file_atomic(staged->directory() / "scaler.json", "{" + content + "}"); !w) return forward_error(w);
  return store.put(std::move(*staged), manifest);
}

/// Where a registry under test keeps house.
struct RegistryDirectory {
  std::filesystem::path root;

  std::filesystem::path database_file() const { return root / "clm.db"; }
  std::filesystem::path versions() const { return root / "versions"; }
  std::filesystem::path checkpoints() const { return root / "checkpoints"; }
  /// As the cycle lock of a workspace: what a killed holder left in versions/ goes.
  Result<FileLock> lock(std::string_view purpose) const {
    auto lock = FileLock::acquire(root / ".lock", purpose);
    if (lock) remove_aside_files(versions());
    return lock;
  }
};

inline RegistryDirectory make_registry_directory(const std::filesystem::path& root) {
  std::filesystem::create_directories(root);
  return {root};
}

/// An open registry in a directory of its own.
class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() { reopen(); }

  void reopen() {
    registry_.reset();
    database_.reset();
    Database::Options options;
    options.durability = Database::Durability::process_end;  // no test outlives a power failure
    auto database = Database::open(place_.database_file(), options);
    ASSERT_TRUE(database.has_value()) << to_string(database.error());
    database_ = std::make_unique<Database>(std::move(*database));
    auto registry = Registry::open(*database_, ArtifactStore(place_.versions()));
    ASSERT_TRUE(registry.has_value()) << to_string(registry.error());
    registry_.emplace(*registry);
  }

  VersionId candidate(std::uint64_t seed, std::string model_type = "xgboost") {
    const auto stored = put_sample(registry_->store(), sample_manifest(seed, std::move(model_type)));
    EXPECT_TRUE(stored.has_value()) << to_string(stored.error());
    const auto entered = registry_->enter(*stored, because("trained"));
    EXPECT_TRUE(entered.has_value()) << to_string(entered.error());
    return entered->record.version;
  }
  VersionId promoted(std::uint64_t seed) {
    const VersionId version = candidate(seed);
    const auto done = registry_->promote(version, because("better"));
    EXPECT_TRUE(done.has_value()) << to_string(done.error());
    return version;
  }
  VersionStatus status(const VersionId& version) const { return registry_->find(version.str())->status; }
  std::string active_version(const std::string& model_type = "xgboost") const {
    const auto alias = registry_->active(slot_of(model_type));
    return alias && *alias ? (*alias)->record.version.str() : "";
  }
  std::filesystem::path file(const VersionId& version, const std::string& name) const {
    return registry_->store().directory_of("xgboost", version) / name;
  }

  TempDirectory directory_;
  RegistryDirectory place_ = make_registry_directory(directory_.path() / "registry");
  std::unique_ptr<Database> database_;
  std::optional<Registry> registry_;
};

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

}  // namespace clm::testing
