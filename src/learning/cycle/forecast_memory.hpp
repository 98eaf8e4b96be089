#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "features/labels/dataset.hpp"
#include "registry/artifact_store.hpp"

namespace clm {

/// What stored versions said, raw, about rows of one market, kept between cycles: a version is loaded and asked only
/// about rows that came since. It rests on two things: a forecast depends on its own row alone, and the rows known
/// later begin with those known before. Thread-safe. Memory: 8 bytes a forecast, of the versions that were asked last.
class ForecastMemory {
 public:
  /// How many versions are remembered.
  static constexpr std::size_t kVersions = 32;

  /// One forecast for each of the rows [begin, end) of `data`; NaN: the version abstains. Rows of another frame than
  /// before, or in another place of the dataset, are asked about anew. Errors: those of loading and of the model.
  Result<std::vector<float>> raw_forecast(const StoredArtifact& version, const Dataset& data, std::size_t begin,
                                          std::size_t end);

 private:
  struct Said {
    VersionId version;
    std::shared_ptr<const FeatureFrame> frame;
    std::size_t begin = 0;                 ///< row of the dataset
    std::vector<std::uint32_t> frame_row;  ///< from there on
    std::vector<float> forecast;
  };
  /// What is known of a version about rows that begin at `begin` and are the same as in `data`; all else is forgotten.
  Said take(const VersionId& version, const Dataset& data, std::size_t begin, std::size_t end);

  std::mutex mutex_;
  std::list<Said> said_;  ///< asked last, first
};

/// What a stored version says about the rows [begin, end) of `data`, raw. Errors: those of loading and of the model.
Result<std::vector<float>> ask_stored_version(const StoredArtifact& version, const Dataset& data, std::size_t begin,
                                              std::size_t end);

}  // namespace clm
