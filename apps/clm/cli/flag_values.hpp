#pragma once
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "market/series/candle.hpp"

namespace clm::app {

/// A time as a person wrote it behind `flag`. Error `time.syntax` (usage), which names the flag.
Result<Timestamp> time_of(const std::string& flag, const std::string& text);

/// The times behind --from and --to. Errors `time.syntax`, `time.range` (usage): it ends when or before it begins.
Result<TimeRange> range_of(const std::string& from, const std::string& to);

/// The bar length behind --interval. Error `interval.unknown` (usage).
Result<Interval> interval_of(const std::string& text);

/// The venue behind --venue: a name, and no path. Error `venue.name` (usage).
Result<Venue> venue_of(const std::string& text);

/// Whether a file can be made there, to be asked before the work that fills it: its folder is there, is one, and may
/// be written to, and the path is neither itself a folder nor a file that a workspace keeps. Error `output.path`
/// (usage), which names `flag`.
Status check_output_file(const std::string& flag, const std::filesystem::path& file);

/// Whether versions of that recipe could be stored: a type that is trained, with or without the name of a recipe behind
/// it ("lightgbm/yearly"), or `ensemble`; empty stands for all. Error `model.type` (usage), which names the nearest
/// types.
Status check_recipe(const std::string& where, const std::string& recipe);

}  // namespace clm::app
