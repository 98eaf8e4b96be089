#include "report/evaluation.hpp"

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "report/json_reading.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;

/// Looks at the shape of a document before anything is read from it; keeps the first thing that is wrong.
class ShapeCheck {
 public:
  const std::string& problem() const { return problem_; }

  void number(const Json& object, const char* key, const std::string& path) {
    if (!member(object, key).is_number()) complain(path, key, "a number");
  }
  /// What was not finite was written as null.
  void number_or_null(const Json& object, const char* key, const std::string& path) {
    if (!object.is_object() || !object.contains(key) ||
        !(member(object, key).is_number() || member(object, key).is_null()))
      complain(path, key, "a number or null");
  }
  const Json& object(const Json& parent, const char* key, const std::string& path) {
    const Json& value = member(parent, key);
    if (!value.is_object()) complain(path, key, "an object");
    return value;
  }
  /// The array, or an empty one.
  const Json& array(const Json& parent, const char* key, const std::string& path) {
    static const Json kEmpty = Json::array();
    const Json& value = member(parent, key);
    if (value.is_array()) return value;
    complain(path, key, "an array");
    return kEmpty;
  }
  /// Milliseconds of the years 1970 to 9999.
  void time(const Json& object, const char* key, const std::string& path) {
    constexpr std::int64_t kEnd = 253'402'300'800'000;
    const Json& value = member(object, key);
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() >= kEnd)
      complain(path, key, "a time in ms");
  }
  void text(const Json& parent, const char* key, const std::string& path) {
    if (!member(parent, key).is_string()) complain(path, key, "a text");
  }
  void is(bool as_it_must_be, const std::string& complaint) {
    if (problem_.empty() && !as_it_must_be) problem_ = complaint;
  }

 private:
  void complain(const std::string& path, const char* key, const char* must_be) {
    is(false, (path.empty() ? "" : path + ".") + std::string(key) + " is not " + must_be);
  }
  std::string problem_;
};

void check_model(ShapeCheck& check, const Json& model, const std::string& path) {
  check.text(model, "name", path);
  const Json& rank_ic = check.object(model, "rank_ic", path);
  check.number_or_null(rank_ic, "mean", path + ".rank_ic");
  check.array(rank_ic, "interval", path + ".rank_ic");
  check.object(model, "directional_accuracy", path);
  check.object(model, "positions", path);
  const Json& book = check.object(model, "long_short", path);
  for (const char* key : {"gross_bps", "turnover", "break_even_cost_bps"})
    check.number_or_null(book, key, path + ".long_short");
  check.array(book, "by_cost", path + ".long_short");
  for (const char* key : {"by_delay", "by_month"}) check.array(model, key, path);
}

void check_models(ShapeCheck& check, const Json& models, const std::string& path) {
  for (std::size_t i = 0; i < models.size(); ++i) check_model(check, models[i], path + "[" + std::to_string(i) + "]");
}

/// What is wrong with the document; empty where nothing is.
std::string problem_of(const Json& document) {
  ShapeCheck check;
  if (document.is_discarded()) return "it is not JSON";
  const bool has_kind = document.is_object() && document.contains("kind");
  check.is(document.is_object() && (!has_kind || document["kind"] == kEvaluationKind) &&
               member(document, "judgement").is_object() && member(document, "each").is_array(),
           "it is not what clm evaluate writes");
  if (document.is_object() && document.contains("format"))
    check.is(member(document, "format").is_number_integer() && integer_in(document, "format") <= kEvaluationFormat,
             "its format " + member(document, "format").dump() + " is of a later release");
  const Json& models = check.array(document, "models", "");
  check.is(!models.empty(), "models is empty");
  for (const auto& model : models) check.is(model.is_string(), "models holds something that is not a text");
  for (const char* key : {"blocks", "fits"}) check.number(document, key, "");
  const Json& judgement = check.object(document, "judgement", "");
  for (const char* key : {"rows", "times", "symbols", "horizon_bars", "alpha", "cost_bps_per_side"})
    check.number(judgement, key, "judgement");
  for (const char* key : {"from_ms", "to_ms"}) check.time(judgement, key, "judgement");
  check_model(check, check.object(judgement, "candidate", "judgement"), "judgement.candidate");
  check_models(check, check.array(judgement, "baselines", "judgement"), "judgement.baselines");
  const Json& against = check.array(judgement, "against_baselines", "judgement");
  for (std::size_t i = 0; i < against.size(); ++i) {
    const std::string path = "judgement.against_baselines[" + std::to_string(i) + "]";
    check.text(against[i], "against", path);
    check.object(against[i], "rank_ic", path);
  }
  const Json& each = check.array(document, "each", "");
  check_models(check, each, "each");
  check.is(each.size() == models.size(), "models and each are not of the same length");
  for (const char* key : {"walk", "importance"})
    if (document.is_object() && document.contains(key)) check.array(document, key, "");
  if (document.is_object() && document.contains("protocol")) check.object(document, "protocol", "");
  return check.problem();
}

TimeRange range_in(const Json& object) {
  return {Timestamp(integer_in(object, "from_ms")), Timestamp(integer_in(object, "to_ms"))};
}

EvaluationProtocol protocol_in(const Json& document) {
  const Json& j = member(document, "protocol");
  const Json& features = member(j, "features");
  const Json& data = member(j, "data");
  const Json& program = member(j, "program");
  EvaluationProtocol out;
  out.command = text_in(document, "command");
  out.asked = range_in(j);
  out.refit_months = number_in(j, "refit_months");
  out.refit_days = number_in(j, "refit_days");
  out.vintages = number_in(member(document, "lineup"), "vintages");
  out.label_json = member(j, "label").is_object() ? member(j, "label").dump() : "";
  out.feature_set = text_in(features, "set");
  out.feature_hash = text_in(features, "hash");
  out.feature_count = number_in(features, "count");
  out.venue = text_in(data, "venue");
  out.interval = text_in(data, "interval");
  out.fingerprint = text_in(data, "fingerprint");
  out.symbols = each_of(member(data, "symbols"),
                        [](const Json& symbol) { return symbol.is_string() ? symbol.get<std::string>() : ""; });
  out.data_rows = number_in(data, "rows");
  out.data_from_ms = integer_in(data, "from_ms");
  out.data_to_ms = integer_in(data, "to_ms");
  out.settings = each_of(member(j, "settings"), [](const Json& s) {
    return SettingFigures{text_in(s, "key"), text_in(s, "value"), text_in(s, "default"), text_in(s, "unit")};
  });
  out.program_version = text_in(program, "version");
  out.git_commit = text_in(program, "commit");
  return out;
}

EvidenceFigures ensemble_in(const Json& document) {
  EvidenceFigures out = figures_of(Evidence::of_document(document));
  if (out.members.size() == 1) {
    out.candidate = out.members.front();
    out.candidate_role = "model";
    out.members.clear();
  } else {
    out.candidate_role = "ensemble";
  }
  return out;
}

}  // namespace

Result<Evaluation> read_evaluation(std::string_view json_text, const std::string& name) {
  const Json document = Json::parse(json_text, nullptr, false);
  if (const std::string problem = problem_of(document); !problem.empty())
    return fail(ErrorKind::data, "report.evaluation", "this is no evaluation that can be shown: " + problem, name,
                "Name a file that clm evaluate wrote (reports/evaluation-*.json), or run clm evaluate again.");
  Evaluation out;
  for (const auto& model : document["models"]) out.models.push_back(model.get<std::string>());
  out.blocks = number_in(document, "blocks");
  out.fits = number_in(document, "fits");
  out.wall_seconds = number_in(document, "wall_seconds");
  out.fit_seconds_summed = number_in(document, "fit_seconds_summed");
  if (member(document, "made_at_ms").is_number_integer()) out.made_at = Timestamp(integer_in(document, "made_at_ms"));
  out.evidence = ensemble_in(document);
  out.walk = each_of(member(document, "walk"), [](const Json& step) {
    return WalkStep{range_in(member(step, "test")), range_in(member(step, "training")), number_in(step, "fit_rows"),
                    number_in(step, "validation_rows"), number_in(step, "test_rows")};
  });
  out.importance = each_of(member(document, "importance"), [](const Json& model) {
    return ModelImportance{text_in(model, "model_type"), each_of(member(model, "features"), [](const Json& feature) {
                             return FeatureShare{text_in(feature, "feature"), number_in(feature, "share")};
                           })};
  });
  if (member(document, "protocol").is_object()) out.protocol = protocol_in(document);
  out.selection = selection_in(document);
  return out;
}

Result<Evaluation> read_evaluation_file(const std::filesystem::path& file) {
  const auto text = read_file(file, kMostEvaluationBytes);
  if (!text) return forward_error(text);
  return read_evaluation(*text, file.string());
}

}  // namespace clm::app
