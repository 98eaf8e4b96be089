#include "models/trainers.hpp"

#include <Eigen/Core>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "models/mean_model.hpp"
#include "models/model_type.hpp"
#include "models/warm_start.hpp"

namespace clm {
namespace {

/// "xgboost, lightgbm, ...", of those types that are asked for.
template <typename Asked>
std::string names_of(Asked asked) {
  std::string names;
  for (const ModelType& type : model_types())
    if (asked(type)) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

tl::unexpected<Error> unknown_type(ErrorKind kind, std::string_view type, std::string_view where) {
  return fail(kind, "model.type", "there is no model type \"" + std::string(type) + '"', std::string(where),
              "Known are: " + names_of([](const ModelType&) { return true; }) + ".");
}

}  // namespace

Status check_model_types(std::span<const std::string> types, std::string_view where) {
  for (const std::string& type : types)
    if (find_model_type(type) == nullptr) return unknown_type(ErrorKind::usage, type, where);
  return {};
}

Result<std::unique_ptr<Trainer>> make_trainer(std::string_view type, const TrainerOptions& options) {
  const ModelType* known = find_model_type(type);
  return known != nullptr ? known->make(options) : unknown_type(ErrorKind::usage, type, {});
}

Result<std::unique_ptr<Trainer>> make_trainer(std::string_view type, const nlohmann::json& parameters) {
  const ModelType* known = find_model_type(type);
  return known != nullptr ? known->make_again(parameters) : unknown_type(ErrorKind::usage, type, {});
}

Result<std::unique_ptr<Model>> load_model(std::string_view type, const std::filesystem::path& directory) {
  const ModelType* known = find_model_type(type);
  if (known == nullptr) return unknown_type(ErrorKind::integrity, type, directory.string());
  std::vector<std::unique_ptr<Model>> fits;
  std::error_code ignored;
  for (std::size_t fit = 1; fit == 1 || std::filesystem::exists(folder_of_fit(directory, fit), ignored); ++fit) {
    auto loaded = known->load(folder_of_fit(directory, fit));
    if (!loaded) return loaded;
    if (!fits.empty() && (*loaded)->feature_hash() != fits.front()->feature_hash())
      return fail(ErrorKind::integrity, "model.load", "its fits read other features",
                  folder_of_fit(directory, fit).string());
    fits.push_back(std::move(*loaded));
  }
  return fits.size() == 1 ? std::move(fits.front()) : mean_of_fits(std::move(fits));
}

bool can_start_warm(std::string_view type) {
  const ModelType* known = find_model_type(type);
  return known != nullptr && known->warm_started != nullptr;
}

Status check_warm_start_types(std::span<const std::string> types, std::string_view where) {
  for (const std::string& type : types) {
    if (can_start_warm(type)) continue;
    return fail(ErrorKind::usage, "train.warm_start", "\"" + type + "\" cannot go on from the weights of a version",
                std::string(where),
                "Those that can: " + names_of([](const ModelType& one) { return one.warm_started != nullptr; }) + ".");
  }
  return {};
}

std::unique_ptr<Trainer> warm_started(std::unique_ptr<Trainer> trainer, std::shared_ptr<const Model> parent) {
  const ModelType* known = find_model_type(trainer->type());
  expects(known != nullptr && known->warm_started != nullptr, "a type that can start warm");
  return known->warm_started(std::move(trainer), std::move(parent));
}

void add_settings(Settings& settings, TrainerOptions& options) {
  for (const ModelType& type : model_types())
    if (type.add_settings != nullptr) type.add_settings(settings, options);
}

std::map<std::string, std::string> library_versions() {
  return {{"eigen", std::to_string(EIGEN_WORLD_VERSION) + '.' + std::to_string(EIGEN_MAJOR_VERSION) + '.' +
                        std::to_string(EIGEN_MINOR_VERSION)},
          {"lightgbm", lightgbm_version()},
          {"xgboost", xgboost_version()}};
}

}  // namespace clm
