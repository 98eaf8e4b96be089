#include "models/training_rows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clm {

Result<Targets> gather_targets(const RowSet& rows) {
  Targets targets;
  targets.label.reserve(rows.size());
  targets.weight.reserve(rows.size());
  for (const std::uint32_t row : rows.rows) {
    const float label = rows.data->label[row];
    const float weight = rows.data->weight[row];
    if (!std::isfinite(label))
      return fail(ErrorKind::data, "train.label", "a training row has no finite label", "row " + std::to_string(row),
                  "Drop rows whose label is not known.");
    if (!std::isfinite(weight) || weight <= 0)
      return fail(ErrorKind::data, "train.weight", "a training weight is not a number above zero",
                  "row " + std::to_string(row), "Leave the row out instead.");
    targets.label.push_back(label);
    targets.weight.push_back(weight);
  }
  return targets;
}

Status check_job(const TrainingJob& job) {
  if (job.training.size() == 0)
    return fail(ErrorKind::data, "train.no_rows", "there is no row to train on", {},
                "Import more history, or shorten warm-up, horizon or holdout.");
  if (job.validation.size() == 0) return {};
  return check_feature_hash(job.training.data->frame->set_hash, job.validation);
}

Status check_feature_hash(const std::string& model_hash, const RowSet& rows) {
  if (rows.size() == 0 || rows.data->frame->set_hash == model_hash) return {};
  return fail(ErrorKind::integrity, "model.feature_hash",
              "the rows have features " + rows.data->frame->set_hash + ", the model was trained on " + model_hash,
              rows.data->frame->set_name, "Compute the feature set named in the model's manifest.");
}

Status for_each_block(const RowSet& rows, const std::function<Status(std::size_t, std::span<const float>)>& work) {
  if (rows.size() == 0) return {};
  const std::size_t columns = rows.data->frame->columns();
  std::vector<float> block(std::min(kBlockRows, rows.size()) * columns);
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
    const std::size_t end = std::min(begin + kBlockRows, rows.size());
    const std::span<float> features(block.data(), (end - begin) * columns);
    rows.gather(begin, end, features);
    if (Status done = work(begin, features); !done) return done;
  }
  return {};
}

bool nothing_known(std::span<const float> features) {
  return std::all_of(features.begin(), features.end(), [](float value) { return std::isnan(value); });
}

std::vector<FeatureImportance> importance_shares(std::span<const std::string> names, std::span<const double> gains) {
  const double total = std::accumulate(gains.begin(), gains.end(), 0.0);
  std::vector<FeatureImportance> shares;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (gains[i] > 0) shares.push_back({names[i], gains[i] / total});
  std::stable_sort(shares.begin(), shares.end(),
                   [](const FeatureImportance& a, const FeatureImportance& b) { return a.share > b.share; });
  return shares;
}

}  // namespace clm
