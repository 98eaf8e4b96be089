#include "market/batches/open_batch.hpp"

#include <algorithm>

#include "base/file_io.hpp"
#include "market/batches/batch_lines.hpp"
#include "market/batches/rows_file.hpp"

namespace clm {

OpenBatch::~OpenBatch() {
  if (!begun_ || rows_files_ > 0) return;
  // Its folder holds nothing but the lock.
  std::error_code ignored;
  std::filesystem::remove_all(log_.folder_of(begun_->number), ignored);
}

Status OpenBatch::begin() {
  if (begun_) return {};
  auto begun = log_.begin(start_);
  if (!begun) return forward_error(begun);
  begun_.emplace(*std::move(begun));
  return {};
}

template <typename Changes>
Status OpenBatch::record_all(std::string_view verb, std::span<const Changes> changes) {
  if (auto begun = begin(); !begun) return begun;
  nlohmann::json line{{"series", nlohmann::json::array()}};
  for (const Changes& of_series : changes) {
    line["series"].push_back(encode(of_series));
    rows_added_ += of_series.rows_added;
    rows_before_ += static_cast<std::int64_t>(of_series.before.size());
  }
  if (std::any_of(changes.begin(), changes.end(), [](const Changes& c) { return !c.before.empty(); })) {
    const std::string name = std::to_string(++rows_files_) + ".parquet";
    const auto bytes = encode_rows_before(changes);
    if (!bytes) return forward_error(bytes);
    if (auto written = write_file_atomic(log_.folder_of(begun_->number) / name, *bytes); !written) return written;
    line["rows"] = name;
  }
  std::string text;
  try {
    text = line.dump();
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorKind::data, "store.name", "a venue or symbol is not UTF-8", {}, "Give it another name.");
  }
  return log_.append(begun_->number, verb, text);
}

Status OpenBatch::record(std::span<const CandleChanges> changes) { return record_all(kCandles, changes); }
Status OpenBatch::record(std::span<const ContextChanges> changes) { return record_all(kContext, changes); }

Result<int> OpenBatch::finish(BatchTotals totals) {
  if (auto begun = begin(); !begun) return forward_error(begun);
  totals.rows_stored = rows_added_;
  (start_.kind == BatchKind::removal ? totals.rows_removed : totals.rows_corrected) = rows_before_;
  if (auto noted = log_.append(begun_->number, kEnd, dump_for_log(encode(totals))); !noted) return forward_error(noted);
  return begun_->number;
}

}  // namespace clm
