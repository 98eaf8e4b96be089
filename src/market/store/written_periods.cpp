#include "market/store/written_periods.hpp"

#include <algorithm>
#include <sstream>

#include "base/file_io.hpp"
#include "market/store/candle_file.hpp"
#include "market/store/pending_files.hpp"
#include "market/store/store_name.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kListsFolder = ".written";
// A day of 1s bars a file, for a century.
constexpr std::size_t kMostPeriods = 36'600;

Result<fs::path> list_of(const fs::path& root, const SeriesKey& key) {
  const auto folder = directory_of(root, key);
  if (!folder) return forward_error(folder);
  return root / kListsFolder / folder->lexically_relative(root);
}

std::set<std::string> listed_periods(const fs::path& list, const Interval& interval) {
  std::set<std::string> periods;
  std::error_code failure;
  if (!fs::is_regular_file(list, failure)) return periods;
  const auto text = read_file(list);
  if (!text) return periods;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line) && periods.size() < kMostPeriods;)
    if (parse_store_period(interval, line)) periods.insert(line);
  return periods;
}

Status put_list(PendingFiles& pending, const fs::path& list, const std::set<std::string>& periods) {
  if (periods.empty()) {
    pending.remove(list);
    return {};
  }
  std::string text;
  for (const std::string& period : periods) text += period + "\n";
  return pending.put(list, text);
}

}  // namespace

std::vector<StoredFile> gone_files(const fs::path& root, const SeriesKey& key) {
  std::vector<StoredFile> gone;
  const auto list = list_of(root, key);
  const auto folder = directory_of(root, key);
  if (!list || !folder) return gone;
  std::error_code failure;
  for (const std::string& name : listed_periods(*list, key.interval)) {
    const fs::path path = *folder / (name + kCandleFileExtension);
    const fs::file_status found = fs::symlink_status(path, failure);
    // Where a look is refused, reading says so.
    if (found.type() == fs::file_type::not_found) gone.push_back({path, *parse_store_period(key.interval, name)});
  }
  // Another process may have removed it in between; then it is no longer listed.
  if (!gone.empty()) {
    const auto still = listed_periods(*list, key.interval);
    std::erase_if(gone, [&](const StoredFile& file) { return !still.contains(file.period.name); });
  }
  return gone;
}

Error gone_error(const StoredFile& file, const SeriesKey& key) {
  return {ErrorKind::integrity, "store.gone", "its file is gone, and nobody removed it through the store",
          file.path.string(),
          "Import its time again: that puts a new file in its place; or, to go on without it: " +
              removal_command(key, file.period.range)};
}

Status note_written(const fs::path& root, const std::set<SeriesKey>& series) {
  PendingFiles pending;
  for (const SeriesKey& key : series) {
    const auto list = list_of(root, key);
    if (!list) return forward_error(list);
    const auto files = files_of(root, key);
    if (!files) return forward_error(files);
    std::set<std::string> periods = listed_periods(*list, key.interval);
    const std::size_t known = periods.size();
    for (const StoredFile& file : *files) periods.insert(file.period.name);
    if (periods.size() == known) continue;
    if (auto put = put_list(pending, *list, periods); !put) return put;
  }
  return pending.publish();
}

Status forget_written(const fs::path& root, const std::map<SeriesKey, std::set<std::string>>& forgotten) {
  PendingFiles pending;
  for (const auto& [key, named] : forgotten) {
    const auto list = list_of(root, key);
    if (!list) return forward_error(list);
    std::set<std::string> periods = listed_periods(*list, key.interval);
    std::size_t erased = 0;
    for (const std::string& name : named) erased += periods.erase(name);
    if (erased == 0) continue;
    if (auto put = put_list(pending, *list, periods); !put) return put;
  }
  return pending.publish();
}

std::vector<SeriesKey> series_written(const fs::path& root) {
  std::vector<SeriesKey> series;
  const fs::path lists = root / kListsFolder;
  const auto names = [](const fs::path& folder) {
    auto found = names_in(folder);
    return found ? *std::move(found) : std::vector<std::string>();
  };
  for (const std::string& venue_name : names(lists)) {
    const auto venue = from_file_name(venue_name);
    if (!venue) continue;
    for (const std::string& interval_name : names(lists / venue_name)) {
      const auto interval = Interval::parse(interval_name);
      if (!interval) continue;
      for (const std::string& symbol_name : names(lists / venue_name / interval_name))
        if (const auto symbol = from_file_name(symbol_name))
          series.push_back({Venue(*venue), Symbol(*symbol), *interval});
    }
  }
  return series;
}

}  // namespace clm
