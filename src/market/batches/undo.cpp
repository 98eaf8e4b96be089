#include "market/batches/undo.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "market/batches/batch_lines.hpp"
#include "market/batches/row_history.hpp"

namespace clm {
namespace {

constexpr const char* kOtherWay = "Import its sources of before again, or remove rows with: clm data --delete SYMBOL";

tl::unexpected<Error> damaged(const std::string& what, const std::filesystem::path& where) {
  return fail(ErrorKind::integrity, "batch.damaged", what, where.string(), kOtherWay);
}

/// The batch, if it can be undone.
Result<Batch> find_batch(const BatchLog& log, const LogContent& content, int number) {
  const auto found = std::find_if(content.batches.begin(), content.batches.end(),
                                  [&](const Batch& batch) { return batch.number == number; });
  const std::string name = "batch " + std::to_string(number);
  if (found == content.batches.end()) {
    const bool is_old = !content.batches.empty() && number > 0 && number < content.batches.front().number;
    if (is_old)
      return fail(ErrorKind::usage, "batch.forgotten",
                  name + " is too long ago: the log keeps " + std::to_string(log.limits().max_batches) +
                      " batches and " + std::to_string(log.limits().max_bytes >> 20U) + " MiB",
                  log.root().string(), kOtherWay);
    return fail(ErrorKind::usage, "batch.unknown", "there is no " + name, log.root().string(),
                "List them with: clm import --list");
  }
  if (content.sound_from && number < *content.sound_from)
    return damaged("a line of the log is damaged, so that it is not known what " + name + " and later ones changed",
                   log.root() / "log");
  if (found->undone)
    return fail(ErrorKind::usage, "batch.undone", name + " was undone at " + to_string(found->undone->at) + " already",
                {}, "List them with: clm import --list");
  return *found;
}

/// The pasts of the series that a batch touched, with the rows that they need.
template <typename Row, typename Key, typename Logged>
Result<std::map<Key, std::shared_ptr<const RowHistory<Row>>>> histories(const BatchLog& log, const LogContent& content,
                                                                        const std::vector<Logged>& logged, int number) {
  std::set<int> undone;
  for (const Batch& batch : content.batches)
    if (batch.undone) undone.insert(batch.number);
  std::set<Key> keys;
  for (const Logged& change : logged)
    if (change.batch == number) keys.insert(change.key);
  std::map<Key, std::vector<PastChange<Row>>> pasts;
  for (const Logged& change : logged) {
    if (!keys.contains(change.key)) continue;
    PastChange<Row> past{change.batch, undone.contains(change.batch), change.added, {}};
    if (!change.rows_file.empty()) {
      const auto path = log.folder_of(change.batch) / change.rows_file;
      if (auto read = read_rows_before(path, change.index, past.before); !read)
        return damaged(
            "the rows that batch " + std::to_string(change.batch) + " keeps cannot be read: " + read.error().message,
            path);
    }
    pasts[change.key].push_back(std::move(past));
  }
  std::map<Key, std::shared_ptr<const RowHistory<Row>>> result;
  for (auto& [key, past] : pasts) result[key] = std::make_shared<const RowHistory<Row>>(std::move(past), number);
  return result;
}

/// Undoes the part of a batch that lies in one of the stores.
template <typename Row, typename Key, typename Store, typename Changes>
Status undo_in(Store& store, const BatchLog& log, const Changes& changes_of, UndoReport& report) {
  using Edit = RowEdit<Key, Row>;
  const int number = report.batch.number;
  const EditPlan<Edit> plan = [&]() -> Result<std::vector<Edit>> {
    // Read anew: others may have written until the store was locked.
    const auto content = log.read();
    if (!content) return forward_error(content);
    const auto pasts = histories<Row, Key>(log, *content, changes_of(*content), number);
    if (!pasts) return forward_error(pasts);
    std::vector<Edit> edits;
    for (const auto& [key, history] : *pasts) {
      Edit edit{key, history->restored(), history->span(), {}};
      edit.remove = [history = history, &report](Timestamp t) {
        const auto verdict = history->verdict(t);
        if (verdict.fate == RowHistory<Row>::Fate::left) {
          ++report.undone.rows_left;
          report.left_to.insert(verdict.later_batch);
        }
        return verdict.fate == RowHistory<Row>::Fate::removed;
      };
      edits.push_back(std::move(edit));
    }
    return edits;
  };
  const auto edited = store.edit(plan);
  if (!edited) return forward_error(edited);
  report.undone.rows_removed += edited->rows_removed;
  report.undone.rows_restored += edited->rows_put;
  return {};
}

void note_range(std::map<std::string, TouchedSeries>& touched, TouchedSeries series,
                const std::vector<TimeRange>& ranges) {
  const std::string name = series.series + "/" + series.venue + "/" + series.interval + "/" + series.symbol;
  const auto [found, is_new] = touched.try_emplace(name, std::move(series));
  TimeRange& range = found->second.range;
  if (is_new) range = {Timestamp::max(), Timestamp::min()};
  for (const TimeRange& one : ranges) range = {std::min(range.from, one.from), std::max(range.to, one.to)};
}

template <typename Row, typename Logged>
Result<std::vector<TimeRange>> ranges_of(const BatchLog& log, const Logged& change) {
  std::vector<TimeRange> ranges = change.added;
  if (change.rows_file.empty()) return ranges;
  std::vector<Row> rows;
  const auto path = log.folder_of(change.batch) / change.rows_file;
  if (auto read = read_rows_before(path, change.index, rows); !read)
    return damaged(
        "the rows that batch " + std::to_string(change.batch) + " keeps cannot be read: " + read.error().message, path);
  if (!rows.empty()) ranges.push_back({time_of(rows.front()), time_of(rows.back()) + Duration(1)});
  return ranges;
}

}  // namespace

Result<std::vector<TouchedSeries>> series_of_batch(const BatchLog& log, int number) {
  const auto content = log.read();
  if (!content) return forward_error(content);
  std::map<std::string, TouchedSeries> touched;
  for (const LoggedCandles& change : content->candles) {
    if (change.batch != number) continue;
    const auto ranges = ranges_of<Candle>(log, change);
    if (!ranges) return forward_error(ranges);
    note_range(touched, {change.key.venue.str(), change.key.symbol.str(), change.key.interval.name(), "candles", {}},
               *ranges);
  }
  for (const LoggedContext& change : content->context) {
    if (change.batch != number) continue;
    const auto ranges = ranges_of<SeriesPoint>(log, change);
    if (!ranges) return forward_error(ranges);
    note_range(touched,
               {change.key.venue.str(), change.key.symbol.str(), {}, std::string(info_of(change.key.kind).name), {}},
               *ranges);
  }
  std::vector<TouchedSeries> series;
  for (auto& [name, one] : touched) series.push_back(std::move(one));
  return series;
}

Result<UndoReport> undo_batch(BatchLog& log, int number, CandleStore& candles, ContextStore& context, Timestamp at) {
  const auto content = log.read();
  if (!content) return forward_error(content);
  auto batch = find_batch(log, *content, number);
  if (!batch) return forward_error(batch);
  const auto not_at_work = log.lock_batch(number);
  if (!not_at_work) return forward_error(not_at_work);
  auto series = series_of_batch(log, number);
  if (!series) return forward_error(series);

  UndoReport report{*std::move(batch), {at, 0, 0, 0}, {}, *std::move(series)};
  const auto candle_changes = [](const LogContent& c) -> const std::vector<LoggedCandles>& { return c.candles; };
  const auto context_changes = [](const LogContent& c) -> const std::vector<LoggedContext>& { return c.context; };
  if (auto undone = undo_in<Candle, SeriesKey>(candles, log, candle_changes, report); !undone)
    return forward_error(undone);
  if (auto undone = undo_in<SeriesPoint, ContextKey>(context, log, context_changes, report); !undone)
    return forward_error(undone);
  if (auto noted = log.append(number, kUndone, dump_for_log(encode(report.undone))); !noted)
    return forward_error(noted);
  // A folder that holds nothing but the lock is no longer needed.
  std::error_code ignored;
  const auto folder = log.folder_of(number);
  if (std::distance(std::filesystem::directory_iterator(folder, ignored), {}) <= 1)
    std::filesystem::remove_all(folder, ignored);
  return report;
}

}  // namespace clm
