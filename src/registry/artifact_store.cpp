#include "registry/artifact_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kManifestName = "manifest.json";
constexpr const char* kReportDefect = "This is a defect of clm: please report it.";

/// Who makes the errors about the stored bytes of one version, each with the way to have them whole again.
class Finding {
 public:
  explicit Finding(const VersionId& version) : version_(version) {}
  tl::unexpected<Error> broken(std::string code, std::string message, const fs::path& where) const {
    return fail(ErrorKind::integrity, std::move(code), std::move(message), where.string(),
                "Nobody is served by it. clm reproduce " + version_.str() +
                    " --restore trains it again and puts the same bytes back; clm cycle goes on without it.");
  }
  /// What keeps a file from being read is wrong with it, unless it is this process that lacks something.
  tl::unexpected<Error> unreadable(const Error& reading) const {
    if (reading.code == "file.too_large")
      return broken("artifact.manifest_altered", "manifest.json is larger than a manifest", reading.where);
    if (reading.code != "file.read") return tl::unexpected<Error>(reading);
    return broken("artifact.unreadable", reading.message, reading.where);
  }

 private:
  VersionId version_;
};

bool is_version_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Error unreadable(const fs::path& path, const std::error_code& failure) {
  return {ErrorKind::unavailable, "file.read", "cannot read: " + failure.message(), path.string(), {}};
}

/// Names of the files in `directory` and in the folders in it ("fit2/model.json"), ascending. `odd` is the last path of
/// what is neither a plain file nor a folder of such; empty: none.
Result<std::vector<std::string>> file_names(const fs::path& directory, fs::path& odd) {
  std::vector<std::string> names;
  const auto add_from = [&](const fs::path& folder, const std::string& prefix, auto&& on_folder) -> Status {
    std::error_code failure;
    fs::directory_iterator it(folder, failure);
    for (; !failure && it != fs::directory_iterator(); it.increment(failure)) {
      const auto status = it->symlink_status(failure);
      if (failure) break;
      const std::string name = it->path().filename().string();
      if (fs::is_directory(status)) {
        if (auto added = on_folder(it->path(), name); !added) return added;
        continue;
      }
      if (!fs::is_regular_file(status)) odd = it->path();
      names.push_back(prefix + name);
    }
    if (failure) return tl::unexpected<Error>(unreadable(folder, failure));
    return {};
  };
  const auto refuse = [&](const fs::path& path, const std::string&) -> Status {
    odd = path;
    return {};
  };
  const auto enter = [&](const fs::path& path, const std::string& name) -> Status {
    const std::size_t before = names.size();
    auto added = add_from(path, name + "/", refuse);
    if (names.size() == before) odd = path;  // an empty folder is nobody's
    return added;
  };
  if (auto added = add_from(directory, {}, enter); !added) return forward_error(added);
  std::sort(names.begin(), names.end());
  return names;
}

/// "; these are the bytes of FILE of version VERSION", when the store knows them: for the message of an altered file.
std::string whose_bytes(const ArtifactStore& store, const std::string& sha256, const VersionId& not_this) {
  for (const auto& entry : store.list()) {
    if (entry.version == not_this) continue;
    const fs::path path = store.directory_of(entry.model_type, entry.version) / kManifestName;
    const auto bytes = read_file(path, Manifest::kMaxBytes);
    if (!bytes) continue;
    const auto manifest = read_manifest(*bytes);
    if (!manifest) continue;
    for (const auto& file : manifest->files)
      if (file.sha256 == sha256)
        return "; these are the bytes of " + file.name + " of " + entry.model_type + " version " + entry.version.str();
  }
  return {};
}

Status verify_file(const ArtifactStore& store, const fs::path& path, const ManifestFile& expected,
                   const VersionId& version) {
  const Finding finding(version);
  std::error_code failure;
  const std::uint64_t bytes = fs::file_size(path, failure);
  if (failure) return finding.unreadable(unreadable(path, failure));
  if (bytes == 0)
    return finding.broken("artifact.file_empty",
                          expected.name + " is empty; the manifest says " + std::to_string(expected.bytes) + " bytes",
                          path);
  const auto hash = sha256_file(path);
  if (!hash) return finding.unreadable(hash.error());
  if (*hash == expected.sha256 && bytes == expected.bytes) return {};
  const std::string owner = whose_bytes(store, *hash, version);
  if (bytes < expected.bytes && owner.empty())
    return finding.broken(
        "artifact.file_truncated",
        expected.name + " has " + std::to_string(bytes) + " of its " + std::to_string(expected.bytes) + " bytes", path);
  return finding.broken("artifact.file_altered",
                        expected.name + " is not what the manifest says (SHA-256 " + hash->substr(0, 12) +
                            " instead of " + expected.sha256.substr(0, 12) + ")" + owner,
                        path);
}

}  // namespace

StagedArtifact::StagedArtifact(StagedArtifact&& other) noexcept : directory_(std::exchange(other.directory_, {})) {}
StagedArtifact& StagedArtifact::operator=(StagedArtifact&& other) noexcept {
  std::swap(directory_, other.directory_);
  return *this;
}
StagedArtifact::~StagedArtifact() {
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

fs::path ArtifactStore::directory_of(std::string_view model_type, const VersionId& version) const {
  return root_ / model_type / version.str();
}

Result<StagedArtifact> ArtifactStore::stage(std::string_view model_type) const {
  expects(is_plain_name(model_type), "a model type is a plain name");
  std::error_code failure;
  const fs::path parent = root_ / model_type;
  fs::create_directories(parent, failure);
  // A process of the same id may have been killed here before: its leftover has the name, so take the next one.
  while (!failure) {
    const fs::path directory = aside_path(parent / "artifact");
    if (fs::create_directory(directory, failure)) return StagedArtifact(directory);
  }
  return fail(ErrorKind::unavailable, "file.write", "cannot make a directory: " + failure.message(), parent.string());
}

Result<std::vector<ManifestFile>> describe_model_files(const fs::path& directory) {
  fs::path odd;
  const auto names = file_names(directory, odd);
  if (!names) return forward_error(names);
  if (!odd.empty())
    return fail(ErrorKind::defect, "artifact.file_kind", "the model wrote something that is not a plain file",
                odd.string(), kReportDefect);
  std::vector<ManifestFile> files;
  for (const auto& name : *names) {
    const fs::path path = directory / name;
    const auto hash = sha256_file(path);
    if (!hash) return forward_error(hash);
    std::error_code failure;
    const std::uint64_t bytes = fs::file_size(path, failure);
    if (failure) return tl::unexpected<Error>(unreadable(path, failure));
    if (bytes == 0)
      return fail(ErrorKind::defect, "artifact.file_empty", "the model wrote an empty file", path.string(),
                  kReportDefect);
    files.push_back({name, *hash, bytes});
  }
  if (files.empty())
    return fail(ErrorKind::defect, "artifact.no_files", "the model wrote no file", directory.string(), kReportDefect);
  return files;
}

Result<StoredArtifact> ArtifactStore::put(StagedArtifact staged, Manifest manifest) const {
  expects(!staged.directory().empty(), "a staged artifact is put once");
  auto files = describe_model_files(staged.directory());
  if (!files) return forward_error(files);
  manifest.files = std::move(*files);

  const auto version = version_id(manifest);
  if (!version) return forward_error(version);
  const auto bytes = write_manifest(manifest);
  if (!bytes) return forward_error(bytes);
  if (bytes->size() > Manifest::kMaxBytes)
    return fail(ErrorKind::defect, "manifest.too_large", "the manifest would be larger than its limit");
  if (auto known = open(manifest.model_type, *version, {}); known) return known;
  return publish_as(std::move(staged), std::move(manifest), *version, *bytes);
}

Result<StoredArtifact> ArtifactStore::publish_as(StagedArtifact staged, Manifest manifest, const VersionId& version,
                                                 const std::string& manifest_bytes) const {
  if (auto written = write_file_atomic(staged.directory() / kManifestName, manifest_bytes); !written)
    return forward_error(written);
  if (auto removed = remove(manifest.model_type, version); !removed) return forward_error(removed);
  const fs::path target = directory_of(manifest.model_type, version);
  std::error_code failure;
  fs::create_directories(target.parent_path(), failure);
  if (auto published = publish(staged.directory(), target); !published) return forward_error(published);
  staged.directory_.clear();
  log_info("wrote " + target.string() + ", " + std::to_string(manifest.files.size()) + " model files");
  return StoredArtifact{version, std::move(manifest), sha256_hex(manifest_bytes), target};
}

Result<StoredArtifact> ArtifactStore::put_back(StagedArtifact staged, const std::string& manifest_bytes) const {
  expects(!staged.directory().empty(), "a staged artifact is put once");
  auto manifest = read_manifest(manifest_bytes);
  if (!manifest) return forward_error(manifest);
  const auto version = version_id(*manifest);
  if (!version) return forward_error(version);
  const auto files = describe_model_files(staged.directory());
  if (!files) return forward_error(files);
  if (*files != manifest->files)
    return fail(ErrorKind::integrity, "artifact.other_bytes",
                "what was made again has other bytes than version " + version->str() + ", so nothing was put back",
                directory_of(manifest->model_type, *version).string(),
                "It cannot be made again from what is stored. clm cycle --force trains another in its place.");
  return publish_as(std::move(staged), std::move(*manifest), *version, manifest_bytes);
}

Status ArtifactStore::write_manifest_of(const StoredArtifact& artifact, const std::string& manifest_bytes) const {
  return write_file_atomic(artifact.directory / kManifestName, manifest_bytes);
}

Result<StoredArtifact> ArtifactStore::open(std::string_view model_type, const VersionId& version,
                                           std::string_view manifest_sha256) const {
  const Finding finding(version);
  const fs::path directory = directory_of(model_type, version);
  std::error_code failure;
  if (!fs::is_directory(directory, failure))
    return finding.broken("artifact.missing", "the directory of version " + version.str() + " is missing", directory);
  fs::path odd;
  const auto names = file_names(directory, odd);
  if (!names) return finding.unreadable(names.error());
  if (!odd.empty())
    return finding.broken("artifact.file_kind", "is not a plain file; a version holds plain files only", odd);
  const fs::path manifest_path = directory / kManifestName;
  if (!std::binary_search(names->begin(), names->end(), std::string(kManifestName)))
    return finding.broken("artifact.manifest_missing", "manifest.json is missing", manifest_path);

  const auto bytes = read_file(manifest_path, Manifest::kMaxBytes);
  if (!bytes) return finding.unreadable(bytes.error());
  const std::string hash = sha256_hex(*bytes);
  auto manifest = read_manifest(*bytes, manifest_path.string());
  const auto own_id = manifest ? version_id(*manifest) : Result<VersionId>(version);
  if (!own_id) return forward_error(own_id);
  const auto entries = list();
  if (*own_id != version && std::binary_search(entries.begin(), entries.end(), Entry{manifest->model_type, *own_id}))
    return finding.broken("artifact.swapped",
                          "the directory of version " + version.str() + " holds the manifest of " +
                              manifest->model_type + " version " + own_id->str(),
                          manifest_path);
  if (*own_id != version || (!manifest_sha256.empty() && hash != manifest_sha256))
    return finding.broken("artifact.manifest_altered",
                          bytes->empty() ? "manifest.json is empty" : "manifest.json is not the one that was stored",
                          manifest_path);
  if (!manifest) return forward_error(manifest);
  if (const auto canonical = write_manifest(*manifest); !canonical || *canonical != *bytes)
    return finding.broken("artifact.manifest_altered", "manifest.json is not spelled as it was written", manifest_path);

  std::set<std::string> known{kManifestName};
  for (const auto& file : manifest->files) {
    known.insert(file.name);
    if (!std::binary_search(names->begin(), names->end(), file.name))
      return finding.broken("artifact.file_missing", file.name + " is missing", directory / file.name);
    if (auto sound = verify_file(*this, directory / file.name, file, version); !sound) return forward_error(sound);
  }
  for (const auto& name : *names)
    if (!known.contains(name))
      return finding.broken("artifact.extra_file", name + " is not named by the manifest", directory / name);
  return StoredArtifact{version, std::move(*manifest), hash, directory};
}

std::vector<ArtifactStore::Entry> ArtifactStore::list() const {
  std::vector<Entry> entries;
  std::error_code failure;
  for (fs::directory_iterator type(root_, failure), end; !failure && type != end; type.increment(failure)) {
    const std::string model_type = type->path().filename().string();
    std::error_code inner;
    if (!is_plain_name(model_type)) continue;
    for (fs::directory_iterator version(type->path(), inner); !inner && version != end; version.increment(inner)) {
      const std::string name = version->path().filename().string();
      if (is_version_name(name)) entries.push_back({model_type, VersionId(name)});
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Status ArtifactStore::remove(std::string_view model_type, const VersionId& version) const {
  const fs::path directory = directory_of(model_type, version);
  std::error_code failure;
  if (!fs::exists(fs::symlink_status(directory, failure))) return {};
  const fs::path aside = aside_path(directory);
  fs::rename(directory, aside, failure);
  if (!failure) fs::remove_all(aside, failure);
  if (failure)
    return fail(ErrorKind::unavailable, "file.write", "cannot remove: " + failure.message(), directory.string());
  return {};
}

}  // namespace clm
