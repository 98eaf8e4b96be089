#include "market/batches/batch_log.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "market/batches/batch_lines.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBatchLockName = ".lock";

Status make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (fs::is_directory(folder, failure)) return {};
  return fail(ErrorKind::unavailable, "file.write", "cannot make the folder: " + failure.message(), folder.string(),
              "Check the path and its permissions.");
}

/// The bytes up to the last whole line: what a killed writer began is not said.
std::string_view whole_lines(std::string_view bytes) { return bytes.substr(0, bytes.rfind('\n') + 1); }

/// Takes off what a killed writer began.
Status cut_torn_line(const fs::path& log) {
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  if (!file || file.tellg() <= 0) return {};
  file.seekg(-1, std::ios::end);
  if (file.get() == '\n') return {};
  const auto bytes = read_file(log);
  if (!bytes) return forward_error(bytes);
  std::error_code failure;
  fs::resize_file(log, whole_lines(*bytes).size(), failure);
  if (!failure) return {};
  return fail(ErrorKind::unavailable, "file.write", "cannot cut off a torn line: " + failure.message(), log.string(),
              "Check the permissions of the path.");
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure))
    if (at->is_regular_file(failure)) bytes += at->file_size(failure);
  return bytes;
}

/// The numbers in a log without what the lines say: those of batches that began, in order, and the highest of all.
struct LogScan {
  std::vector<int> begun;
  int highest = 0;
};

template <typename Take>
void for_each_line(std::string_view bytes, const Take& take) {
  for (bytes = whole_lines(bytes); !bytes.empty();) {
    const std::size_t end = bytes.find('\n');
    take(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
  }
}

LogScan scan(std::string_view bytes) {
  LogScan found;
  for_each_line(bytes, [&](std::string_view text) {
    const auto head = decode_head(text);
    if (!head) return;
    found.highest = std::max(found.highest, head->batch);
    if (head->verb == kBegin) found.begun.push_back(head->batch);
  });
  return found;
}

}  // namespace

std::uint64_t BatchLog::bytes() const {
  std::error_code none;
  const auto bytes = fs::file_size(log_file(), none);
  return none ? 0 : bytes;
}

Result<LogContent> BatchLog::read() const {
  LogContent content;
  std::error_code failure;
  if (!fs::exists(log_file(), failure)) return content;
  const auto bytes = read_file(log_file());
  if (!bytes) return forward_error(bytes);
  bool damaged = false;
  for_each_line(*bytes, [&](std::string_view text) {
    const auto line = decode_line(text);
    if (!line || !take_line(*line, content)) {
      damaged = true;
      content.sound_from = content.batches.empty() ? 1 : content.batches.back().number + 1;
    }
  });
  if (!damaged) content.sound_from.reset();
  return content;
}

Status BatchLog::append_locked(int batch, std::string_view verb, const std::string& body) {
  if (auto whole = cut_torn_line(log_file()); !whole) return whole;
  return append_to_file(log_file(), encode_line(batch, verb, body));
}

Result<BatchLog::Begun> BatchLog::begin(const BatchStart& start) {
  if (auto made = make_folder(root_); !made) return forward_error(made);
  const auto lock = FileLock::acquire_within(root_ / kBatchLockName, "noting a batch", limits_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  std::error_code failure;
  std::string log;
  if (fs::exists(log_file(), failure)) {
    auto bytes = read_file(log_file());
    if (!bytes) return forward_error(bytes);
    log = *std::move(bytes);
  }
  const LogScan known = scan(log);
  int number = known.highest + 1;
  // A folder may be there of a batch whose line was lost.
  while (fs::exists(folder_of(number), failure)) ++number;
  if (auto forgotten = forget_oldest(log, known.begun); !forgotten) return forward_error(forgotten);
  if (auto made = make_folder(folder_of(number)); !made) return forward_error(made);
  auto at_work = lock_batch(number);
  if (!at_work) return forward_error(at_work);
  if (auto noted = append_locked(number, kBegin, dump_for_log(encode(start))); !noted) return forward_error(noted);
  return Begun{number, *std::move(at_work)};
}

Status BatchLog::append(int batch, std::string_view verb, const std::string& body) {
  const auto lock = FileLock::acquire_within(root_ / kBatchLockName, "noting a batch", limits_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  return append_locked(batch, verb, body);
}

Result<FileLock> BatchLog::lock_batch(int number) const {
  if (auto made = make_folder(folder_of(number)); !made) return forward_error(made);
  return FileLock::acquire(folder_of(number) / kBatchLockName, "batch " + std::to_string(number));
}

bool BatchLog::is_at_work(int number) const { return FileLock::holder(folder_of(number) / kBatchLockName).has_value(); }

/// Where a limit is passed, a quarter of what it allows becomes free, so that this happens rarely.
Status BatchLog::forget_oldest(const std::string& log, const std::vector<int>& begun) {
  std::uint64_t bytes = bytes_below(root_);
  std::size_t batches = begun.size();
  if (batches < limits_.max_batches && bytes <= limits_.max_bytes) return {};
  std::map<int, std::uint64_t> log_bytes;
  for_each_line(log, [&](std::string_view text) {
    if (const auto head = decode_head(text)) log_bytes[head->batch] += text.size() + 1;
  });
  std::set<int> forgotten;
  for (const int number : begun) {
    if (batches <= 1 || (batches * 4 <= limits_.max_batches * 3 && bytes * 4 <= limits_.max_bytes * 3)) break;
    --batches;
    bytes -= std::min(bytes, bytes_below(folder_of(number)) + log_bytes[number]);
    forgotten.insert(number);
  }
  std::string kept;
  for_each_line(log, [&](std::string_view text) {
    const auto head = decode_head(text);
    if (head && !forgotten.contains(head->batch)) kept.append(text).append("\n");
  });
  if (auto written = write_file_atomic(log_file(), kept); !written) return written;
  std::error_code ignored;
  for (const int number : forgotten) fs::remove_all(folder_of(number), ignored);
  return {};
}

}  // namespace clm
