#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "market/import/import_rows.hpp"
#include "market/series/context_series.hpp"

namespace clm {

/// What one needs to know of a whole table to understand its columns.
struct ContextTable {
  std::string file_name;             ///< in small letters
  std::optional<Interval> interval;  ///< that the name states
  std::size_t symbols = 0;           ///< distinct ones in the content
  bool daily_metrics = false;        ///< long/short ratios, one row a day at midnight
};
ContextTable describe_context(const std::vector<ContextRows>& rows, const std::filesystem::path& path,
                              const std::optional<Interval>& stated_interval);

/// What the values of a column are, and when what they describe was over.
struct ContextMeaning {
  SeriesKind kind = SeriesKind::funding_rate;
  /// From the time in the file to the end of what the value describes: 0 where the file has the settlement or the
  /// snapshot (funding rates, open interest, fear and greed), a day for daily means and metrics, which are labelled by
  /// the day they sum up, and the bar's length for mark and index prices and premiums, which carry their open time.
  Duration label_to_end{0};
  std::string finding;  ///< what a person should know of this reading; may be empty
};

/// Errors (data): `import.unknown_format` for a column "value" in a file whose name does not say what it is, and for
/// bars whose length neither the name nor the distance of the rows tells; `import.interval_mismatch` where these
/// disagree.
Result<ContextMeaning> meaning_of(const ContextRows& rows, const ContextTable& table);

}  // namespace clm
