#pragma once
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/boosted_trees.hpp"
#include "models/flat_forest.hpp"
#include "models/model.hpp"
#include "models/model_file.hpp"
#include "models/shapley_forest.hpp"

namespace clm {

/// How boosting made a model: what `model.json` holds beside the header.
struct BoostingRecord {
  std::string library_version;
  int rounds = 0;                  ///< trees kept
  int rounds_run = 0;              ///< trees grown, the ones that early stopping cut off included
  std::vector<double> importance;  ///< share of the total gain per feature, in column order
};

/// All that is stored of a boosted model, apart from where.
struct BoostedModelFile {
  StoredModel stored;
  BoostingRecord record;
};

/// Errors as `read_model`; `model.load` where the record does not have one importance per feature.
Result<BoostedModelFile> read_boosted_model(const std::filesystem::path& directory, std::string_view type,
                                            std::string_view library_file);

/// How a library is asked directly: `rows` are out.size() x columns, row-major.
using LibraryForecast = std::function<Status(std::span<const float> rows, std::span<float> out)>;

/// Asks the library about a few rows, known, unknown and mixed. Error `model.load` (integrity) where the forest does
/// not say the same to the bit: trees of a kind that it does not know.
Status check_forest(const FlatForest& forest, std::size_t columns, const LibraryForecast& library,
                    std::string_view library_file);

/// What a boosted model is whatever its library: its files, its importance, and its forecasts, which the trees give
/// without the library. The library's booster is the derived class's.
class BoostedModel : public Model {
 public:
  /// `file` has one importance per feature (contract). `library_file` is the name that the library's bytes go under.
  BoostedModel(BoostedModelFile file, std::string_view library_file, FlatForest forest);

  std::string_view type() const final { return file_.stored.header.type; }
  const std::string& feature_hash() const final { return file_.stored.header.feature_hash; }
  std::vector<FeatureImportance> importance() const final { return importance_; }
  Status save(const std::filesystem::path& directory) const final;
  Status predict(const RowSet& rows, std::span<float> out) const final;
  /// By `ShapleyForest`, where it takes the trees; else by the library.
  Status contributions(const RowSet& rows, std::span<double> out) const final;

 protected:
  std::size_t columns() const { return file_.stored.header.feature_names.size(); }
  virtual Result<StoredTrees> stored_trees(const std::string& library_bytes) const = 0;
  /// What the library itself says of a block of rows, each columns() wide.
  virtual Status library_contributions(std::span<const float> features, std::span<double> out) const = 0;

 private:
  const ShapleyForest* shapley() const;

  BoostedModelFile file_;
  std::string library_file_;
  std::vector<FeatureImportance> importance_;
  FlatForest forest_;
  /// Made when first asked for: few models are ever explained.
  mutable std::once_flag shapley_made_;
  mutable std::optional<ShapleyForest> shapley_;
};

/// Each gain as a share of their sum; all zero where nothing was gained.
std::vector<double> shares_of(std::vector<double> gains);

}  // namespace clm
