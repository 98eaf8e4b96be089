#include "market/batches/batch_lines.hpp"

#include <algorithm>
#include <charconv>

#include "base/hash.hpp"

namespace clm {
namespace {
using Json = nlohmann::json;

constexpr std::size_t kMostTexts = 20;

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex_digest().substr(0, kHashDigits);
}

Json first_texts(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(texts.size(), kMostTexts); ++i) list.push_back(texts[i]);
  return list;
}

Json encode_ranges(const std::vector<TimeRange>& ranges) {
  Json list = Json::array();
  for (const TimeRange& range : ranges) list.push_back({range.from.ms(), range.to.ms()});
  return list;
}

std::vector<TimeRange> decode_ranges(const Json& list) {
  std::vector<TimeRange> ranges;
  for (const Json& range : list)
    ranges.push_back({Timestamp(range.at(0).get<std::int64_t>()), Timestamp(range.at(1).get<std::int64_t>())});
  return ranges;
}

std::optional<BatchKind> parse_kind(const std::string& name) {
  for (const BatchKind kind : {BatchKind::import, BatchKind::fetch, BatchKind::simulate, BatchKind::removal})
    if (to_string(kind) == name) return kind;
  return std::nullopt;
}

Batch* find(LogContent& content, int number) {
  const auto found = std::find_if(content.batches.rbegin(), content.batches.rend(),
                                  [&](const Batch& batch) { return batch.number == number; });
  return found == content.batches.rend() ? nullptr : &*found;
}

bool take_begin(const BatchLine& line, LogContent& content) {
  const auto kind = parse_kind(line.body.at("kind").get<std::string>());
  if (!kind) return false;
  Batch batch;
  batch.number = line.batch;
  batch.start = {*kind, line.body.at("sources").get<std::vector<std::string>>(),
                 Timestamp(line.body.at("at").get<std::int64_t>())};
  content.batches.push_back(std::move(batch));
  return true;
}

void take_end(const Json& body, Batch& batch) {
  BatchTotals& totals = batch.totals;
  totals.files = body.at("files").get<std::int64_t>();
  totals.symbols = body.at("symbols").get<std::int64_t>();
  totals.rows_stored = body.at("rows_stored").get<std::int64_t>();
  totals.rows_corrected = body.at("rows_corrected").get<std::int64_t>();
  totals.rows_removed = body.at("rows_removed").get<std::int64_t>();
  totals.rows_quarantined = body.at("rows_quarantined").get<std::int64_t>();
  totals.reasons = body.at("reasons").get<std::vector<std::string>>();
  batch.ended = true;
}

/// What a batch has changed so far, for one that does not come to its end.
void count(const Json& series, Batch& batch) {
  batch.totals.rows_stored += series.at("rows_added").get<std::int64_t>();
  const auto before = series.at("rows_before").get<std::int64_t>();
  (batch.start.kind == BatchKind::removal ? batch.totals.rows_removed : batch.totals.rows_corrected) += before;
}

template <typename Change, typename KeyOf>
bool take_changes(const BatchLine& line, Batch* batch, std::vector<Change>& changes, const KeyOf& key_of) {
  std::int64_t index = 0;
  for (const Json& series : line.body.at("series")) {
    Change change;
    change.batch = line.batch;
    const auto key = key_of(series);
    if (!key) return false;
    change.key = *key;
    change.added = decode_ranges(series.at("added"));
    if (series.at("rows_before").get<std::int64_t>() > 0) change.rows_file = line.body.at("rows").get<std::string>();
    change.index = index++;
    if (batch != nullptr && !batch->ended) count(series, *batch);
    changes.push_back(std::move(change));
  }
  return true;
}

std::optional<SeriesKey> candle_key(const Json& series) {
  const auto interval = Interval::parse(series.at("interval").get<std::string>());
  if (!interval) return std::nullopt;
  return SeriesKey{Venue(series.at("venue").get<std::string>()), Symbol(series.at("symbol").get<std::string>()),
                   *interval};
}

std::optional<ContextKey> context_key(const Json& series) {
  const auto kind = parse_series_kind(series.at("kind").get<std::string>());
  if (!kind) return std::nullopt;
  return ContextKey{*kind, Symbol(series.at("symbol").get<std::string>()), Venue(series.value("venue", std::string()))};
}

template <typename Key, typename Row>
Json with_rows(Json document, const RowChanges<Key, Row>& changes) {
  document["added"] = encode_ranges(changes.added);
  document["rows_added"] = changes.rows_added;
  document["rows_before"] = changes.before.size();
  return document;
}

}  // namespace

std::string_view to_string(BatchKind kind) {
  switch (kind) {
    case BatchKind::import: return "import";
    case BatchKind::fetch: return "fetch";
    case BatchKind::simulate: return "simulate";
    case BatchKind::removal: break;
  }
  return "delete";
}

std::string encode_line(int batch, std::string_view verb, const std::string& body) {
  const std::string text = std::to_string(batch) + " " + std::string(verb) + " " + body;
  return hash_of(text) + " " + text + "\n";
}

std::optional<BatchLineHead> decode_head(std::string_view line) {
  if (line.size() < kHashDigits + 1 || line[kHashDigits] != ' ') return std::nullopt;
  const std::string_view text = line.substr(kHashDigits + 1);
  if (hash_of(text) != line.substr(0, kHashDigits)) return std::nullopt;
  const std::size_t number_end = text.find(' ');
  if (number_end == std::string_view::npos) return std::nullopt;
  const std::size_t verb_end = text.find(' ', number_end + 1);
  if (verb_end == std::string_view::npos) return std::nullopt;
  BatchLineHead head;
  const auto parsed = std::from_chars(text.data(), text.data() + number_end, head.batch);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + number_end) return std::nullopt;
  head.verb = text.substr(number_end + 1, verb_end - number_end - 1);
  head.body = text.substr(verb_end + 1);
  return head;
}

std::optional<BatchLine> decode_line(std::string_view line) {
  const auto head = decode_head(line);
  if (!head) return std::nullopt;
  BatchLine decoded{head->batch, std::string(head->verb), Json::parse(head->body, nullptr, false)};
  if (decoded.body.is_discarded()) return std::nullopt;
  return decoded;
}

std::string dump_for_log(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json encode(const BatchStart& start) {
  return {{"kind", to_string(start.kind)}, {"at", start.at.ms()}, {"sources", first_texts(start.sources)}};
}

Json encode(const BatchTotals& totals) {
  return {{"files", totals.files},
          {"symbols", totals.symbols},
          {"rows_stored", totals.rows_stored},
          {"rows_corrected", totals.rows_corrected},
          {"rows_removed", totals.rows_removed},
          {"rows_quarantined", totals.rows_quarantined},
          {"reasons", first_texts(totals.reasons)}};
}

Json encode(const BatchUndone& undone) {
  return {{"at", undone.at.ms()},
          {"rows_removed", undone.rows_removed},
          {"rows_restored", undone.rows_restored},
          {"rows_left", undone.rows_left}};
}

Json encode(const CandleChanges& changes) {
  return with_rows({{"venue", changes.key.venue.str()},
                    {"interval", changes.key.interval.name()},
                    {"symbol", changes.key.symbol.str()}},
                   changes);
}

Json encode(const ContextChanges& changes) {
  Json document{{"kind", info_of(changes.key.kind).name}, {"symbol", changes.key.symbol.str()}};
  if (!changes.key.venue.empty()) document["venue"] = changes.key.venue.str();
  return with_rows(std::move(document), changes);
}

bool take_line(const BatchLine& line, LogContent& content) {
  try {
    Batch* const batch = find(content, line.batch);
    if (line.verb == kBegin) return take_begin(line, content);
    if (line.verb == kCandles) return take_changes(line, batch, content.candles, candle_key);
    if (line.verb == kContext) return take_changes(line, batch, content.context, context_key);
    if (batch == nullptr) return true;  // of one that is forgotten
    if (line.verb == kEnd) take_end(line.body, *batch);
    if (line.verb == kUndone)
      batch->undone = BatchUndone{
          Timestamp(line.body.at("at").get<std::int64_t>()), line.body.at("rows_removed").get<std::int64_t>(),
          line.body.at("rows_restored").get<std::int64_t>(), line.body.at("rows_left").get<std::int64_t>()};
    return line.verb == kEnd || line.verb == kUndone;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace clm
