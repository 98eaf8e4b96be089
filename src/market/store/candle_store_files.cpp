#include "market/store/candle_store_files.hpp"

#include "market/store/pending_files.hpp"
#include "market/store/store_name.hpp"

namespace clm {
namespace fs = std::filesystem;

Result<fs::path> directory_of(const fs::path& root, const SeriesKey& key) {
  const auto venue = to_file_name(key.venue.str());
  if (!venue) return forward_error(venue);
  const auto symbol = to_file_name(key.symbol.str());
  if (!symbol) return forward_error(symbol);
  return root / *venue / key.interval.name() / *symbol;
}

Result<std::vector<StoredFile>> files_of(const fs::path& root, const SeriesKey& key) {
  const auto directory = directory_of(root, key);
  if (!directory) return forward_error(directory);
  const auto names = names_in(*directory);
  if (!names) return forward_error(names);
  std::vector<StoredFile> files;
  for (const std::string& name : *names) {
    const fs::path path = *directory / name;
    if (path.extension() != kCandleFileExtension) continue;
    if (const auto period = parse_store_period(key.interval, path.stem().string())) files.push_back({path, *period});
  }
  return files;
}

DamagedFile damaged_file(const SeriesKey& key, const std::string& period, const fs::path& path, Error problem) {
  return {
      key.venue.str(), key.symbol.str(), key.interval.name(), "candles", period, path, as_damage(std::move(problem))};
}

}  // namespace clm
