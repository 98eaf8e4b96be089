#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/data/learning_data.hpp"
#include "learning/studies/walk_forward_study.hpp"
#include "workspace/workspace.hpp"

namespace clm::app {

/// What `clm evaluate` was asked for, beyond the settings.
struct EvaluationRequest {
  WalkForwardStudyOptions study;
  std::vector<std::string> models;  ///< empty: as the settings say
};

/// The study with all that is needed to run it again: {kind, format, made_at_ms, command, protocol, ...} beside the
/// keys of the study. What a page of it is made of (report/evaluation.hpp reads it).
nlohmann::json evaluation_document(const WalkForwardStudy& study, const EvaluationRequest& request,
                                   const LearningData& data, const Configuration& configuration, Timestamp made_at);

/// reports/evaluation-FROM-TO-hHORIZON-QUESTION.json for a document of these dates. QUESTION is the beginning of a hash
/// of command and protocol: asked again, the same question takes the place of its last answer; another one, of other
/// models, settings or data, has a file of its own.
std::filesystem::path evaluation_file(const WorkspaceDirectory& workspace, const EvaluationRequest& request,
                                      const nlohmann::json& document);

/// The evaluations that the workspace keeps, by name.
std::vector<std::filesystem::path> stored_evaluations(const WorkspaceDirectory& workspace);

/// `asked` itself, or for "latest" the evaluation of the workspace that was made last, by what the documents say.
/// Errors: `report.no_evaluation` (usage) where there is none; those of reading for any that cannot be read.
Result<std::filesystem::path> find_evaluation(const WorkspaceDirectory& workspace, const std::string& asked);

}  // namespace clm::app
