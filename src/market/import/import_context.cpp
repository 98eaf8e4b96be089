#include "market/import/import_context.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace clm {
namespace {

bool is_ratio(const std::string& name) { return name.ends_with("_ratio"); }

bool stands_at_midnights(const ContextRows& rows) {
  return std::all_of(rows.values.begin(), rows.values.end(),
                     [](const auto& value) { return value.first.ms() % kDay.count() == 0; });
}

bool is_of_bars(SeriesKind kind) {
  return kind == SeriesKind::mark_price || kind == SeriesKind::index_price || kind == SeriesKind::premium_index;
}

std::optional<Duration> commonest_distance(const ContextRows& rows) {
  std::map<std::int64_t, std::size_t> distances;
  for (std::size_t i = 1; i < rows.values.size(); ++i) {
    const std::int64_t distance = (rows.values[i].first - rows.values[i - 1].first).count();
    if (distance > 0) ++distances[distance];
  }
  if (distances.empty()) return std::nullopt;
  return Duration(std::max_element(distances.begin(), distances.end(), [](const auto& a, const auto& b) {
                    return a.second < b.second;
                  })->first);
}

/// How long the bars last. One that is said to be shorter than it is would be known before its close.
Result<Duration> bar_length(const ContextRows& rows, const ContextTable& table) {
  const std::optional<Duration> apart = commonest_distance(rows);
  if (!table.interval) {
    if (apart) return *apart;
    return fail(ErrorKind::data, "import.unknown_format", "a single bar does not tell its length", {},
                "Name the file with the interval, for example um-mark-8h.csv.");
  }
  const Duration stated = table.interval->length();
  // Of few rows holes may make all distances longer, by whole bars.
  constexpr std::size_t kFewestToJudge = 4;
  const bool refuted =
      apart && (rows.values.size() >= kFewestToJudge ? *apart != stated : apart->count() % stated.count() != 0);
  if (refuted)
    return fail(ErrorKind::data, "import.interval_mismatch",
                "rows are " + to_string(*apart) + " apart, but the interval is said to be " + table.interval->name(),
                {}, "Correct the file's name, or the interval given.");
  return stated;
}

}  // namespace

ContextTable describe_context(const std::vector<ContextRows>& rows, const std::filesystem::path& path,
                              const std::optional<Interval>& stated_interval) {
  ContextTable table;
  table.file_name = path.filename().string();
  for (char& c : table.file_name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  table.interval = stated_interval;
  std::set<std::string> symbols;
  for (const ContextRows& one : rows) symbols.insert(one.symbol);
  table.symbols = symbols.size();
  table.daily_metrics = std::any_of(rows.begin(), rows.end(), [](const auto& one) { return is_ratio(one.name); }) &&
                        std::all_of(rows.begin(), rows.end(), stands_at_midnights);
  return table;
}

Result<ContextMeaning> meaning_of(const ContextRows& rows, const ContextTable& table) {
  if (rows.name == "funding_daily_mean")
    return ContextMeaning{SeriesKind::funding_rate_daily_mean, kDay,
                          "daily means of the funding rate: known at the end of their day, and no funding_rate"};
  if (rows.name == "value") {
    if (table.file_name.find("fear") != std::string::npos)
      return ContextMeaning{SeriesKind::fear_greed, Duration(0), {}};
    return fail(ErrorKind::data, "import.unknown_format",
                "a column 'value', of which neither the header nor the file's name says what it is", {},
                "Name the file after the index, for example fear-greed-1d.csv.");
  }
  const Result<SeriesKind> kind = parse_series_kind(rows.name);
  if (!kind) return forward_error(kind);
  if (is_of_bars(*kind)) {
    const Result<Duration> bar = bar_length(rows, table);
    if (!bar) return forward_error(bar);
    return ContextMeaning{*kind, *bar, {}};
  }
  if (table.daily_metrics)
    return ContextMeaning{*kind, kDay, "one row a day: daily values, known at the end of their day"};
  return ContextMeaning{*kind, Duration(0), {}};
}

}  // namespace clm
