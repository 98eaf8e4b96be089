#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace clm {

/// What to do with a symbol of which something stored is damaged: stop with the error, or leave it out and say so.
enum class IfDamaged { refuse, leave_out };

/// A part of a store that cannot be read as what its place says. `problem` says what is wrong, where, and the way out.
struct DamagedFile {
  std::string venue;     ///< empty for a context series without one
  std::string symbol;    ///< empty if a whole folder cannot be listed; "*" for the whole market
  std::string interval;  ///< "1h"; empty for a context series
  std::string series;    ///< "candles", or the context series' name
  std::string period;    ///< "2023"; empty where a file or folder is not of one period
  std::filesystem::path path;
  Error problem;
};

/// What came of looking at one file of a store, every byte of it.
struct FileCheck {
  std::filesystem::path path;
  std::optional<DamagedFile> damaged;  ///< none: it is sound
  std::string note;                    ///< "no checksum yet" of a file that an earlier release wrote; may be empty
  bool ok() const { return !damaged; }
};

/// The error of reading a file of a store, in the terms of the store: what is to be done about it is to import its
/// source again. One that says so already stays as it is.
Error as_damage(Error error);

/// The note about a file without a checksum, which is read as before.
inline constexpr const char* kNoChecksumYet = "no checksum yet: the next import of its time adds one";

/// "binance-um/1h/BTCUSDT 2023", "funding_rate/BTCUSDT"
std::string title_of(const DamagedFile& file);

/// One line for a person: whose it is, what is wrong, where.
std::string describe(const DamagedFile& file);

/// {venue, symbol, interval, series, period, file, problem:{code, message, where, remedy}}
nlohmann::json to_json(const DamagedFile& file);
nlohmann::json to_json(std::span<const DamagedFile> files);

}  // namespace clm
