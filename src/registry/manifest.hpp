#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "registry/version.hpp"

namespace clm {

/// One file of an artifact. `name`: letters, digits, '.', '_', '-', not beginning with '.'; of one in a folder beside
/// the others, after the folder's plain name and a slash: "fit2/model.json".
struct ManifestFile {
  std::string name;
  std::string sha256;  ///< 64 lower-case hex digits
  std::uint64_t bytes = 0;
  auto operator<=>(const ManifestFile&) const = default;
};

/// The model type of versions that are made of other versions.
inline constexpr std::string_view kEnsembleType = "ensemble";

/// A version that an ensemble is made of, by its content, and how much it weighs there.
struct ManifestMember {
  std::string model_type;  ///< with the name of its recipe, where that has one: "lightgbm/yearly" (`slot_name`)
  std::string version;
  double weight = 0;  ///< [0, 1]; where no regime is told apart
  auto operator<=>(const ManifestMember&) const = default;
};

/// What a version is and where it came from: the `manifest.json` beside the model files. Fields that end in `_json`
/// hold one JSON object as text, in any spelling; writing makes them canonical.
struct Manifest {
  static constexpr int kSchema = 2;
  static constexpr std::uint64_t kMaxBytes = 4U << 20;

  /// Which fields the file has, and part of the version id. 1, of releases before, has no `learned_until`; such files
  /// are read, written and named as they were.
  int schema = kSchema;

  // What decides the bits: part of the version id.
  std::string model_type;                  ///< "xgboost": lower-case letters, digits, '_'; at most 64
  std::string scope = "default";           ///< name of its recipe, where that has one; same alphabet, and '-'
  std::string parameters_json = "{}";      ///< `Trainer::parameters_of()`
  std::string feature_set;                 ///< name of the feature set
  std::string feature_hash;                ///< and its hash: a model meets only features of this hash
  std::vector<std::string> feature_names;  ///< in column order
  std::string label_json = "{}";           ///< definition of what is forecast
  std::string protocol_json = "{}";        ///< how rows were chosen: splits, purge, weights, refit, ...
  TimeRange training_span;                 ///< decision times of the rows it was fitted, stopped and calibrated by
  std::uint64_t training_rows = 0;
  std::string data_fingerprint;  ///< hash of the training data
  std::uint64_t seed = 0;
  int threads = 1;
  /// Of an ensemble, ascending by model type and version, each once; of a model none, and then the file has no such
  /// field.
  std::vector<ManifestMember> members;
  std::vector<ManifestFile> files;  ///< ascending by name

  // Circumstances: kept and protected, but the same model made elsewhere or later stays the same version.
  std::map<std::string, std::string> libraries;  ///< "xgboost" -> "1.7.4"
  std::string program_version;
  std::string git_commit;
  std::string metrics_json = "{}";  ///< what the judging found
  std::string parent;               ///< the version that was active when this one was trained; may be empty
  /// How far the log of batches had come before its candles were read, one JSON object (`LogPosition`), so that it can
  /// be told whether they were corrected since. Empty: it is not known, and then the file has no such field.
  std::string batches_json;
  Timestamp created_as_of;  ///< the `as_of` of the cycle that made it
  /// When the last label that it was fitted on became known: its age is counted from here. Rows that stop, calibrate or
  /// judge it do not count. An ensemble has that of its newest member: nothing it says was fitted on later labels, and
  /// rows that chose its weights are to it what calibration is to a model. At most `created_as_of`. It follows from the
  /// rows, which are part of the id already. Not stored in schema 1: read from there it is the latest that it can have
  /// been, when the label of the training span's last decision became known; the rows that were fitted on ended some
  /// months earlier, since those of stopping and calibration lie in the span as well.
  Timestamp learned_until;
};

/// The canonical bytes of manifest.json: keys sorted, two spaces, files by name, one newline at the end. Equal content
/// gives equal bytes. Error `manifest.field_value` (defect) when a field breaks its rule above.
Result<std::string> write_manifest(const Manifest& manifest);

/// Strict reader: every field of its schema must be there with its type (`members` in ensembles alone, `batches` where
/// it is known) and nothing else may be; duplicate keys, depth beyond 32 and sizes beyond `kMaxBytes` are refused.
/// Errors (integrity, `where` = `name`, message names the field): `manifest.too_large`, `manifest.syntax`,
/// `manifest.schema`, `manifest.missing_field`, `manifest.unknown_field`, `manifest.field_type`,
/// `manifest.field_value`.
Result<Manifest> read_manifest(std::string_view bytes, const std::string& name = "manifest.json");

/// First 12 hex digits of the SHA-256 over the canonical bytes of the fields that decide the bits, the files' hashes
/// included. Metrics, libraries, program, parent and both times are not part of it; they are protected by the hash of
/// the whole manifest, which the registry keeps. 48 bits: among 10,000 versions a collision has probability 2e-7.
Result<VersionId> version_id(const Manifest& manifest);

/// Whether `name` may name a model type (it becomes a directory).
bool is_plain_name(std::string_view name);
/// Whether `name` may name a recipe: 1 to 64 of a-z, 0-9, '_', '-'.
bool is_recipe_name(std::string_view name);

}  // namespace clm
