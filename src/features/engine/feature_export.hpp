#pragma once
#include <filesystem>
#include <span>

#include "base/result.hpp"
#include "features/engine/feature_frame.hpp"

namespace clm {

/// Writes a frame as Parquet: `symbol` (text), `open_time` (ms since 1970), then one float column per feature, rows as
/// in the frame; the metadata names set and hash. Only the rows of `symbols`, or all if it is empty. Replaces the file
/// in one step. Returns the number of rows. Errors `features.unknown_symbol` (usage), `parquet.write`, `file.write`
/// (unavailable). Memory: one more copy of the rows written.
Result<std::size_t> export_features(const FeatureFrame& frame, std::span<const Symbol> symbols,
                                    const std::filesystem::path& file);

}  // namespace clm
