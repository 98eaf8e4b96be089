#include "market/import/import_prepare.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "market/import/import_context.hpp"
#include "market/import/import_file.hpp"
#include "market/import/import_name.hpp"
#include "market/import/import_series.hpp"

namespace clm {
namespace {

tl::unexpected<Error> at_file(Error error, const std::filesystem::path& path) {
  error.where = error.where.empty() ? path.string() : path.string() + ", " + error.where;
  return tl::unexpected<Error>(std::move(error));
}

/// Error `import.not_candles` for a file whose name says that it holds what is not kept.
Status check_content(NamedContent content) {
  if (content != NamedContent::trades && content != NamedContent::option) return {};
  return fail(ErrorKind::data, "import.not_candles",
              content == NamedContent::trades ? "its name says single trades or quotes, not candles"
                                              : "its name says prices of an option, not candles of a market",
              {}, "Give candles or context series.");
}

BarMeaning bar_meaning(NamedContent content) {
  switch (content) {
    case NamedContent::mark_price: return {"mark_price", BarMeaning::Value::close};
    case NamedContent::index_price: return {"index_price", BarMeaning::Value::close};
    case NamedContent::premium_index: return {"premium_index", BarMeaning::Value::close};
    case NamedContent::funding_rate: return {"funding_rate", BarMeaning::Value::open};
    case NamedContent::unsaid:
    case NamedContent::trades:
    case NamedContent::option: break;
  }
  return {};
}

/// Nobody pays all that a position is worth: such a "rate" is a price.
void quarantine_impossible_rates(FileContent& content) {
  constexpr double kImpossibleRate = 1.0;
  for (ContextRows& rows : content.context) {
    if (!rows.name.starts_with("funding")) continue;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.values.size(); ++i) {
      if (std::fabs(rows.values[i].second) >= kImpossibleRate) {
        content.quarantine.add(rows.lines[i], "a funding rate of 100 % or more cannot be");
        continue;
      }
      rows.values[kept] = rows.values[i];
      rows.lines[kept++] = rows.lines[i];
    }
    rows.values.resize(kept);
    rows.lines.resize(kept);
  }
  std::erase_if(content.context, [](const ContextRows& rows) { return rows.values.empty(); });
}

/// Binance's dumps of mark and index prices count what they were computed from where others count trades. Error
/// `import.untraded_bars` for a file all of whose bars are so.
Status check_traded(const CandleRows& rows) {
  const auto is_computed = [](const Candle& bar) { return bar.volume == 0.0 && bar.trades > 0.0; };
  if (rows.candles.empty() || !std::all_of(rows.candles.begin(), rows.candles.end(), is_computed)) return {};
  return fail(
      ErrorKind::data, "import.untraded_bars",
      "bars without volume that count trades: mark prices, prices of an index, or premiums", {},
      "Leave them in Binance's folder (markPriceKlines, indexPriceKlines, premiumIndexKlines), or name the file "
      "for what it is, such as BTCUSDT-1h-mark.csv.");
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
    if (const Status traded = check_traded(rows); !traded) return traded;
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

Status settle_all_context(const std::filesystem::path& path, const ImportOptions& options, const NameHints& hints,
                          FileContent& content, PreparedFile& prepared) {
  const ContextTable table =
      describe_context(content.context, path, options.interval ? options.interval : hints.interval);
  for (ContextRows& rows : content.context) {
    const Result<ContextMeaning> meaning = meaning_of(rows, table);
    if (!meaning) return forward_error(meaning);
    Symbol symbol = kWholeMarket;
    if (meaning->kind != SeriesKind::fear_greed) {
      const Result<std::string> settled = settle_symbol(rows.symbol, hints.symbol, table.symbols == 1);
      if (!settled) return forward_error(settled);
      symbol = Symbol(*settled);
    }
    prepared.rows_duplicate += settle_context(rows, meaning->label_to_end, options.now, prepared.quarantine);
    if (rows.values.empty()) continue;
    const Venue venue(symbol == kWholeMarket ? std::string() : prepared.venue);
    ContextSeries series{meaning->kind, symbol, {}, venue};
    series.points.reserve(rows.values.size());
    for (const auto& [time, value] : rows.values) append(series, time + meaning->label_to_end, value);
    prepared.info.series.push_back({venue.str(), symbol.str(), "", std::string(info_of(meaning->kind).name),
                                    rows.values.size(), series.points.front().event_time,
                                    series.points.back().event_time});
    prepared.context.push_back(std::move(series));
    const std::vector<std::string>& known = prepared.info.findings;
    if (!meaning->finding.empty() && std::find(known.begin(), known.end(), meaning->finding) == known.end())
      prepared.info.findings.push_back(meaning->finding);
  }
  return {};
}

}  // namespace

Result<PreparedFile> prepare_file(const std::filesystem::path& path, const ImportOptions& options) {
  const NameHints hints = hints_from_path(path);
  if (const Status wanted = check_content(hints.content); !wanted) return at_file(wanted.error(), path);
  Result<FileContent> content = read_market_file(path, options.limits, bar_meaning(hints.content));
  if (!content) return forward_error(content);
  quarantine_impossible_rates(*content);

  PreparedFile prepared(std::move(content->quarantine));
  prepared.venue = options.venue ? options.venue->str() : hints.venue.value_or("import");
  prepared.info.file = path.string();
  prepared.info.format = content->format;
  prepared.info.rows_read = content->rows_read;
  Status settled = settle_all_candles(options, hints, *content, prepared);
  if (settled) settled = settle_all_context(path, options, hints, *content, prepared);
  if (!settled) return at_file(settled.error(), path);

  prepared.info.rows_quarantined = prepared.quarantine.count();
  for (QuarantinedRow& row : prepared.quarantine.rows()) row.file = prepared.info.file;
  if (prepared.info.series.empty()) prepared.info.findings.push_back("no row of this file could be used");
  return prepared;
}

}  // namespace clm
