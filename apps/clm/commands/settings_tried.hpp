#pragma once
#include <cstddef>
#include <filesystem>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/statistics/selection_bias.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// What was tried on the same months, and what choosing the best of it is worth. A setting is a model, or the average
/// of models, of an evaluation: whoever looks at several chooses among all of them. Baselines are given, not tried.
struct SettingsTried {
  ChoiceOfSettings choice;         ///< earlier ones are named "lightgbm of FILE"
  std::size_t of_evaluations = 0;  ///< earlier documents that they were read from
  std::size_t not_comparable = 0;  ///< earlier documents of the same months that hold no daily returns that are
  std::size_t unreadable = 0;      ///< documents that could not be read
};

/// The settings of `document`, which `clm evaluate` is about to store as `file`, and of every other evaluation in
/// `reports/` of the same venue, bars, span and costs. Not comparable are documents of before daily returns were
/// stored, other ways of trading (long-short book, single positions), and those that lack more than a tenth of these
/// days. Settings whose daily returns are the same are one. What was deleted is not counted.
SettingsTried settings_tried(const WorkspaceDirectory& workspace, const nlohmann::json& document,
                             const std::filesystem::path& file);
nlohmann::json to_json(const SettingsTried& tried);

}  // namespace clm::app
