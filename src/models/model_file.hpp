#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace clm {

/// What is stored about every model, whatever its type.
struct ModelHeader {
  std::string type;
  std::string feature_hash;
  std::vector<std::string> feature_names;
};

/// What was read back: the header, and the bytes of the library's own file (empty if the type has none).
struct StoredModel {
  ModelHeader header;
  std::string library_bytes;
};

/// Writes `model.json` (header, the type's own `body`, checksums) into `directory`, and `library_bytes` into
/// `library_file` beside it where that name is not empty. Error `file.write` (unavailable).
Status write_model(const std::filesystem::path& directory, const ModelHeader& header, const nlohmann::json& body,
                   std::string_view library_file = {}, std::string_view library_bytes = {});

/// Reads it back. Both files must be what was written, to the byte, before `read_body` sees the body or the caller
/// hands bytes to a library: neither XGBoost nor LightGBM survives every altered file. What `read_body` throws as a
/// JSON exception becomes an error. Errors `model.load`, `model.type` (integrity: another type is stored there).
/// Cost: reading and 2 ns a byte.
Result<StoredModel> read_model(const std::filesystem::path& directory, std::string_view type,
                               std::string_view library_file,
                               const std::function<Status(const nlohmann::json& body)>& read_body);

/// Error `model.load` (integrity).
tl::unexpected<Error> load_failure(std::string message, const std::filesystem::path& where);

}  // namespace clm
