#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/settings.hpp"
#include "models/model.hpp"
#include "models/trainers.hpp"

namespace clm {

/// What kind of forecaster a type is.
enum class ModelFamily {
  boosted_trees,
  network,   ///< reads the bars behind the rows, never the features
  linear,    ///< learned from the features in closed form
  baseline,  ///< what a learned model must beat
};

/// Two settings of a type that must not cross: `least` is at most `most`. Names are those of the type's section.
struct SettingOrder {
  std::string_view least;
  double low = 0;
  std::string_view most;
  double high = 0;
};

/// Everything that the program knows of one model type; nothing else asks for a type by its name. To add a type: its
/// file, its row in `model_types.cpp`, and, where it has parameters, its field in `TrainerOptions`. The conformance
/// tests then hold it to what every type must do.
struct ModelType {
  std::string_view name;
  ModelFamily family;
  /// Its trainer, from what the settings say. Error `train.options` (usage).
  Result<std::unique_ptr<Trainer>> (*make)(const TrainerOptions& options);
  /// Its trainer, from what `Trainer::parameters` wrote. Error `train.options` (usage).
  Result<std::unique_ptr<Trainer>> (*make_again)(const nlohmann::json& parameters);
  /// What `Model::save` wrote. Errors as `load_model`.
  Result<std::unique_ptr<Model>> (*load)(const std::filesystem::path& directory);
  /// See `warm_started`; null: its trainings draw their own weights.
  std::unique_ptr<Trainer> (*warm_started)(std::unique_ptr<Trainer> trainer, std::shared_ptr<const Model> parent);
  /// Adds its settings, in a section of its name; null: it has none.
  void (*add_settings)(Settings& settings, TrainerOptions& options);
  /// Which of its settings bound each other, with what they say; null: none do.
  std::vector<SettingOrder> (*orders)(const TrainerOptions& options) = nullptr;
};

/// Every type: the learned ones first, then the baselines.
std::span<const ModelType> model_types();

/// Null where there is none of that name.
const ModelType* find_model_type(std::string_view name);

}  // namespace clm
