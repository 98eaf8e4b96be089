#include "models/boosted_model.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "models/training_rows.hpp"

namespace clm {

Result<BoostedModelFile> read_boosted_model(const std::filesystem::path& directory, std::string_view type,
                                            std::string_view library_file) {
  BoostingRecord record;
  Result<StoredModel> stored = read_model(directory, type, library_file, [&](const nlohmann::json& body) -> Status {
    body.at("library_version").get_to(record.library_version);
    body.at("rounds").get_to(record.rounds);
    body.at("rounds_run").get_to(record.rounds_run);
    body.at("importance").get_to(record.importance);
    return {};
  });
  if (!stored) return forward_error(stored);
  if (record.importance.size() != stored->header.feature_names.size())
    return load_failure("has another number of features than of importances", directory);
  return BoostedModelFile{std::move(*stored), std::move(record)};
}

BoostedModel::BoostedModel(BoostedModelFile file, std::string_view library_file)
    : file_(std::move(file)),
      library_file_(library_file),
      importance_(importance_shares(file_.stored.header.feature_names, file_.record.importance)) {
  expects(file_.record.importance.size() == columns(), "one importance per feature");
}

void BoostedModel::hide_unknown_rows(std::span<const float> features, std::span<double> contributions) const {
  const std::size_t width = columns() + 1;
  for (std::size_t row = 0; row * width < contributions.size(); ++row)
    if (nothing_known(features.subspan(row * columns(), columns())))
      std::fill_n(contributions.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                  std::numeric_limits<double>::quiet_NaN());
}

Status BoostedModel::save(const std::filesystem::path& directory) const {
  const BoostingRecord& record = file_.record;
  const nlohmann::json body = {{"library_version", record.library_version},
                               {"rounds", record.rounds},
                               {"rounds_run", record.rounds_run},
                               {"importance", record.importance}};
  return write_model(directory, file_.stored.header, body, library_file_, file_.stored.library_bytes);
}

std::vector<double> shares_of(std::vector<double> gains) {
  const double total = std::accumulate(gains.begin(), gains.end(), 0.0);
  if (total > 0)
    for (double& gain : gains) gain /= total;
  return gains;
}

}  // namespace clm
