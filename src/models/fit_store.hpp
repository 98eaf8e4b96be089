#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "models/model.hpp"

namespace clm {

/// Models that were trained before, found again by what they were trained from: the policies of a replay, and replays
/// that differ in who serves only, or walks forward with another lineup, fit the same recipes on the same rows. A
/// folder with one folder per training, named by its key; anything in it may be deleted at any time, and any number of
/// processes may use it at once. What cannot be read, or is damaged, counts as not there. Trainers whose
/// `Trainer::reads_features_alone` is false are never kept.
class FitStore {
 public:
  /// An empty directory: nothing is kept. 512 MB hold about 700 trainings of 300,000 rows at the default options.
  explicit FitStore(std::filesystem::path directory, std::uint64_t most_bytes = std::uint64_t{512} << 20)
      : directory_(std::move(directory)), most_bytes_(most_bytes) {}

  /// The model that this training makes: one from before, equal to the bit, or else `trainer.train(job, run)`, which is
  /// then kept; the trainings that were made first are removed until all take up no more than `most_bytes`. A training
  /// that cannot be kept is no error. Errors: those of `Trainer::train`. Cost beside a training: SHA-256 of the
  /// rows' features: 150 MB for 300,000 rows of 125.
  Result<std::unique_ptr<Model>> find_or_train(const Trainer& trainer, const TrainingJob& job,
                                               const RunContext& run) const;

 private:
  void keep(const std::string& key, const Model& model) const;
  std::filesystem::path directory_;
  std::uint64_t most_bytes_;
};

/// SHA-256 of all that decides the bits of a model by a trainer that reads features alone: type, parameters, library
/// versions, seed, threads, feature set, and features, label and weight of every row of the job, in order.
std::string fit_key(const Trainer& trainer, const TrainingJob& job);

}  // namespace clm
