#include "market/batches/corrections.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "market/batches/rows_file.hpp"
#include "market/series/candle_columns.hpp"

namespace clm {
namespace {

bool has(const std::vector<int>& ascending, int number) {
  return std::binary_search(ascending.begin(), ascending.end(), number);
}

/// What a batch means to somebody who read at a position; to most it means nothing.
enum class Meaning {
  undone,  ///< what it had done is taken back since
  since    ///< what it did, it did since
};

/// What is known of one symbol's rows.
struct Changes {
  std::map<Timestamp, Candle> was;    ///< rows that were changed since, as they were read
  std::vector<TimeRange> not_there;   ///< where there were none
  std::vector<Timestamp> taken_back;  ///< rows of batches that were undone since
};

/// `before`: what the batch keeps of rows that were there before it; changes are noted in the order they were made.
void note_since(const LoggedCandles& change, const std::vector<Candle>& before, const TimeRange& range,
                Changes& changes) {
  for (const Candle& row : before) {
    const auto is_in = [&](const TimeRange& part) { return part.contains(row.open_time); };
    if (is_in(range) && std::none_of(changes.not_there.begin(), changes.not_there.end(), is_in))
      changes.was.try_emplace(row.open_time, row);
  }
  changes.not_there.insert(changes.not_there.end(), change.added.begin(), change.added.end());
}

void note_taken_back(const LoggedCandles& change, const std::vector<Candle>& before, const TimeRange& range,
                     Changes& changes) {
  for (const Candle& row : before)
    if (range.contains(row.open_time)) changes.taken_back.push_back(row.open_time);
  const Duration bar = change.key.interval.length();
  for (const TimeRange& added : change.added) {
    const std::int64_t passed = std::max<std::int64_t>(0, (range.from - added.from + bar - Duration(1)) / bar);
    for (Timestamp t = added.from + bar * passed; t < std::min(added.to, range.to); t = t + bar)
      changes.taken_back.push_back(t);
  }
}

/// The opens of rows that are not what was read, each once, ascending.
Result<std::vector<Timestamp>> rows_changed(const CandleStore& store, const SeriesKey& key, Changes changes) {
  std::vector<Timestamp> changed = std::move(changes.taken_back);
  if (!changes.was.empty()) {
    const TimeRange span{changes.was.begin()->first, changes.was.rbegin()->first + Duration(1)};
    const auto stored = store.read(key, span, Timestamp::max());
    if (!stored) return forward_error(stored);
    for (const auto& [time, row] : changes.was) {
      const auto now = std::lower_bound(stored->candles.begin(), stored->candles.end(), time,
                                        [](const Candle& one, Timestamp t) { return one.open_time < t; });
      if (now == stored->candles.end() || now->open_time != time || !same_bar(*now, row)) changed.push_back(time);
    }
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

}  // namespace

LogPosition position_of(const BatchLog& log, const LogContent& content) {
  LogPosition position;
  for (const Batch& batch : content.batches) {
    position.last_batch = std::max(position.last_batch, batch.number);
    if (batch.undone)
      position.undone.push_back(batch.number);
    else if (!batch.ended && log.is_at_work(batch.number))
      position.at_work.push_back(batch.number);
  }
  std::sort(position.at_work.begin(), position.at_work.end());
  std::sort(position.undone.begin(), position.undone.end());
  return position;
}

nlohmann::json to_json(const LogPosition& position) {
  return {{"last_batch", position.last_batch}, {"at_work", position.at_work}, {"undone", position.undone}};
}

Result<LogPosition> read_log_position(std::string_view json_text) {
  try {
    const auto document = nlohmann::json::parse(json_text);
    return LogPosition{document.at("last_batch").get<int>(), document.at("at_work").get<std::vector<int>>(),
                       document.at("undone").get<std::vector<int>>()};
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorKind::integrity, "manifest.batches", error.what(), "manifest.json",
                "The version was written by another release; train it again.");
  }
}

Result<std::vector<CorrectedCandles>> corrected_since(const BatchLog& log, const LogContent& content,
                                                      const CandleStore& store, const ReadCandles& read) {
  std::map<int, Meaning> meaning;
  for (const Batch& batch : content.batches) {
    if (batch.number > read.position.last_batch || has(read.position.at_work, batch.number))
      meaning[batch.number] = Meaning::since;
    else if (batch.undone && !has(read.position.undone, batch.number))
      meaning[batch.number] = Meaning::undone;
  }
  std::vector<CorrectedCandles> corrected;
  if (meaning.empty()) return corrected;
  const std::set<Symbol> symbols(read.symbols.begin(), read.symbols.end());
  std::map<SeriesKey, Changes> changes;  // of one venue and interval: ascending by symbol
  for (const LoggedCandles& change : content.candles) {
    const auto found = meaning.find(change.batch);
    if (found == meaning.end() || change.key.venue != read.venue || change.key.interval != read.interval ||
        !symbols.contains(change.key.symbol))
      continue;
    std::vector<Candle> before;
    if (!change.rows_file.empty()) {
      const auto path = log.folder_of(change.batch) / change.rows_file;
      if (auto kept = read_rows_before(path, change.index, before); !kept) return forward_error(kept);
    }
    const auto note = found->second == Meaning::since ? note_since : note_taken_back;
    note(change, before, read.range, changes[change.key]);
  }
  for (auto& [key, of_series] : changes) {
    const auto changed = rows_changed(store, key, std::move(of_series));
    if (!changed) return forward_error(changed);
    if (!changed->empty()) corrected.push_back({key.symbol, std::ssize(*changed), changed->front(), changed->back()});
  }
  return corrected;
}

}  // namespace clm
