#include "models/fit_store.hpp"

#include <map>
#include <span>
#include <sstream>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "models/trainers.hpp"
#include "models/training_rows.hpp"

namespace fs = std::filesystem;

namespace clm {
namespace {

void hash_rows(const RowSet& rows, Sha256& hash) {
  const std::uint64_t count[] = {rows.size()};
  hash.update_values(std::span<const std::uint64_t>(count));
  const Status read = for_each_block(rows, [&](std::size_t, std::span<const float> features) -> Status {
    hash.update_values(features);
    return {};
  });
  if (!read) return;  // the work above never fails
  for (const std::uint32_t row : rows.rows) {
    const float target[] = {rows.data->label[row], rows.data->weight[row]};
    hash.update_values(std::span<const float>(target));
  }
}

/// One key a line, in the order in which they were kept; a key that was kept again counts where it comes last.
fs::path order_of(const fs::path& directory) { return directory / "order"; }

struct KeptFit {
  fs::path directory;
  std::uint64_t bytes = 0;
};

/// Those that were kept first come first; whatever the order does not name, such as what a killed process left, before
/// all.
std::vector<KeptFit> kept_fits(const fs::path& directory) {
  std::map<std::string, std::size_t> place_of;
  if (const auto order = read_file(order_of(directory))) {
    std::istringstream lines(*order);
    for (std::string key; std::getline(lines, key);) place_of[key] = place_of.size() + 1;
  }
  std::multimap<std::size_t, KeptFit> by_place;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure)) {
    std::error_code unreadable;  // another process may have removed it meanwhile
    if (!entry->is_directory(unreadable)) continue;
    KeptFit fit{entry->path()};
    for (fs::directory_iterator file(fit.directory, unreadable), last; !unreadable && file != last;
         file.increment(unreadable))
      fit.bytes += file->file_size(unreadable);
    const auto place = place_of.find(fit.directory.filename().string());
    if (!unreadable) by_place.emplace(place == place_of.end() ? 0 : place->second, std::move(fit));
  }
  std::vector<KeptFit> kept;
  for (auto& [place, fit] : by_place) kept.push_back(std::move(fit));
  return kept;
}

}  // namespace

std::string fit_key(const Trainer& trainer, const TrainingJob& job) {
  const FeatureFrame& frame = *job.training.data->frame;
  const nlohmann::json made_by = {{"type", trainer.type()},          {"parameters", trainer.parameters()},
                                  {"libraries", library_versions()}, {"seed", job.seed},
                                  {"threads", job.threads},          {"feature_set", frame.set_name},
                                  {"feature_hash", frame.set_hash},  {"features", frame.names}};
  Sha256 hash;
  hash.update(made_by.dump());
  hash_rows(job.training, hash);
  hash_rows(job.validation, hash);
  return hash.hex_digest();
}

Result<std::unique_ptr<Model>> FitStore::find_or_train(const Trainer& trainer, const TrainingJob& job,
                                                       const RunContext& run) const {
  if (directory_.empty() || !trainer.reads_features_alone() || !check_job(job)) return trainer.train(job, run);
  if (Status going = run.cancel.check(); !going) return forward_error(going);
  const std::string key = fit_key(trainer, job);
  if (std::error_code failure; fs::exists(directory_ / key, failure)) {
    if (auto found = load_model(trainer.type(), directory_ / key)) {
      run.progress.advance(trainer.progress_steps());
      log_info("the same was trained before: " + key.substr(0, 12));
      return found;
    }
    fs::remove_all(directory_ / key, failure);
  }
  auto trained = trainer.train(job, run);
  if (trained) keep(key, **trained);
  return trained;
}

void FitStore::keep(const std::string& key, const Model& model) const {
  const fs::path aside = aside_path(directory_ / key);
  std::error_code failure;
  fs::create_directories(aside, failure);
  if (failure || !model.save(aside) || !publish(aside, directory_ / key)) {
    fs::remove_all(aside, failure);
    return;
  }
  if (!append_to_file(order_of(directory_), key + "\n")) return;
  const std::vector<KeptFit> kept = kept_fits(directory_);
  std::uint64_t bytes = 0;
  for (const KeptFit& fit : kept) bytes += fit.bytes;
  for (auto fit = kept.begin(); fit != kept.end() && bytes > most_bytes_; ++fit) {
    bytes -= fit->bytes;
    fs::remove_all(fit->directory, failure);
  }
}

}  // namespace clm
