#include "registry/artifact_store.hpp"

#include <chrono>
#include <fstream>

#include <gtest/gtest.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::code_of;
using testing::put_sample;
using testing::sample_manifest;

void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class ArtifactStoreTest : public ::testing::Test {
 protected:
  ArtifactStoreTest() : store_(directory_.path() / "versions") {
    first_ = *put_sample(store_, sample_manifest(1));
    second_ = *put_sample(store_, sample_manifest(2));
  }
  /// What opening the first version says now.
  Error problem() const {
    const auto opened = store_.open("xgboost", first_.version, first_.manifest_sha256);
    return opened ? Error{ErrorKind::defect, "ok", {}, {}, {}} : opened.error();
  }
  fs::path model() const { return first_.directory / "model.ubj"; }

  testing::TempDirectory directory_;
  ArtifactStore store_;
  StoredArtifact first_, second_;
};

TEST_F(ArtifactStoreTest, StoresWhatOpensAgain) {
  const auto opened = store_.open("xgboost", first_.version, first_.manifest_sha256);
  ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
  EXPECT_EQ(opened->manifest.files.size(), 2U);
  EXPECT_EQ(opened->manifest.files[0].name, "model.ubj");
  EXPECT_EQ(opened->directory, store_.root() / "xgboost" / first_.version.str());
  EXPECT_EQ(*version_id(opened->manifest), first_.version);
  EXPECT_EQ(store_.list().size(), 2U);
}

TEST_F(ArtifactStoreTest, SameContentIsTheSameVersionHereAndElsewhere) {
  Manifest later = sample_manifest(1);
  later.created_as_of = later.created_as_of + Duration(1000);
  const auto again = put_sample(store_, later);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->version, first_.version);
  EXPECT_EQ(again->manifest_sha256, first_.manifest_sha256) << "the stored one stays";
  EXPECT_EQ(store_.list().size(), 2U);
  EXPECT_EQ(put_sample(ArtifactStore(directory_.path() / "elsewhere"), later)->version, first_.version);
  for (const auto& entry : fs::directory_iterator(store_.root() / "xgboost"))
    EXPECT_FALSE(entry.path().filename().string().starts_with(kAsidePrefix)) << "the staged copy is gone";
}

TEST_F(ArtifactStoreTest, ABrokenOneIsReplacedByTheSameContent) {
  overwrite(model(), "");
  const auto again = put_sample(store_, sample_manifest(1));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(problem().code, "ok");
}

TEST_F(ArtifactStoreTest, EmptiedFile) {
  overwrite(model(), "");
  EXPECT_EQ(problem().code, "artifact.file_empty");
  EXPECT_EQ(problem().kind, ErrorKind::integrity);
  EXPECT_EQ(problem().where, model().string());
  EXPECT_NE(problem().message.find("model.ubj"), std::string::npos);
}

TEST_F(ArtifactStoreTest, TruncatedFile) {
  fs::resize_file(model(), fs::file_size(model()) - 1);
  EXPECT_EQ(problem().code, "artifact.file_truncated");
}

TEST_F(ArtifactStoreTest, AFlippedBitIsFoundWhereverItIs) {
  for (const char* name : {"model.ubj", "scaler.json", "manifest.json"}) {
    const fs::path path = first_.directory / name;
    const std::string good = *read_file(path);
    for (std::size_t bit = 0; bit < good.size() * 8; bit += 37) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      overwrite(path, bad);
      ASSERT_EQ(problem().kind, ErrorKind::integrity) << name << " bit " << bit;
      ASSERT_EQ(problem().where, path.string());
    }
    overwrite(path, good);
  }
  EXPECT_EQ(problem().code, "ok");
}

TEST_F(ArtifactStoreTest, FileOfAnotherVersionSaysWhose) {
  overwrite(model(), *read_file(second_.directory / "model.ubj"));
  EXPECT_EQ(problem().code, "artifact.file_altered");
  EXPECT_NE(problem().message.find("model.ubj of xgboost version " + second_.version.str()), std::string::npos)
      << problem().message;
}

TEST_F(ArtifactStoreTest, WholeDirectoriesSwapped) {
  fs::rename(first_.directory, store_.root() / "xgboost" / "away");
  fs::rename(second_.directory, first_.directory);
  fs::rename(store_.root() / "xgboost" / "away", second_.directory);
  EXPECT_EQ(problem().code, "artifact.swapped");
  EXPECT_NE(problem().message.find(second_.version.str()), std::string::npos);
}

TEST_F(ArtifactStoreTest, AlteredManifestIsFoundEvenWhereTheIdDoesNotCoverIt) {
  const fs::path path = first_.directory / "manifest.json";
  std::string bytes = *read_file(path);
  bytes.replace(bytes.find("0.031"), 5, "0.931");
  overwrite(path, bytes);
  EXPECT_EQ(problem().code, "artifact.manifest_altered");
  overwrite(path, "");
  EXPECT_EQ(problem().code, "artifact.manifest_altered");
  fs::remove(path);
  EXPECT_EQ(problem().code, "artifact.manifest_missing");
}

TEST_F(ArtifactStoreTest, ManifestSpelledOtherwiseIsAltered) {
  overwrite(first_.directory / "manifest.json", *read_file(first_.directory / "manifest.json") + "\n");
  EXPECT_EQ(code_of(store_.open("xgboost", first_.version, {})), "artifact.manifest_altered");
}

TEST_F(ArtifactStoreTest, MissingAndExtra) {
  overwrite(first_.directory / "more.bin", "x");
  EXPECT_EQ(problem().code, "artifact.extra_file");
  fs::remove(first_.directory / "more.bin");
  fs::remove(model());
  EXPECT_EQ(problem().code, "artifact.file_missing");
  fs::create_symlink(second_.directory / "model.ubj", model());
  EXPECT_EQ(problem().code, "artifact.file_kind");
  fs::remove_all(first_.directory);
  EXPECT_EQ(problem().code, "artifact.missing");
}

TEST_F(ArtifactStoreTest, AFolderBesideTheFilesIsVerifiedAsTheyAre) {
  auto staged = store_.stage("xgboost");
  ASSERT_TRUE(staged);
  fs::create_directory(staged->directory() / "fit2");
  for (const char* name : {"model.json", "fit2/model.json"})
    ASSERT_TRUE(write_file_atomic(staged->directory() / name, std::string("bytes of ") + name));
  const auto stored = store_.put(std::move(*staged), sample_manifest(3));
  ASSERT_TRUE(stored) << to_string(stored.error());
  ASSERT_EQ(stored->manifest.files.size(), 2U);
  EXPECT_EQ(stored->manifest.files[0].name, "fit2/model.json");
  const auto code = [&] { return code_of(store_.open("xgboost", stored->version, stored->manifest_sha256)); };
  EXPECT_TRUE(store_.open("xgboost", stored->version, stored->manifest_sha256));
  const fs::path folder = stored->directory / "fit2";
  fs::create_directory(stored->directory / "fit3");
  EXPECT_EQ(code(), "artifact.file_kind") << "an empty folder is nobody's";
  overwrite(stored->directory / "fit3" / "model.json", "x");
  EXPECT_EQ(code(), "artifact.extra_file");
  fs::remove_all(stored->directory / "fit3");
  fs::create_directory(folder / "deeper");
  EXPECT_EQ(code(), "artifact.file_kind");
  fs::remove(folder / "deeper");
  overwrite(folder / "model.json", "other bytes of it, as many");
  EXPECT_EQ(code(), "artifact.file_altered");
  fs::remove_all(folder);
  EXPECT_EQ(code(), "artifact.file_missing");
}

TEST_F(ArtifactStoreTest, AManifestThatIsNoManifestAnyMore) {
  overwrite(first_.directory / "manifest.json", std::string(Manifest::kMaxBytes + 1, ' '));
  EXPECT_EQ(problem().code, "artifact.manifest_altered");
  fs::remove(first_.directory / "manifest.json");
  fs::create_directory(first_.directory / "manifest.json");
  EXPECT_EQ(problem().code, "artifact.file_kind");
}

TEST_F(ArtifactStoreTest, DatesAreNotRead) {
  for (const auto& entry : fs::directory_iterator(first_.directory))
    fs::last_write_time(entry.path(), fs::last_write_time(entry.path()) + std::chrono::hours(24 * 365));
  EXPECT_EQ(problem().code, "ok");
}

TEST_F(ArtifactStoreTest, WhatIsNoModelIsNotStored) {
  EXPECT_EQ(code_of(store_.put(*store_.stage("xgboost"), sample_manifest(3))), "artifact.no_files");
  auto staged = store_.stage("xgboost");
  overwrite(staged->directory() / "model.ubj", "");
  EXPECT_EQ(code_of(store_.put(std::move(*staged), sample_manifest(3))), "artifact.file_empty");
  EXPECT_EQ(store_.list().size(), 2U);
}

TEST_F(ArtifactStoreTest, RemovalIsCompleteAndMayBeRepeated) {
  EXPECT_TRUE(store_.remove("xgboost", first_.version).has_value());
  EXPECT_TRUE(store_.remove("xgboost", first_.version).has_value());
  EXPECT_EQ(problem().code, "artifact.missing");
  EXPECT_EQ(store_.list().size(), 1U);
}

}  // namespace
}  // namespace clm
