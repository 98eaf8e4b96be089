#include "market/store/store_check.hpp"

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"

namespace clm {
namespace {

/// Runs `check` on every series and joins what it found, in order.
template <typename Key, typename Check>
Result<std::vector<FileCheck>> check_each(const std::vector<Key>& series, const std::vector<DamagedFile>& folders,
                                          const RunContext& context, Check check) {
  std::vector<std::vector<FileCheck>> found(series.size());
  parallel_for(context.jobs, series.size(), [&](std::size_t i) {
    if (!context.cancel.requested()) found[i] = check(series[i]);
  });
  if (auto stop = context.cancel.check(); !stop) return forward_error(stop);
  std::vector<FileCheck> checks;
  for (const DamagedFile& folder : folders) checks.push_back({folder.path, folder, {}});
  for (auto& of_series : found)
    for (FileCheck& one : of_series) checks.push_back(std::move(one));
  return checks;
}

}  // namespace

Result<std::vector<FileCheck>> check_files(const CandleStore& store, const RunContext& context) {
  const StoreContents contents = store.contents();
  return check_each(contents.series, contents.damaged, context,
                    [&](const SeriesKey& key) { return store.check_files_of(key); });
}

Result<std::vector<FileCheck>> check_files(const ContextStore& store, const RunContext& context) {
  const ContextContents contents = store.contents();
  return check_each(contents.series, contents.damaged, context,
                    [&](const ContextKey& key) { return std::vector<FileCheck>{store.check_file_of(key)}; });
}

nlohmann::json to_json(const FileCheck& check, const std::filesystem::path& root) {
  const std::string path = check.path.lexically_relative(root).string();
  nlohmann::json document{{"path", path}, {"ok", check.ok()}, {"problem", nullptr}, {"note", check.note}};
  if (check.damaged) document["problem"] = to_json(*check.damaged)["problem"];
  return document;
}

}  // namespace clm
