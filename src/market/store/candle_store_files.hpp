#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "market/store/candle_store.hpp"
#include "market/store/damaged_file.hpp"

/// Where the files of a candle store lie: what its reading and its writing have in common.
namespace clm {

inline constexpr const char* kCandleFileExtension = ".parquet";
/// The lock of writers.
inline constexpr const char* kCandleLockName = ".lock";

/// A file of a series, known by its name.
struct StoredFile {
  std::filesystem::path path;
  StorePeriod period;
};

/// Error `store.name` (data).
Result<std::filesystem::path> directory_of(const std::filesystem::path& root, const SeriesKey& key);

/// The files of a series in order of time. What is called otherwise is no file of the store. Error `file.read`
/// (unavailable).
Result<std::vector<StoredFile>> files_of(const std::filesystem::path& root, const SeriesKey& key);

DamagedFile damaged_file(const SeriesKey& key, const std::string& period, const std::filesystem::path& path,
                         Error problem);

}  // namespace clm
