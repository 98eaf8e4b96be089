#include "registry/registry_report.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

using Json = nlohmann::json;

/// The manifest as the database keeps it.
Result<Json> manifest_json_of(const VersionRecord& record) {
  if (const auto sound = stored_manifest(record); !sound) return forward_error(sound);
  return Json::parse(record.manifest_json);
}

Json time_or_null(const std::optional<Timestamp>& time) { return time ? Json(to_string(*time)) : Json(); }

Json to_json(const Event& event) {
  return {{"id", event.id},
          {"at", to_string(event.at)},
          {"data_until", time_or_null(event.data_until)},
          {"decided_at", time_or_null(event.decided_at)},
          {"model_type", slot_name(event.slot)},
          {"scope", event.slot.scope},
          {"version", event.version.empty() ? Json() : Json(event.version.str())},
          {"from", to_string(event.from)},
          {"to", to_string(event.to)},
          {"actor", event.actor},
          {"reason", event.reason},
          {"evidence_id", event.evidence_id.empty() ? Json() : Json(event.evidence_id)}};
}

Json to_json(const Error& problem) {
  return {{"code", problem.code}, {"message", problem.message}, {"where", problem.where}, {"remedy", problem.remedy}};
}

/// {"/a/b": value} of every leaf; an empty object or list is a leaf of its own.
Json leaves(const Json& value) {
  if (!value.is_structured() || value.empty()) return Json::object({{"", value}});
  return value.flatten();
}

/// {leaf: [in a, in b]} where they differ, null for absent. Leaves are named without the leading slash.
Json differences(const Json& a, const Json& b) {
  const Json left = leaves(a);
  const Json right = leaves(b);
  Json found = Json::object();
  const auto note = [&](const std::string& leaf) {
    const Json in_left = left.value(leaf, Json());
    const Json in_right = right.value(leaf, Json());
    if (in_left != in_right && !leaf.empty()) found[leaf.substr(1)] = Json::array({in_left, in_right});
  };
  for (const auto& item : left.items()) note(item.key());
  for (const auto& item : right.items()) note(item.key());
  return found;
}

Json feature_differences(const Json& a, const Json& b) {
  const auto names_a = a.at("names").get<std::vector<std::string>>();
  const auto names_b = b.at("names").get<std::vector<std::string>>();
  auto sorted_a = names_a;
  auto sorted_b = names_b;
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  std::vector<std::string> added, removed;
  std::set_difference(sorted_b.begin(), sorted_b.end(), sorted_a.begin(), sorted_a.end(), std::back_inserter(added));
  std::set_difference(sorted_a.begin(), sorted_a.end(), sorted_b.begin(), sorted_b.end(), std::back_inserter(removed));
  Json document = {
      {"added", added}, {"removed", removed}, {"reordered", added.empty() && removed.empty() && names_a != names_b}};
  for (const char* key : {"set", "hash"})
    if (a.at(key) != b.at(key)) document[key] = {a.at(key), b.at(key)};
  return document;
}

/// The named fields of a manifest, for comparing them together.
Json part(const Json& manifest, std::initializer_list<const char*> fields) {
  Json chosen = Json::object();
  for (const char* field : fields)
    if (const auto found = manifest.find(field); found != manifest.end()) chosen[field] = *found;
  return chosen;
}

/// {model_type: {version, weight}} of an ensemble, of several vintages all of them and their weight together; of a
/// model nothing.
Json members_by_type(const Json& manifest) {
  Json members = Json::object();
  for (const auto& member : manifest.value("members", Json::array())) {
    Json& of_type = members[member.at("model_type").get<std::string>()];
    const auto version = member.at("version").get<std::string>();
    const auto weight = member.at("weight").get<double>();
    of_type = {{"version", of_type.is_null() ? version : of_type["version"].get<std::string>() + ", " + version},
               {"weight", of_type.is_null() ? weight : of_type["weight"].get<double>() + weight}};
  }
  return members;
}

Json files_by_name(const Json& manifest) {
  Json files = Json::object();
  for (const auto& file : manifest.at("files")) files[file.at("name").get<std::string>()] = file.at("sha256");
  return files;
}

}  // namespace

Json to_json(const Suspension& suspension) {
  return {{"version", suspension.version.str()},
          {"at", to_string(suspension.at)},
          {"changed_at", to_string(suspension.changed_at)},
          {"cause", to_string(suspension.cause)},
          {"reason", suspension.reason}};
}

Result<Json> models_document(const Registry& registry, const Registry::Filter& filter) {
  const auto records = registry.list(filter);
  if (!records) return forward_error(records);
  Json models = Json::array();
  for (const auto& record : *records) {
    const auto sound = stored_manifest(record);
    const auto manifest = manifest_json_of(record);
    const auto said = [&](const char* pointer) {
      return manifest ? manifest->at(Json::json_pointer(pointer)) : Json();
    };
    models.push_back({{"model_type", slot_name(record.slot)},
                      {"scope", record.slot.scope},
                      {"version", record.version.str()},
                      {"status", to_string(record.status)},
                      {"pruned", record.pruned},
                      {"trained_at", said("/created_as_of")},
                      {"learned_until", sound ? Json(to_string(sound->learned_until)) : Json()},
                      {"data_from", said("/training/from")},
                      {"data_to", said("/training/to")},
                      {"rows", said("/training/rows")},
                      {"features_hash", said("/features/hash")},
                      {"metrics", manifest ? manifest->at("metrics") : Json::object()},
                      {"problem", manifest ? Json() : to_json(manifest.error())}});
  }
  return Json{{"models", std::move(models)}};
}

Result<Json> show_document(const Registry& registry, std::string_view version) {
  const auto record = registry.find(version);
  if (!record) return forward_error(record);
  const auto sound = stored_manifest(*record);
  if (!sound) return forward_error(sound);
  auto manifest = Json::parse(record->manifest_json);
  const auto events = registry.events_of(record->version);
  if (!events) return forward_error(events);
  const auto evidence = registry.latest_evidence(record->version);
  if (!evidence) return forward_error(evidence);
  Json lines = Json::array();
  for (const auto& event : *events) lines.push_back(to_json(event));
  return Json{{"version", record->version.str()},
              {"model_type", slot_name(record->slot)},
              {"scope", record->slot.scope},
              {"status", to_string(record->status)},
              {"pruned", record->pruned},
              {"learned_until", to_string(sound->learned_until)},
              {"manifest", std::move(manifest)},
              {"evidence", evidence->empty() ? Json::object() : Json::parse(*evidence, nullptr, false)},
              {"events", std::move(lines)}};
}

Result<Json> history_document(const Registry& registry, std::string_view name, int limit) {
  const bool is_of_one_recipe = name.find('/') != std::string_view::npos;
  const auto events = is_of_one_recipe ? registry.history_of(slot_of(name), limit) : registry.history(name, limit);
  if (!events) return forward_error(events);
  Json lines = Json::array();
  for (const auto& event : *events) lines.push_back(to_json(event));
  return Json{{"model_type", name}, {"events", std::move(lines)}};
}

Json verify_document(const std::vector<Registry::Check>& checks) {
  Json versions = Json::array();
  for (const auto& check : checks) {
    versions.push_back({{"version", check.version.str()},
                        {"model_type", slot_name(check.slot)},
                        {"ok", check.ok()},
                        {"problem", check.problem ? to_json(*check.problem) : Json()},
                        {"note", check.note}});
  }
  return Json{{"versions", std::move(versions)}};
}

Result<Json> diff_document(const Registry& registry, std::string_view a, std::string_view b) {
  const auto record_a = registry.find(a);
  if (!record_a) return forward_error(record_a);
  const auto record_b = registry.find(b);
  if (!record_b) return forward_error(record_b);
  const auto left = manifest_json_of(*record_a);
  if (!left) return forward_error(left);
  const auto right = manifest_json_of(*record_b);
  if (!right) return forward_error(right);

  const auto data = {"training", "data_fingerprint", "learned_until"};
  const auto recipe = {"model_type", "scope", "seed", "threads"};
  const auto build = {"libraries", "program", "parent", "created_as_of"};
  Json document = {{"a", record_a->version.str()},
                   {"b", record_b->version.str()},
                   {"recipe", differences(part(*left, recipe), part(*right, recipe))},
                   {"features", feature_differences(left->at("features"), right->at("features"))},
                   {"data", differences(part(*left, data), part(*right, data))},
                   {"build", differences(part(*left, build), part(*right, build))},
                   {"members", differences(members_by_type(*left), members_by_type(*right))},
                   {"files", differences(files_by_name(*left), files_by_name(*right))}};
  for (const char* field : {"parameters", "label", "protocol", "metrics"})
    document[field] = differences(left->at(field), right->at(field));
  document["same_bits"] = document.at("files").empty();
  return document;
}

}  // namespace clm
