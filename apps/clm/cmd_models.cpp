// models, show, history, diff, verify: what the registry knows.
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry/registry_report.hpp"
#include "session.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

std::string text_of(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }
/// The table shows beginnings; --json and `clm show` have the whole sentence.
std::string shortened(std::string text) {
  constexpr std::size_t kShownBytes = 90;
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes - 3) + "...";
  return text;
}

double number_of(const nlohmann::json& object, const char* key) {
  return object.contains(key) && object[key].is_number() ? object[key].get<double>() : kMissing;
}

struct Opened {
  std::unique_ptr<Session> session;
  Registry* registry;
};
Result<Opened> open(Program& program) {
  auto session = Session::open(program);
  if (!session) return forward_error(session);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  return Opened{std::move(*session), *registry};
}

Result<int> run_models(Program& program, const std::string& model_type) {
  const auto opened = open(program);
  if (!opened) return forward_error(opened);
  const auto document = models_document(*opened->registry, Registry::Filter{model_type, {}, {}});
  if (!document) return forward_error(document);
  TextTable table(
      {"type", "version", "status", "data from", "data to", "rows", "rank IC", "hit rate", "net bps/trade"});
  for (const auto& m : (*document)["models"])
    table.add({text_of(m["model_type"]), text_of(m["version"]), text_of(m["status"]),
               text_of(m["data_from"]).substr(0, 10), text_of(m["data_to"]).substr(0, 10),
               grouped(m["rows"].get<long long>()), fixed(number_of(m["metrics"], "rank_ic"), 4),
               fixed(number_of(m["metrics"], "hit_rate"), 4), fixed(number_of(m["metrics"], "net_bps_per_trade"), 1)});
  program.print(*document, table.empty() ? "No versions yet: clm cycle makes some.\n" : table.render());
  return 0;
}

Result<int> run_show(Program& program, const std::string& version) {
  const auto opened = open(program);
  if (!opened) return forward_error(opened);
  const auto document = show_document(*opened->registry, version);
  if (!document) return forward_error(document);
  const auto& d = *document;
  const auto& manifest = d["manifest"];
  std::string text = text_of(d["model_type"]) + " " + text_of(d["version"]) + ": " + text_of(d["status"]) + "\n\n";
  text += "trained on  " + text_of(manifest["training"]["from"]) + " to " + text_of(manifest["training"]["to"]) + ", " +
          grouped(manifest["training"]["rows"].get<long long>()) + " rows, features " +
          text_of(manifest["features"]["set"]) + "\n";
  text += "label       " + manifest["label"].dump() + "\nparameters  " + manifest["parameters"].dump() + "\nfiles\n";
  for (const auto& file : manifest["files"])
    text += "  " + text_of(file["name"]) + "  " + grouped(file["bytes"].get<long long>()) + " bytes  sha256 " +
            text_of(file["sha256"]).substr(0, 16) + "...\n";
  if (d["evidence"].contains("verdict")) {
    text += "\nverdict " + text_of(d["evidence"]["verdict"]["decision"]) + "\n";
    for (const auto& reason : d["evidence"]["verdict"]["reasons"]) text += "  - " + text_of(reason) + "\n";
  }
  text += "\nevents\n";
  for (const auto& event : d["events"])
    text += "  " + text_of(event["at"]) + "  " + text_of(event["from"]) + " -> " + text_of(event["to"]) + "  by " +
            text_of(event["actor"]) + ": " + text_of(event["reason"]) + "\n";
  program.print(d, text);
  return 0;
}

Result<int> run_history(Program& program, const std::string& model_type, int limit) {
  const auto opened = open(program);
  if (!opened) return forward_error(opened);
  const auto document = history_document(*opened->registry, model_type, limit);
  if (!document) return forward_error(document);
  TextTable table({"at", "type", "version", "from", "to", "by", "reason"});
  for (const auto& e : (*document)["events"])
    table.add({text_of(e["at"]), text_of(e["model_type"]), text_of(e["version"]), text_of(e["from"]), text_of(e["to"]),
               text_of(e["actor"]), shortened(text_of(e["reason"]))});
  program.print(*document, table.empty() ? "Nothing has happened yet.\n" : table.render());
  return 0;
}

Result<int> run_diff(Program& program, const std::string& a, const std::string& b) {
  const auto opened = open(program);
  if (!opened) return forward_error(opened);
  const auto document = diff_document(*opened->registry, a, b);
  if (!document) return forward_error(document);
  TextTable table({"what", a, b});
  for (const auto& [section, content] : document->items()) {
    if (!content.is_object()) continue;
    for (const auto& [key, pair] : content.items())
      if (pair.is_array() && pair.size() == 2) table.add({section + " " + key, text_of(pair[0]), text_of(pair[1])});
  }
  program.print(*document, table.empty() ? "No difference.\n" : table.render());
  return 0;
}

Result<int> run_verify(Program& program) {
  const auto opened = open(program);
  if (!opened) return forward_error(opened);
  const auto checks = opened->registry->verify_all();
  if (!checks) return forward_error(checks);
  std::size_t broken = 0;
  std::string text;
  for (const auto& check : *checks) {
    if (!check.ok()) ++broken;
    text += (check.ok() ? "ok      " : "BROKEN  ") + check.model_type + " " + check.version.str() +
            (check.ok() ? (check.note.empty() ? "" : "  " + check.note) : "  " + to_string(*check.problem)) + "\n";
  }
  text += std::to_string(checks->size()) + " versions, " + std::to_string(broken) + " broken\n";
  program.print(verify_document(*checks), text);
  return broken == 0 ? 0 : static_cast<int>(ErrorKind::integrity);
}

}  // namespace

void add_models(CLI::App& app, Commands& commands) {
  auto type = std::make_shared<std::string>();
  auto* command = app.add_subcommand("models", "The versions, newest first");
  command->add_option("--type", *type, "Only this model type")->type_name("MODEL_TYPE");
  commands.push_back({command, [type](Program& program) { return run_models(program, *type); }});
}

void add_show(CLI::App& app, Commands& commands) {
  auto version = std::make_shared<std::string>();
  auto* command = app.add_subcommand("show", "Everything about a version: manifest, evidence, events");
  command->add_option("version", *version, "Version, or its beginning")->required()->type_name("VERSION");
  commands.push_back({command, [version](Program& program) { return run_show(program, *version); }});
}

void add_history(CLI::App& app, Commands& commands) {
  auto type = std::make_shared<std::string>();
  auto limit = std::make_shared<int>(1000);
  auto* command = app.add_subcommand("history", "The audit trail");
  command->add_option("model_type", *type, "Only this model type")->type_name("MODEL_TYPE");
  command->add_option("--limit", *limit, "Newest events at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  commands.push_back({command, [type, limit](Program& program) { return run_history(program, *type, *limit); }});
}

void add_diff(CLI::App& app, Commands& commands) {
  auto versions = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("diff", "What differs between two versions");
  command->add_option("versions", *versions, "Two versions")->required()->expected(2)->type_name("A B");
  commands.push_back(
      {command, [versions](Program& program) { return run_diff(program, versions->at(0), versions->at(1)); }});
}

void add_verify(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("verify", "Compare every stored byte with what its manifest says");
  commands.push_back({command, [](Program& program) { return run_verify(program); }});
}

}  // namespace clm::app
