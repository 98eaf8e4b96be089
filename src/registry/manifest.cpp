#include "registry/manifest.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hash.hpp"

namespace clm {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNameLength = 64;
constexpr std::size_t kMaxFileNameLength = 128;
constexpr std::size_t kVersionIdDigits = 12;

bool is_sha256(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_file_name(std::string_view name) {
  if (const auto slash = name.find('/'); slash != std::string_view::npos)
    return is_plain_name(name.substr(0, slash)) && name.find('/', slash + 1) == std::string_view::npos &&
           is_file_name(name.substr(slash + 1));
  if (name.empty() || name.size() > kMaxFileNameLength || name.front() == '.' || name == "manifest.json") return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; });
}

/// The time as the manifest spells it, or nothing if the text is another spelling of it.
std::optional<Timestamp> canonical_time(const std::string& text) {
  constexpr std::size_t kLongest = std::string_view("2025-08-22T10:00:00.250Z").size();
  if (text.size() > kLongest || text.find_first_not_of("0123456789-:.TZ") != std::string::npos) return std::nullopt;
  const auto parsed = parse_timestamp(text);
  if (!parsed || to_string(*parsed) != text) return std::nullopt;
  return *parsed;
}

/// Of a member: "lightgbm", "lightgbm/yearly".
bool is_slot_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  return is_plain_name(name.substr(0, slash)) &&
         (slash == std::string_view::npos || is_recipe_name(name.substr(slash + 1)));
}

/// The first rule that a manifest breaks: field and reason. Reader and writer share it.
std::optional<std::pair<std::string, std::string>> broken_rule(const Manifest& m) {
  using Problem = std::pair<std::string, std::string>;
  const auto rule = [](std::string field, std::string why) {
    return std::optional<Problem>(Problem{std::move(field), std::move(why)});
  };
  if (!is_plain_name(m.model_type)) return rule("model_type", "must be 1-64 of a-z, 0-9, '_'");
  if (!is_recipe_name(m.scope)) return rule("scope", "must be 1-64 of a-z, 0-9, '_', '-'");
  if (m.feature_set.empty()) return rule("features/set", "must not be empty");
  if (m.feature_hash.empty()) return rule("features/hash", "must not be empty");
  if (m.training_span.empty()) return rule("training/to", "must be later than training/from");
  if (!canonical_time(to_string(m.training_span.from))) return rule("training/from", "is not a calendar time");
  if (!canonical_time(to_string(m.training_span.to))) return rule("training/to", "is not a calendar time");
  if (!canonical_time(to_string(m.created_as_of))) return rule("created_as_of", "is not a calendar time");
  if (m.schema != 1 && m.schema != Manifest::kSchema) return rule("schema", "is neither 1 nor that of this program");
  if (m.schema > 1) {
    if (!canonical_time(to_string(m.learned_until))) return rule("learned_until", "is not a calendar time");
    if (m.learned_until <= m.training_span.from) return rule("learned_until", "must be later than training/from");
    if (m.learned_until > m.created_as_of) return rule("learned_until", "must not be later than created_as_of");
  }
  if (m.threads < 1) return rule("threads", "must be at least 1");
  if (m.members.empty() == (m.model_type == kEnsembleType))
    return rule("members", "must be there in an ensemble and nowhere else");
  for (std::size_t i = 0; i < m.members.size(); ++i) {
    const std::string field = "members/" + std::to_string(i);
    const ManifestMember& member = m.members[i];
    if (!is_slot_name(member.model_type))
      return rule(field + "/model_type", "must be 1-64 of a-z, 0-9, '_', and maybe the name of a recipe behind a '/'");
    if (member.model_type == kEnsembleType) return rule(field + "/model_type", "must not be an ensemble itself");
    if (member.version.empty()) return rule(field + "/version", "must not be empty");
    if (!(member.weight >= 0 && member.weight <= 1)) return rule(field + "/weight", "must be from 0 to 1");
    const auto place = [](const ManifestMember& one) { return std::tie(one.model_type, one.version); };
    if (i > 0 && place(m.members[i - 1]) >= place(member))
      return rule(field + "/version", "members must be ascending by model type and version, each once");
  }
  if (m.files.empty()) return rule("files", "must name at least one file");
  for (std::size_t i = 0; i < m.files.size(); ++i) {
    const std::string field = "files/" + std::to_string(i);
    if (!is_file_name(m.files[i].name)) return rule(field + "/name", "is not a plain file name");
    if (!is_sha256(m.files[i].sha256)) return rule(field + "/sha256", "must be 64 lower-case hex digits");
    if (m.files[i].bytes == 0) return rule(field + "/bytes", "must not be 0");
    if (i > 0 && m.files[i - 1].name >= m.files[i].name)
      return rule(field + "/name", "files must be ascending by name, each once");
  }
  return std::nullopt;
}

/// Parses with the limits that the reader promises. The text of the problem on failure.
tl::expected<Json, std::string> parse_bounded(std::string_view bytes) {
  std::string problem;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth && problem.empty()) problem = "nested deeper than " + std::to_string(kMaxDepth);
    if (!problem.empty()) return false;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get_ref<const std::string&>()).second)
      problem = "the key \"" + parsed.get<std::string>() + "\" appears twice";
    return problem.empty();
  };
  try {
    Json document = Json::parse(bytes, watch);
    if (!problem.empty()) return tl::make_unexpected(problem);
    return document;
  } catch (const Json::exception& error) {
    return tl::make_unexpected(problem.empty() ? std::string(error.what()) : problem);
  }
}

/// Takes the fields of one object out by name, so that what is left over is unknown. Keeps the first error.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string path, const std::string& file, std::optional<Error>& error)
      : object_(object), path_(std::move(path)), file_(file), error_(error) {
    if (!object_.is_object()) refuse("manifest.field_type", path_.empty() ? "the document" : path_, "is not an object");
  }

  const Json* take(const std::string& name) {
    if (error_) return nullptr;
    seen_.insert(name);
    const auto found = object_.find(name);
    if (found == object_.end()) {
      refuse("manifest.missing_field", path_ + name, "is missing");
      return nullptr;
    }
    return &*found;
  }
  std::string text(const std::string& name) {
    const Json* value = take(name);
    if (value == nullptr || !typed(value->is_string(), name, "a text")) return {};
    return value->get<std::string>();
  }
  std::uint64_t count(const std::string& name) {
    const Json* value = take(name);
    if (value == nullptr || !typed(value->is_number_unsigned(), name, "a whole number that is not negative")) return 0;
    return value->get<std::uint64_t>();
  }
  double number(const std::string& name) {
    const Json* value = take(name);
    if (value == nullptr || !typed(value->is_number(), name, "a number")) return 0;
    return value->get<double>();
  }
  bool has(const std::string& name) const { return object_.is_object() && object_.contains(name); }
  Timestamp time(const std::string& name) {
    const std::string spelled = text(name);
    if (error_) return {};
    const auto parsed = canonical_time(spelled);
    if (!parsed) refuse("manifest.field_value", path_ + name, "is not a time like 2025-08-22T10:00:00Z");
    return parsed.value_or(Timestamp());
  }
  std::string object_text(const std::string& name) {
    const Json* value = take(name);
    if (value == nullptr || !typed(value->is_object(), name, "an object")) return {};
    return value->dump();
  }
  const Json& array(const std::string& name) {
    static const Json nothing = Json::array();
    const Json* value = take(name);
    return value != nullptr && typed(value->is_array(), name, "a list") ? *value : nothing;
  }
  const Json& object(const std::string& name) {
    static const Json nothing = Json::object();
    const Json* value = take(name);
    return value != nullptr && typed(value->is_object(), name, "an object") ? *value : nothing;
  }
  void refuse_others() {
    if (error_) return;
    for (const auto& item : object_.items())
      if (!seen_.contains(item.key())) return refuse("manifest.unknown_field", path_ + item.key(), "is not known");
  }
  void refuse(const std::string& code, const std::string& field, const std::string& why) {
    if (!error_) error_ = Error{ErrorKind::integrity, code, "field \"" + field + "\" " + why, file_, {}};
  }

 private:
  bool typed(bool right, const std::string& name, const std::string& kind) {
    if (!right) refuse("manifest.field_type", path_ + name, "is not " + kind);
    return right;
  }

  const Json& object_;
  std::string path_;
  const std::string& file_;
  std::optional<Error>& error_;
  std::set<std::string> seen_;
};

/// The entries of a list, each read by `read`, up to the first that is wrong, which `error` then says.
template <typename Item, typename Read>
std::vector<Item> take_list(ObjectReader& top, const std::string& name, const std::string& file,
                            std::optional<Error>& error, Read read) {
  std::vector<Item> items;
  for (const Json& entry : top.array(name)) {
    ObjectReader one(entry, name + "/" + std::to_string(items.size()) + "/", file, error);
    Item item = read(one);
    one.refuse_others();
    if (error) return items;
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<ManifestMember> take_members(ObjectReader& top, const std::string& file, std::optional<Error>& error) {
  auto members = take_list<ManifestMember>(top, "members", file, error, [](ObjectReader& one) {
    ManifestMember read;
    read.model_type = one.text("model_type");
    read.version = one.text("version");
    read.weight = one.number("weight");
    return read;
  });
  if (members.empty()) top.refuse("manifest.field_value", "members", "must not be empty");
  return members;
}

std::vector<ManifestFile> take_files(ObjectReader& top, const std::string& file, std::optional<Error>& error) {
  return take_list<ManifestFile>(top, "files", file, error, [](ObjectReader& one) {
    ManifestFile read;
    read.name = one.text("name");
    read.sha256 = one.text("sha256");
    read.bytes = one.count("bytes");
    return read;
  });
}

/// Of a manifest that does not say it (see `Manifest::learned_until`). Labels and bars are spelled as learning spells
/// them; where they are not there, all that is known is that nothing later than `created_as_of` was.
Timestamp latest_learned_until(const Manifest& m) {
  try {
    const Json label = Json::parse(m.label_json);
    const auto bar = Interval::parse(Json::parse(m.protocol_json).at("interval").get<std::string>());
    const std::int64_t bars =
        std::int64_t{1} + label.value("entry_delay_bars", 0) + label.at("horizon_bars").get<int>();
    if (!bar || bars < 1) return m.created_as_of;
    return std::min(m.created_as_of, m.training_span.to - Duration(1) + bar->length() * bars);
  } catch (const Json::exception&) {
    return m.created_as_of;
  }
}

Manifest take_fields(const Json& document, const std::string& file, std::optional<Error>& error) {
  Manifest m;
  ObjectReader top(document, "", file, error);
  if (const Json* schema = top.take("schema"); schema != nullptr) {
    if (*schema == 1)
      m.schema = 1;
    else if (*schema != Manifest::kSchema)
      top.refuse("manifest.schema", "schema",
                 "is " + schema->dump() + "; this program reads 1 to " + std::to_string(Manifest::kSchema) +
                     ", made by another version of clm");
  }
  m.model_type = top.text("model_type");
  m.scope = top.text("scope");
  m.parameters_json = top.object_text("parameters");
  m.label_json = top.object_text("label");
  m.protocol_json = top.object_text("protocol");
  m.metrics_json = top.object_text("metrics");
  m.data_fingerprint = top.text("data_fingerprint");
  m.seed = top.count("seed");
  const std::uint64_t threads = top.count("threads");
  if (threads > 1024) top.refuse("manifest.field_value", "threads", "is beyond 1024");
  m.threads = static_cast<int>(std::min<std::uint64_t>(threads, 1024));
  m.parent = top.text("parent");
  m.created_as_of = top.time("created_as_of");
  if (m.schema > 1) m.learned_until = top.time("learned_until");

  ObjectReader features(top.object("features"), "features/", file, error);
  m.feature_set = features.text("set");
  m.feature_hash = features.text("hash");
  for (const Json& name : features.array("names")) {
    if (!name.is_string()) features.refuse("manifest.field_type", "features/names", "holds something that is no text");
    if (error) return m;
    m.feature_names.push_back(name.get<std::string>());
  }
  features.refuse_others();

  ObjectReader training(top.object("training"), "training/", file, error);
  m.training_span.from = training.time("from");
  m.training_span.to = training.time("to");
  m.training_rows = training.count("rows");
  training.refuse_others();

  ObjectReader program(top.object("program"), "program/", file, error);
  m.program_version = program.text("version");
  m.git_commit = program.text("git_commit");
  program.refuse_others();

  for (const auto& item : top.object("libraries").items()) {
    if (!item.value().is_string()) top.refuse("manifest.field_type", "libraries/" + item.key(), "is not a text");
    if (error) return m;
    m.libraries[item.key()] = item.value().get<std::string>();
  }
  if (top.has("batches")) m.batches_json = top.object_text("batches");
  if (top.has("members")) m.members = take_members(top, file, error);
  m.files = take_files(top, file, error);
  top.refuse_others();
  if (!error && m.schema == 1) m.learned_until = latest_learned_until(m);
  return m;
}

tl::unexpected<Error> own_mistake(const std::string& field, const std::string& why) {
  return fail(ErrorKind::defect, "manifest.field_value", "field \"" + field + "\" " + why, "manifest to be written");
}

/// The fields that decide the bits.
Result<Json> identity(const Manifest& m) {
  if (const auto problem = broken_rule(m)) return own_mistake(problem->first, problem->second);
  Json document;
  for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"parameters", m.parameters_json},
                                   {"label", m.label_json},
                                   {"protocol", m.protocol_json}}) {
    auto parsed = parse_bounded(text);
    if (!parsed || !parsed->is_object()) return own_mistake(name, "is not one JSON object: " + text);
    document[name] = std::move(*parsed);
  }
  document["schema"] = m.schema;
  document["model_type"] = m.model_type;
  document["scope"] = m.scope;
  document["features"] = {{"set", m.feature_set}, {"hash", m.feature_hash}, {"names", m.feature_names}};
  document["training"] = {
      {"from", to_string(m.training_span.from)}, {"to", to_string(m.training_span.to)}, {"rows", m.training_rows}};
  document["data_fingerprint"] = m.data_fingerprint;
  document["seed"] = m.seed;
  document["threads"] = m.threads;
  if (!m.members.empty()) {
    Json members = Json::array();
    for (const auto& member : m.members)
      members.push_back({{"model_type", member.model_type}, {"version", member.version}, {"weight", member.weight}});
    document["members"] = std::move(members);
  }
  Json files = Json::array();
  for (const auto& file : m.files)
    files.push_back({{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  document["files"] = std::move(files);
  return document;
}

Result<std::string> canonical(const Json& document) {
  try {
    return document.dump(2) + "\n";
  } catch (const Json::exception& error) {
    return own_mistake("text", std::string("is not UTF-8: ") + error.what());
  }
}

}  // namespace

bool is_plain_name(std::string_view name) { return is_recipe_name(name) && name.find('-') == std::string_view::npos; }

bool is_recipe_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameLength && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Result<std::string> write_manifest(const Manifest& manifest) {
  auto document = identity(manifest);
  if (!document) return forward_error(document);
  auto metrics = parse_bounded(manifest.metrics_json);
  if (!metrics || !metrics->is_object()) return own_mistake("metrics", "is not one JSON object");
  (*document)["metrics"] = std::move(*metrics);
  if (!manifest.batches_json.empty()) {
    auto batches = parse_bounded(manifest.batches_json);
    if (!batches || !batches->is_object()) return own_mistake("batches", "is not one JSON object");
    (*document)["batches"] = std::move(*batches);
  }
  (*document)["libraries"] = manifest.libraries;
  (*document)["program"] = {{"version", manifest.program_version}, {"git_commit", manifest.git_commit}};
  (*document)["parent"] = manifest.parent;
  (*document)["created_as_of"] = to_string(manifest.created_as_of);
  if (manifest.schema > 1) (*document)["learned_until"] = to_string(manifest.learned_until);
  return canonical(*document);
}

Result<Manifest> read_manifest(std::string_view bytes, const std::string& name) {
  if (bytes.size() > Manifest::kMaxBytes)
    return fail(ErrorKind::integrity, "manifest.too_large",
                "larger than " + std::to_string(Manifest::kMaxBytes) + " bytes", name);
  const auto document = parse_bounded(bytes);
  if (!document) return fail(ErrorKind::integrity, "manifest.syntax", document.error(), name);
  std::optional<Error> error;
  Manifest manifest = take_fields(*document, name, error);
  if (error) return tl::unexpected<Error>(*error);
  if (const auto problem = broken_rule(manifest))
    return fail(ErrorKind::integrity, "manifest.field_value", "field \"" + problem->first + "\" " + problem->second,
                name);
  return manifest;
}

Result<VersionId> version_id(const Manifest& manifest) {
  const auto document = identity(manifest);
  if (!document) return forward_error(document);
  const auto bytes = canonical(*document);
  if (!bytes) return forward_error(bytes);
  return VersionId(std::string_view(sha256_hex(*bytes)).substr(0, kVersionIdDigits));
}

}  // namespace clm
