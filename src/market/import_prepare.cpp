#include "market/import_prepare.hpp"

#include <algorithm>
#include <utility>

#include "market/import_context.hpp"
#include "market/import_file.hpp"
#include "market/import_name.hpp"
#include "market/import_series.hpp"

namespace clm {
namespace {

tl::unexpected<Error> at_file(Error error, const std::filesystem::path& path) {
  error.where = error.where.empty() ? path.string() : path.string() + ", " + error.where;
  return tl::unexpected<Error>(std::move(error));
}

/// Which symbol a file's rows belong to, from what they say themselves and what the name says.
Result<std::string> settle_symbol(const std::string& in_content, const std::optional<std::string>& in_name,
                                  bool is_only_symbol) {
  if (in_content.empty()) {
    if (in_name) return *in_name;
    return fail(ErrorKind::data, "import.no_symbol", "neither the content nor the file's name says which symbol it is",
                {}, "Name the file SYMBOL-INTERVAL, for example BTCUSDT-1h.csv.");
  }
  const std::optional<std::string> symbol = normal_symbol(in_content);
  if (!symbol)
    return fail(ErrorKind::data, "import.no_symbol", "'" + shown(in_content) + "' is not a symbol", {},
                "Symbols are 1 to 32 letters and digits.");
  if (is_only_symbol && in_name && *in_name != *symbol)
    return fail(ErrorKind::data, "import.symbol_mismatch",
                "the content is of " + *symbol + ", but the file's name says " + *in_name, {},
                "Correct the file's name, or find out whose candles these are.");
  return *symbol;
}

Result<std::optional<Interval>> stated_interval(const ImportOptions& options, const FileContent& content,
                                                const NameHints& hints) {
  const std::optional<Interval> by_person_or_name = options.interval ? options.interval : hints.interval;
  if (content.interval && by_person_or_name && *content.interval != *by_person_or_name)
    return fail(ErrorKind::data, "import.interval_mismatch",
                "the content states the interval " + content.interval->name() + ", but " +
                    (options.interval ? "the one given" : "the file's name") + " is " + by_person_or_name->name(),
                {}, "Correct the file's name, or leave the interval to the file.");
  return by_person_or_name ? by_person_or_name : content.interval;
}

Status settle_all_candles(const ImportOptions& options, const NameHints& hints, FileContent& content,
                          PreparedFile& prepared) {
  const Result<std::optional<Interval>> stated = stated_interval(options, content, hints);
  if (!stated) return forward_error(stated);
  for (CandleRows& rows : content.candles) {
    if (rows.candles.empty()) continue;
    const Result<std::string> symbol = settle_symbol(rows.symbol, hints.symbol, content.candles.size() == 1);
    if (!symbol) return forward_error(symbol);
    Result<SettledCandles> settled = settle_candles(std::move(rows), *stated, options.now, prepared.quarantine);
    if (!settled) return forward_error(settled);
    prepared.rows_duplicate += settled->rows_duplicate;
    if (settled->candles.empty()) continue;
    for (std::string& finding : settled->findings) prepared.info.findings.push_back(std::move(finding));
    prepared.info.series.push_back({prepared.venue, *symbol, settled->interval.name(), "candles",
                                    settled->candles.size(), settled->candles.front().open_time,
                                    settled->candles.back().open_time});
    prepared.candles.push_back(
        {SeriesKey{Venue(prepared.venue), Symbol(*symbol), settled->interval}, std::move(settled->candles)});
  }
  return {};
}

Status settle_all_context(const std::filesystem::path& path, const NameHints& hints, Timestamp now,
                          FileContent& content, PreparedFile& prepared) {
  const ContextTable table = describe_context(content.context, path, hints.interval);
  for (ContextRows& rows : content.context) {
    const Result<ContextMeaning> meaning = meaning_of(rows, table);
    if (!meaning) return forward_error(meaning);
    Symbol symbol = kWholeMarket;
    if (meaning->kind != SeriesKind::fear_greed) {
      const Result<std::string> settled = settle_symbol(rows.symbol, hints.symbol, table.symbols == 1);
      if (!settled) return forward_error(settled);
      symbol = Symbol(*settled);
    }
    prepared.rows_duplicate += settle_context(rows, meaning->label_to_end, now, prepared.quarantine);
    if (rows.values.empty()) continue;
    ContextSeries series{meaning->kind, symbol, {}};
    series.points.reserve(rows.values.size());
    for (const auto& [time, value] : rows.values) append(series, time + meaning->label_to_end, value);
    prepared.info.series.push_back({"", symbol.str(), "", std::string(info_of(meaning->kind).name), rows.values.size(),
                                    series.points.front().event_time, series.points.back().event_time});
    prepared.context.push_back(std::move(series));
    const std::vector<std::string>& known = prepared.info.findings;
    if (!meaning->finding.empty() && std::find(known.begin(), known.end(), meaning->finding) == known.end())
      prepared.info.findings.push_back(meaning->finding);
  }
  return {};
}

}  // namespace

Result<PreparedFile> prepare_file(const std::filesystem::path& path, const ImportOptions& options) {
  Result<FileContent> content = read_market_file(path, options.limits);
  if (!content) return forward_error(content);
  const NameHints hints = hints_from_path(path);

  PreparedFile prepared(std::move(content->quarantine));
  prepared.venue = options.venue ? options.venue->str() : hints.venue.value_or("import");
  prepared.info.file = path.string();
  prepared.info.format = content->format;
  prepared.info.rows_read = content->rows_read;
  Status settled = settle_all_candles(options, hints, *content, prepared);
  if (settled) settled = settle_all_context(path, hints, options.now, *content, prepared);
  if (!settled) return at_file(settled.error(), path);

  prepared.info.rows_quarantined = prepared.quarantine.count();
  for (QuarantinedRow& row : prepared.quarantine.rows()) row.file = prepared.info.file;
  if (prepared.info.series.empty()) prepared.info.findings.push_back("no row of this file could be used");
  return prepared;
}

}  // namespace clm
