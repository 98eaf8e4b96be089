#pragma once
#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "workspace/stored_quality.hpp"

namespace clm::app {

/// What `clm data --json` promises of a series.
nlohmann::json document_of(const StoredQuality& checked);

/// The same of all series, for people: a table with the rows that are used and those that are left out, what is wrong
/// with series that are not in order, and the files that are damaged. `width` as in `TextTable`.
std::string describe(const StoredData& data, std::size_t width);

}  // namespace clm::app
