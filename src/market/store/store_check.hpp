#pragma once
#include <filesystem>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/context_store.hpp"

namespace clm {

/// Checks every file and every folder of series, in their order: each is read whole and held against its checksum, its
/// footer and its name. What lies between the series and is no Parquet file is passed over. `context.jobs` series are
/// read side by side. Error: `cancelled`.
Result<std::vector<FileCheck>> check_files(const CandleStore& store, const RunContext& context);
Result<std::vector<FileCheck>> check_files(const ContextStore& store, const RunContext& context);

/// {path, ok, problem, note}; `path` as seen from `root`.
nlohmann::json to_json(const FileCheck& check, const std::filesystem::path& root);

}  // namespace clm
