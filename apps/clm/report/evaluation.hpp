#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "report/evidence.hpp"
#include "report/importance_figure.hpp"
#include "report/selection_section.hpp"

namespace clm::app {

/// What the document of `clm evaluate` says it is.
inline constexpr const char* kEvaluationKind = "walk_forward";
/// Raised when a reader of today would misread a document of tomorrow.
inline constexpr std::int64_t kEvaluationFormat = 1;
/// A larger file is not read.
inline constexpr std::uint64_t kMostEvaluationBytes = 64 << 20;

/// A step of the walk.
struct WalkStep {
  TimeRange test, training;  ///< decision times
  double fit_rows = kUnknown, validation_rows = kUnknown, test_rows = kUnknown;
};

struct ModelImportance {
  std::string model_type;
  std::vector<FeatureShare> features;  ///< mean over the fits, descending
};

/// A setting that was in force; `default_value` is empty where it was the default.
struct SettingFigures {
  std::string key, value, default_value, unit;
};

/// How the evaluation was run. Documents of before this was stored have none of it.
struct EvaluationProtocol {
  std::string command;
  TimeRange asked;
  double refit_months = kUnknown;  ///< either this or days
  double refit_days = kUnknown;
  double vintages = kUnknown;  ///< fits of a model that speak at once
  std::string label_json;
  std::string feature_set, feature_hash;
  double feature_count = kUnknown;
  std::string venue, interval, fingerprint;
  std::vector<std::string> symbols;
  double data_rows = kUnknown;
  std::int64_t data_from_ms = 0, data_to_ms = 0;
  std::vector<SettingFigures> settings;
  std::string program_version, git_commit;
};

/// The document of `clm evaluate`, read back. `evidence.candidate` is the plain average, and `evidence.members` are the
/// models it is made of; of a single model the candidate is that model, and there are no members.
struct Evaluation {
  std::vector<std::string> models;
  double blocks = kUnknown, fits = kUnknown;
  double wall_seconds = kUnknown;        ///< of the whole walk; older documents do not say
  double fit_seconds_summed = kUnknown;  ///< over fits that ran side by side
  std::optional<Timestamp> made_at;      ///< older documents do not say
  EvidenceFigures evidence;
  std::vector<WalkStep> walk;               ///< empty in older documents
  std::vector<ModelImportance> importance;  ///< empty in older documents
  std::optional<EvaluationProtocol> protocol;
  std::optional<SelectionFigures> selection;  ///< none in older documents
};

/// `name` says where the text came from. Error `report.evaluation` (data), naming the part that is not as it must be:
/// not JSON, another kind of document, a later format, no figures, or parts of the wrong type. Figures that are null
/// become NaN; parts that older documents lack stay empty.
Result<Evaluation> read_evaluation(std::string_view json_text, const std::string& name);

/// Errors: those of `read_file` (at most 64 MiB) and above.
Result<Evaluation> read_evaluation_file(const std::filesystem::path& file);

}  // namespace clm::app
