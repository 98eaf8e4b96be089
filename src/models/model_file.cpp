#include "models/model_file.hpp"

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/hash.hpp"

namespace clm {
namespace {

constexpr int kFormat = 1;
constexpr std::string_view kHeaderFile = "model.json";

std::string to_bytes(const nlohmann::json& document) { return document.dump(1) + '\n'; }

}  // namespace

tl::unexpected<Error> load_failure(std::string message, const std::filesystem::path& where) {
  return fail(ErrorKind::integrity, "model.load", std::move(message), where.string(),
              "The stored model is not what was saved: roll back to another version, or train again.");
}

Status write_model(const std::filesystem::path& directory, const ModelHeader& header, const nlohmann::json& body,
                   std::string_view library_file, std::string_view library_bytes) {
  nlohmann::json content = {{"format", kFormat},
                            {"type", header.type},
                            {"feature_hash", header.feature_hash},
                            {"feature_names", header.feature_names},
                            {"body", body}};
  if (!library_file.empty()) {
    content["library_file_sha256"] = sha256_hex(library_bytes);
    if (Status done = write_file_atomic(directory / library_file, library_bytes); !done) return done;
  }
  const std::string checksum = sha256_hex(to_bytes(content));
  content["sha256"] = checksum;
  return write_file_atomic(directory / kHeaderFile, to_bytes(content));
}

Result<StoredModel> read_model(const std::filesystem::path& directory, std::string_view type,
                               std::string_view library_file,
                               const std::function<Status(const nlohmann::json& body)>& read_body) {
  const std::filesystem::path header_path = directory / kHeaderFile;
  const Result<std::string> bytes = read_file(header_path);
  if (!bytes) return load_failure("cannot be read: " + bytes.error().message, header_path);
  nlohmann::json content = nlohmann::json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  // Written in one canonical form, so any other byte, even one without meaning to JSON, is an alteration.
  if (!content.is_object()) return load_failure("is not a model description", header_path);
  try {
    if (to_bytes(content) != *bytes) return load_failure("has been altered", header_path);
    const std::string checksum = content.at("sha256").get<std::string>();
    content.erase("sha256");
    if (sha256_hex(to_bytes(content)) != checksum) return load_failure("does not have its checksum", header_path);
    if (content.at("format").get<int>() != kFormat) return load_failure("has an unknown format", header_path);

    StoredModel stored;
    stored.header.type = content.at("type").get<std::string>();
    if (stored.header.type != type)
      return fail(ErrorKind::integrity, "model.type",
                  "holds a model of type " + stored.header.type + ", not " + std::string(type), header_path.string());
    stored.header.feature_hash = content.at("feature_hash").get<std::string>();
    stored.header.feature_names = content.at("feature_names").get<std::vector<std::string>>();
    if (!library_file.empty()) {
      const std::filesystem::path library_path = directory / library_file;
      Result<std::string> library_bytes = read_file(library_path);
      if (!library_bytes) return load_failure("cannot be read: " + library_bytes.error().message, library_path);
      if (sha256_hex(*library_bytes) != content.at("library_file_sha256").get<std::string>())
        return load_failure("does not have the checksum in " + std::string(kHeaderFile), library_path);
      stored.library_bytes = std::move(*library_bytes);
    }
    if (Status read = read_body(content.at("body")); !read) return forward_error(read);
    return stored;
  } catch (const nlohmann::json::exception& problem) {
    return load_failure(std::string("lacks a field or has one of a wrong type: ") + problem.what(), header_path);
  }
}

}  // namespace clm
