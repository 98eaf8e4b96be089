#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "market/store/candle_store_files.hpp"

/// Which files of the candle store have been written, so that one that is gone is missed:
/// .written/VENUE/INTERVAL/SYMBOL in the store, a line with the name of a period each. A list is never ahead of the
/// files: a new file is listed once it is visible, and one that is to be removed is taken off before it goes, so a kill
/// in between raises no false alarm. A series that an earlier release wrote has no list until it is written again; what
/// is no name of a period is passed over.
namespace clm {

/// Files of a series that were written and are no longer there, though nobody removed them through the store; in order
/// of time.
std::vector<StoredFile> gone_files(const std::filesystem::path& root, const SeriesKey& key);

/// What reading such a file ends with: `store.gone` (integrity).
Error gone_error(const StoredFile& file, const SeriesKey& key);

/// Lists what lies in the folders of these series. Cost: nothing more than a look where nothing is new. Error
/// `file.write` (unavailable).
Status note_written(const std::filesystem::path& root, const std::set<SeriesKey>& series);

/// Takes periods off the lists. Error as above.
Status forget_written(const std::filesystem::path& root, const std::map<SeriesKey, std::set<std::string>>& periods);

/// Series that have a list, by venue, interval and symbol; those whose folder is gone included.
std::vector<SeriesKey> series_written(const std::filesystem::path& root);

}  // namespace clm
