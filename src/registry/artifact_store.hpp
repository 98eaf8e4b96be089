#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "registry/manifest.hpp"
#include "registry/version.hpp"

namespace clm {

/// An artifact whose every byte was just compared with its manifest.
struct StoredArtifact {
  VersionId version;
  Manifest manifest;
  std::string manifest_sha256;  ///< of the bytes of manifest.json
  std::filesystem::path directory;
};

/// A directory to write model files into, on the same file system as the store. Goes away unless it is `put`.
class StagedArtifact {
 public:
  StagedArtifact(StagedArtifact&& other) noexcept;
  StagedArtifact& operator=(StagedArtifact&& other) noexcept;
  StagedArtifact(const StagedArtifact&) = delete;
  StagedArtifact& operator=(const StagedArtifact&) = delete;
  ~StagedArtifact();
  const std::filesystem::path& directory() const { return directory_; }

 private:
  friend class ArtifactStore;
  explicit StagedArtifact(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
};

/// Name, hash and size of every file that a model wrote, there or in a folder there, ascending by name. Errors:
/// `artifact.no_files`, `artifact.file_empty`, `artifact.file_kind` (defect: what is there is not a model), `file.*`.
Result<std::vector<ManifestFile>> describe_model_files(const std::filesystem::path& directory);

/// A directory per version: ROOT/MODEL_TYPE/VERSION/{manifest.json, model files}, named by content. Whatever stands
/// under its final name is complete: it was written aside, fsynced and renamed. Dates of files are never read.
///
/// Thread-safe: holds a path only. Processes that stage, put or remove hold the workspace's cycle lock (leftovers of a
/// killed one are cleaned under it); readers need no lock.
class ArtifactStore {
 public:
  explicit ArtifactStore(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path directory_of(std::string_view model_type, const VersionId& version) const;

  /// A fresh, empty directory for `Model::save`. Error `file.write` (unavailable).
  Result<StagedArtifact> stage(std::string_view model_type) const;

  /// Hashes the staged files, completes `manifest.files`, writes manifest.json and publishes under the content's name.
  /// Where the same content is stored already and sound, that one stays (its manifest too) and is returned; where it
  /// is broken, it is replaced. Errors: `artifact.no_files`, `artifact.file_empty`, `artifact.file_kind` (defect: what
  /// was staged is not a model), `manifest.field_value`, `file.*`. Cost: one hash and one fsync of every file.
  Result<StoredArtifact> put(StagedArtifact staged, Manifest manifest) const;

  /// Puts a version's bytes back in place of whatever lies under its name, with exactly these bytes as its manifest.
  /// Only if the staged files are those that it names: else `artifact.other_bytes` (integrity), and nothing is changed.
  /// Other errors as `put`, and `manifest.*` for a manifest that cannot be read.
  Result<StoredArtifact> put_back(StagedArtifact staged, const std::string& manifest_bytes) const;
  /// Replaces manifest.json alone, by bytes that name the same files. Error `file.write` (unavailable).
  Status write_manifest_of(const StoredArtifact& artifact, const std::string& manifest_bytes) const;

  /// Compares every byte with the manifest, before anything is loaded. `manifest_sha256` is what the registry keeps
  /// and protects the manifest itself; empty skips that comparison only. About 2 ns a byte.
  /// Errors (integrity), each saying which file and what is wrong: `artifact.missing`, `artifact.manifest_missing`,
  /// `artifact.manifest_altered`, `artifact.swapped` (another version's directory under this name),
  /// `artifact.file_missing`, `artifact.file_empty`, `artifact.file_truncated`, `artifact.file_altered` (names the
  /// version whose bytes these are, if it is one of ours), `artifact.extra_file`, `artifact.file_kind`,
  /// `artifact.unreadable` (permissions, or the disk), `manifest.*`; `file.exhausted` (unavailable) where this process
  /// may open no more files.
  Result<StoredArtifact> open(std::string_view model_type, const VersionId& version,
                              std::string_view manifest_sha256) const;

  struct Entry {
    std::string model_type;
    VersionId version;
    auto operator<=>(const Entry&) const = default;
  };
  /// Every directory under its final name, ascending; says nothing about its soundness.
  std::vector<Entry> list() const;

  /// Renamed aside first, so that no reader ever sees half a version. No error if it is not there.
  /// Error `file.write` (unavailable).
  Status remove(std::string_view model_type, const VersionId& version) const;

 private:
  Result<StoredArtifact> publish_as(StagedArtifact staged, Manifest manifest, const VersionId& version,
                                    const std::string& manifest_bytes) const;
  std::filesystem::path root_;
};

}  // namespace clm
