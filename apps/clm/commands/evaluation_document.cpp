#include "evaluation_document.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "cli/program_build.hpp"
#include "report/evaluation.hpp"
#include "workspace/configuration.hpp"

namespace clm::app {
namespace {

constexpr const char* kPrefix = "evaluation-";

/// Midnight is written as a date: that is how people say it.
std::string time_argument(Timestamp t) {
  const std::string date = to_date_string(t);
  return parse_timestamp(date) == t ? date : to_string(t);
}

std::string command_of(const EvaluationRequest& request) {
  const WalkForwardStudyOptions& study = request.study;
  const LineupOptions usual;
  std::string command = "clm evaluate --from " + time_argument(study.test.from) + " --to " +
                        time_argument(study.test.to) +
                        (study.refit_days > 0 ? " --refit-days " + std::to_string(study.refit_days)
                                              : " --refit-months " + std::to_string(study.refit_months));
  if (study.lineup.vintages != usual.vintages) command += " --vintages " + std::to_string(study.lineup.vintages);
  if (study.lineup.fits != usual.fits) command += " --fits " + std::to_string(study.lineup.fits);
  if (study.lineup.spacing_days != usual.spacing_days)
    command += " --spacing-days " + std::to_string(study.lineup.spacing_days);
  for (std::size_t i = 0; i < request.models.size(); ++i) command += (i == 0 ? " --models " : ",") + request.models[i];
  return command;
}

/// Every setting in force; those that differ from their default say so.
nlohmann::json settings_of(const Configuration& configuration) {
  const Configuration untouched;
  std::map<std::string, std::string> defaults;
  for (const auto& setting : untouched.settings.in_force()) defaults[setting.key] = setting.value;
  auto out = nlohmann::json::array();
  for (const auto& setting : configuration.settings.in_force()) {
    if (is_of_the_machine(setting.key)) continue;
    nlohmann::json entry{{"key", setting.key}, {"value", setting.value}, {"unit", setting.info.unit}};
    if (setting.value != defaults[setting.key]) entry["default"] = defaults[setting.key];
    out.push_back(std::move(entry));
  }
  return out;
}

nlohmann::json data_of(const LearningData& data) {
  const Dataset& rows = data.rows.data;
  auto symbols = nlohmann::json::array();
  for (const auto& symbol : rows.frame->symbols) symbols.push_back(symbol.str());
  return {{"venue", rows.frame->venue.str()},
          {"interval", rows.frame->interval.name()},
          {"symbols", symbols},
          {"rows", rows.size()},
          {"from_ms", rows.decided_at_ms.front()},
          {"to_ms", rows.decided_at_ms.back()},
          {"fingerprint", data.fingerprint}};
}

}  // namespace

nlohmann::json evaluation_document(const WalkForwardStudy& study, const EvaluationRequest& request,
                                   const LearningData& data, const Configuration& configuration, Timestamp made_at) {
  const FeatureFrame& frame = *data.rows.data.frame;
  const ProgramBuild build = program_build();
  const bool by_days = request.study.refit_days > 0;
  nlohmann::json document = to_json(study);
  document["kind"] = kEvaluationKind;
  document["format"] = kEvaluationFormat;
  document["made_at_ms"] = made_at.ms();
  document["command"] = command_of(request);
  document["protocol"] = {
      {"from_ms", request.study.test.from.ms()},
      {"to_ms", request.study.test.to.ms()},
      {by_days ? "refit_days" : "refit_months", by_days ? request.study.refit_days : request.study.refit_months},
      {"label", to_json(data.label)},
      {"features", {{"set", frame.set_name}, {"hash", frame.set_hash}, {"count", frame.columns()}}},
      {"data", data_of(data)},
      {"settings", settings_of(configuration)},
      {"program", {{"version", build.version}, {"commit", build.commit}}}};
  return document;
}

std::filesystem::path evaluation_file(const WorkspaceDirectory& workspace, const EvaluationRequest& request,
                                      const nlohmann::json& document) {
  constexpr std::size_t kDigits = 8;
  const auto& protocol = document.at("protocol");
  const std::string question = document.at("command").dump() + protocol.dump();
  return workspace.reports() /
         (kPrefix + to_date_string(request.study.test.from) + "-" + to_date_string(request.study.test.to) + "-h" +
          std::to_string(protocol.at("label").at("horizon_bars").get<int>()) + "-" +
          Sha256().update(question).hex_digest().substr(0, kDigits) + ".json");
}

std::vector<std::filesystem::path> stored_evaluations(const WorkspaceDirectory& workspace) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;  // no directory: no evaluations
  for (const auto& entry : std::filesystem::directory_iterator(workspace.reports(), ignored))
    if (entry.path().extension() == ".json" && entry.path().filename().string().rfind(kPrefix, 0) == 0)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::filesystem::path> find_evaluation(const WorkspaceDirectory& workspace, const std::string& asked) {
  if (asked != "latest") return std::filesystem::path(asked);
  std::filesystem::path latest;
  Timestamp made_at = Timestamp::min();
  for (const auto& file : stored_evaluations(workspace)) {
    const auto evaluation = read_evaluation_file(file);
    if (!evaluation) return forward_error(evaluation);
    const Timestamp made = evaluation->made_at.value_or(Timestamp::min());
    if (latest.empty() || made >= made_at) latest = file;
    made_at = std::max(made_at, made);
  }
  if (latest.empty())
    return fail(ErrorKind::usage, "report.no_evaluation", "no walk-forward evaluation was stored in this workspace",
                workspace.reports().string(), "Run clm evaluate --from TIME --to TIME, then this again.");
  return latest;
}

}  // namespace clm::app
