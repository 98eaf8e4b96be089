#include "market/import/import.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "market/import/import_prepare.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostFilesInBatch = 16;
constexpr std::uint64_t kMostBytesInBatch = std::uint64_t{16} << 20;

/// A file to import, and whether it was named by the person or met in a directory.
struct FoundFile {
  fs::path path;
  enum class Origin { named, walked } origin = Origin::named;
};

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

/// The files of a directory in sorted order. What cannot be listed is reported, not passed over.
void walk(const fs::path& directory, std::vector<FoundFile>& found, std::vector<FailedFile>& failed) {
  std::error_code failure;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator at(directory, failure), end; !failure && at != end; at.increment(failure))
    if (!is_hidden(at->path())) entries.push_back(*at);
  if (failure) {
    const bool denied = failure == std::errc::permission_denied;
    failed.push_back({directory.string(), Error{ErrorKind::unavailable, denied ? "import.permission" : "import.read",
                                                "cannot list the directory: " + failure.message(), directory.string(),
                                                "Make it readable for the user who imports."}});
    return;
  }
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    // A link to a directory could lead in a circle.
    if (entry.is_directory(failure) && !entry.is_symlink(failure))
      walk(entry.path(), found, failed);
    else if (!entry.is_directory(failure))
      found.push_back({entry.path(), FoundFile::Origin::walked});
  }
}

/// Where the next batch ends.
std::size_t batch_end(const std::vector<FoundFile>& files, std::size_t begin) {
  std::uint64_t bytes = 0;
  std::size_t end = begin;
  while (end < files.size() && end - begin < kMostFilesInBatch) {
    std::error_code failure;
    const std::uintmax_t size = fs::file_size(files[end].path, failure);
    bytes += failure ? 0 : size;
    if (end > begin && bytes > kMostBytesInBatch) break;
    ++end;
  }
  return end;
}

/// Puts prepared files into the stores and keeps the report, strictly in the order of the files.
class ImportRun {
 public:
  ImportRun(CandleStore& candles, ContextStore& context, const ImportOptions& options)
      : candles_(candles), context_(context), options_(options) {}

  Status store(std::vector<PreparedFile>& files) {
    std::vector<CandleSeries> series;
    std::vector<PreparedFile*> file_of;
    for (PreparedFile& file : files)
      for (CandleSeries& one : file.candles) {
        series.push_back(std::move(one));
        file_of.push_back(&file);
      }
    if (!series.empty()) {
      const Result<std::vector<StoreResult>> stored = candles_.write_all(series, {options_.jumps});
      if (!stored) return forward_error(stored);
      for (std::size_t i = 0; i < stored->size(); ++i) {
        add((*stored)[i]);
        quarantine_refused(series[i], (*stored)[i], *file_of[i]);
      }
    }
    std::vector<ContextSeries> context;
    for (PreparedFile& file : files)
      for (ContextSeries& one : file.context) context.push_back(std::move(one));
    if (!context.empty()) {
      const Result<std::vector<StoreResult>> stored = context_.write_all(context);
      if (!stored) return forward_error(stored);
      for (const StoreResult& one : *stored) add(one);
    }
    for (PreparedFile& file : files) add(std::move(file));
    return {};
  }

  void add_failure(const FoundFile& file, Error error) {
    const bool no_market_data = error.code == "import.unknown_format" || error.code == "import.not_candles";
    const bool skip = no_market_data && file.origin == FoundFile::Origin::walked;
    (skip ? report_.skipped : report_.failed).push_back({file.path.string(), std::move(error)});
  }

  ImportReport take() && {
    report_.symbols = symbols_.size();
    return std::move(report_);
  }

 private:
  void add(const StoreResult& stored) {
    report_.rows_stored += static_cast<std::uint64_t>(stored.rows_stored);
    report_.rows_duplicate += static_cast<std::uint64_t>(stored.rows_duplicate);
    report_.rows_corrected += static_cast<std::uint64_t>(stored.rows_corrected);
    for (const RepairedFile& repaired : stored.repaired) add_repaired(report_.repaired, repaired);
  }

  void quarantine_refused(const CandleSeries& series, const StoreResult& stored, PreparedFile& file) {
    if (stored.rows_refused == 0) return;
    const auto refused = static_cast<std::uint64_t>(stored.rows_refused);
    const std::string rows = stored.rows_refused == 1 ? "1 row" : std::to_string(refused) + " rows";
    const std::string of = refused == series.candles.size() && refused > 1 ? "all " + rows : rows;
    file.quarantine.add_all(refused, of + " cannot be " + to_string(series.key) + ": " + stored.refusal);
    file.info.rows_quarantined += refused;
    if (!file.quarantine.rows().empty()) file.quarantine.rows().back().file = file.info.file;
    report_.rows_jumping += refused;
  }

  void add(PreparedFile&& file) {
    ++report_.files;
    report_.rows_read += file.info.rows_read;
    report_.rows_duplicate += file.rows_duplicate;
    report_.rows_quarantined += file.info.rows_quarantined;
    for (QuarantinedRow& row : file.quarantine.rows())
      if (report_.quarantine.size() < options_.limits.max_quarantine_listed)
        report_.quarantine.push_back(std::move(row));
    for (const ImportedSeries& series : file.info.series)
      if (series.symbol != kWholeMarket.str()) symbols_.insert(series.symbol);
    report_.imported.push_back(std::move(file.info));
  }

  CandleStore& candles_;
  ContextStore& context_;
  const ImportOptions& options_;
  ImportReport report_;
  std::set<std::string> symbols_;
};

Status check_options(const std::vector<fs::path>& paths, const ImportOptions& options) {
  if (paths.empty())
    return fail(ErrorKind::usage, "import.no_input", "no file or directory was given", {}, "Name what to import.");
  if (options.venue && options.venue->empty())
    return fail(ErrorKind::usage, "import.venue", "the venue has no name", {}, "Give a name such as binance-spot.");
  return {};
}

}  // namespace

Result<ImportReport> import_paths(const std::vector<fs::path>& paths, const ImportOptions& options,
                                  CandleStore& candles, ContextStore& context_store, const RunContext& context) {
  if (Status usable = check_options(paths, options); !usable) return forward_error(usable);
  std::vector<FoundFile> found;
  std::vector<FailedFile> unlisted;
  for (const fs::path& path : paths) {
    std::error_code failure;
    if (fs::is_directory(path, failure))
      walk(path, found, unlisted);
    else
      found.push_back({path, FoundFile::Origin::named});
  }

  ImportRun run(candles, context_store, options);
  for (FailedFile& file : unlisted) run.add_failure({file.file, FoundFile::Origin::named}, std::move(file.error));
  context.progress.begin("import", found.size());
  for (std::size_t begin = 0; begin < found.size();) {
    if (Status go_on = context.cancel.check(); !go_on) return forward_error(go_on);
    std::vector<std::optional<Result<PreparedFile>>> results;
    // What a small file holds may be large: a batch ends early once its rows take as much as one file may.
    const std::size_t most = batch_end(found, begin) - begin;
    for (std::uint64_t bytes = 0; results.size() < most && bytes < options.limits.max_memory_bytes;) {
      const std::size_t first = results.size();
      results.resize(std::min(most, first + static_cast<std::size_t>(std::max(1, context.jobs))));
      parallel_for(context.jobs, results.size() - first, [&](std::size_t i) {
        if (!context.cancel.requested())
          results[first + i].emplace(prepare_file(found[begin + first + i].path, options));
        context.progress.advance();
      });
      if (Status go_on = context.cancel.check(); !go_on) return forward_error(go_on);
      for (std::size_t i = first; i < results.size(); ++i)
        if (*results[i]) bytes += (*results[i])->info.rows_read * ImportLimits::kRowBytes;
    }
    const std::size_t end = begin + results.size();

    std::vector<PreparedFile> prepared;
    for (std::size_t i = 0; i < results.size(); ++i) {
      Result<PreparedFile>& result = *results[i];
      log_info("read " + found[begin + i].path.string() + (result ? "" : ": " + result.error().message));
      if (result)
        prepared.push_back(*std::move(result));
      else
        run.add_failure(found[begin + i], result.error());
    }
    results.clear();
    if (Status stored = run.store(prepared); !stored) return forward_error(stored);
    begin = end;
  }
  context.progress.end();

  ImportReport report = std::move(run).take();
  if (report.files == 0 && !report.failed.empty()) return tl::unexpected<Error>(report.failed.front().error);
  if (report.files == 0 && !report.skipped.empty()) return tl::unexpected<Error>(report.skipped.front().error);
  if (report.files == 0)
    return fail(ErrorKind::data, "import.no_files", "there is no file in what was given", paths.front().string(),
                "Give a directory with market data.");
  return report;
}

}  // namespace clm
