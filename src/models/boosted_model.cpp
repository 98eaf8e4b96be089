#include "models/boosted_model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
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

Status check_forest(const FlatForest& forest, std::size_t columns, const LibraryForecast& library,
                    std::string_view library_file) {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  // Every value in turn within one row, each row beginning with another.
  constexpr std::array<float, 7> kValues{0.0F, 1.0F, kUnknown, -1.0F, 0.1F, -0.1F, 30.0F};
  constexpr std::size_t kRows = kValues.size() + 2;
  std::vector<float> rows(kRows * columns, 0.0F);
  for (std::size_t i = 0; i < kValues.size() * columns; ++i)
    rows[i] = kValues[(i / columns + i % columns) % kValues.size()];
  std::fill(rows.end() - static_cast<std::ptrdiff_t>(columns), rows.end(), kUnknown);
  std::vector<float> ours(kRows), theirs(kRows);
  forest.predict(rows, ours);
  if (Status asked = library(rows, theirs); !asked) return asked;
  for (std::size_t row = 0; row < kRows; ++row)
    if (std::bit_cast<std::uint32_t>(ours[row]) != std::bit_cast<std::uint32_t>(theirs[row]))
      return load_failure("holds trees that forecast something else than the library does", library_file);
  return {};
}

BoostedModel::BoostedModel(BoostedModelFile file, std::string_view library_file, FlatForest forest)
    : file_(std::move(file)),
      library_file_(library_file),
      importance_(importance_shares(file_.stored.header.feature_names, file_.record.importance)),
      forest_(std::move(forest)) {
  expects(file_.record.importance.size() == columns(), "one importance per feature");
}

Status BoostedModel::predict(const RowSet& rows, std::span<float> out) const {
  expects(out.size() == rows.size(), "one forecast per row");
  if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
  return for_each_block(rows, [&](std::size_t first, std::span<const float> features) -> Status {
    const std::span<float> block = out.subspan(first, features.size() / columns());
    forest_.predict(features, block);
    for (std::size_t row = 0; row < block.size(); ++row)
      if (nothing_known(features.subspan(row * columns(), columns())))
        block[row] = std::numeric_limits<float>::quiet_NaN();
    return {};
  });
}

const ShapleyForest* BoostedModel::shapley() const {
  std::call_once(shapley_made_, [&] {
    if (const auto stored = stored_trees(file_.stored.library_bytes)) shapley_ = ShapleyForest::make(*stored);
  });
  return shapley_ ? &*shapley_ : nullptr;
}

Status BoostedModel::contributions(const RowSet& rows, std::span<double> out) const {
  const std::size_t width = columns() + 1;
  expects(out.size() == rows.size() * width, "one contribution per row and feature, and the base value");
  if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
  const ShapleyForest* own = shapley();
  return for_each_block(rows, [&](std::size_t first, std::span<const float> features) -> Status {
    const std::size_t count = features.size() / columns();
    const std::span<double> block = out.subspan(first * width, count * width);
    if (own != nullptr)
      own->contribute(features, block);
    else if (Status asked = library_contributions(features, block); !asked)
      return asked;
    for (std::size_t row = 0; row < count; ++row)
      if (nothing_known(features.subspan(row * columns(), columns())))
        std::fill_n(block.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                    std::numeric_limits<double>::quiet_NaN());
    return {};
  });
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
