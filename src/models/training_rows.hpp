#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "models/model.hpp"

namespace clm {

/// Rows gathered at a time. The features of a training are never in memory a second time: each block is handed to
/// the library, which keeps its own binned form, and is then overwritten. Fixed, because sketches depend on it.
inline constexpr std::size_t kBlockRows = 4096;

/// Labels and weights of a choice of rows, in its order.
struct Targets {
  std::vector<float> label;
  std::vector<float> weight;
};

/// Errors `train.label` (data: not finite), `train.weight` (data: not finite or not above zero).
Result<Targets> gather_targets(const RowSet& rows);

/// What every trainer asks of its job first. Errors `train.no_rows` (data), `model.feature_hash` (integrity).
Status check_job(const TrainingJob& job);

/// Errors `model.feature_hash` (integrity) unless the rows are of the feature set a model was trained on.
Status check_feature_hash(const std::string& model_hash, const RowSet& rows);

/// Calls `work(first_row, features)` for consecutive blocks of at most kBlockRows rows; `features` is row-major and
/// valid during the call. Stops at the first error and returns it.
Status for_each_block(const RowSet& rows, const std::function<Status(std::size_t, std::span<const float>)>& work);

/// True where no value is known: a model that reads features has nothing to say there.
bool nothing_known(std::span<const float> features);

/// Name and share of every feature with a share above zero, descending (ties in column order), from gains >= 0.
std::vector<FeatureImportance> importance_shares(std::span<const std::string> names, std::span<const double> gains);

}  // namespace clm
