#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"
#include "learning/cycle/reproduce.hpp"
#include "workspace/market_view.hpp"

namespace clm::app {
namespace {

constexpr const char* kReproduceDocument = R"(Document (--json)
  {version, identical, expected, got, difference,
  stored: whole|broken|removed, problem, restored, status}
  stored: what lies in the workspace now. problem: what is wrong with it, or
  null. With --all: {versions: [...]}.)";

struct ReproduceFlags {
  std::string version;
  bool all = false;
  bool restore = false;
};

/// One version, and what was found and done.
struct Entry {
  VersionRecord record;  ///< as it stands now
  Reproduction found;
  bool restored = false;
  bool was_failed = false;
};

bool is_broken(const Entry& entry) { return entry.found.stored && !entry.record.pruned && !entry.restored; }

nlohmann::json document_of(const Entry& entry) {
  const Reproduction& r = entry.found;
  const char* stored = !r.stored || entry.restored ? "whole" : entry.record.pruned ? "removed" : "broken";
  return {{"version", r.version.str()},
          {"identical", r.identical},
          {"expected", r.expected},
          {"got", r.got},
          {"difference", r.difference},
          {"stored", stored},
          {"problem", is_broken(entry) ? nlohmann::json(r.stored->message) : nlohmann::json()},
          {"restored", entry.restored},
          {"status", to_string(entry.record.status)}};
}

std::string describe(const Entry& entry) {
  const Reproduction& r = entry.found;
  const std::string version = r.version.str();
  std::string text = slot_name(entry.record.slot) + " " + version + ": ";
  if (!r.identical) {
    text += "DIFFERENT: " + r.difference + "\n";
    if (r.stored) text += "  What is stored is not whole (" + r.stored->message + ") and cannot be put back.\n";
    return text;
  }
  text += "trained again, identical, every byte\n";
  if (entry.restored) {
    text += "  Its bytes are put back.";
    if (entry.was_failed)
      text += " It had failed for them and is a candidate again; to make it active: clm promote " + version +
              " --reason TEXT";
    return text + "\n";
  }
  if (!r.stored) return text;
  if (entry.record.pruned) return text + "  Retention removed its files. --restore puts them back.\n";
  return text + "  But the STORED bytes are BROKEN: " + r.stored->message + " (" + r.stored->where +
         ")\n  Put them back: clm reproduce " + version + " --restore\n";
}

Result<Entry> reproduce_one(Program& program, Workspace& workspace, Registry& registry, const VersionRecord& record,
                            const ReproduceFlags& flags) {
  const auto manifest = stored_manifest(record);
  if (!manifest) return forward_error(manifest);
  const auto learned = read_protocol(manifest->protocol_json);
  if (!learned) return forward_error(learned);
  const auto context = open_protocol_context(workspace, *learned, manifest->created_as_of);
  if (!context) return forward_error(context);
  const OpenCandles open = [&](const Protocol& protocol) { return open_protocol_candles(workspace, protocol); };
  auto found = reproduce(registry, record, open, &*context, program.context());
  if (!found) return forward_error(found);
  Entry entry{record, std::move(*found), false, record.status == VersionStatus::failed};
  if (!flags.restore || !entry.found.stored || !entry.found.again) return entry;
  const Decision decision = persons_decision(program, "trained again to the same bytes, which were put back", {});
  auto back = registry.put_back(record, std::move(*entry.found.again), decision);
  if (!back) return forward_error(back);
  entry.record = std::move(*back);
  entry.restored = true;
  return entry;
}

Result<std::vector<VersionRecord>> asked_for(const Registry& registry, const ReproduceFlags& flags) {
  if (flags.all) {
    auto versions = registry.list();
    if (versions) std::erase_if(*versions, [](const VersionRecord& version) { return version.pruned; });
    return versions;
  }
  auto version = registry.find(flags.version);
  if (!version) return forward_error(version);
  return std::vector<VersionRecord>{std::move(*version)};
}

Result<int> run_reproduce(Program& program, const ReproduceFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  const auto lock = (*workspace)->directory().lock_cycle("clm reproduce");
  if (!lock) return forward_error(lock);
  const auto registry = (*workspace)->registry();
  if (!registry) return forward_error(registry);
  const auto asked = asked_for(**registry, flags);
  if (!asked) return forward_error(asked);
  auto list = nlohmann::json::array();
  std::string text;
  bool all_well = true;
  for (const auto& version : *asked) {
    const auto entry = reproduce_one(program, **workspace, **registry, version, flags);
    if (!entry) return forward_error(entry);
    all_well = all_well && entry->found.identical && !is_broken(*entry);
    list.push_back(document_of(*entry));
    text += describe(*entry);
  }
  if (flags.restore) {  // ensembles are whole again with their members
    const auto whole = (*registry)->reconcile(*lock, program.clock().now());
    if (!whole) return forward_error(whole);
    for (const VersionId& version : whole->whole)
      text += version.str() + " is whole again too, and a candidate: clm promote " + version.str() + " --reason TEXT\n";
  }
  program.print(flags.all ? nlohmann::json{{"versions", list}} : list.front(), text.empty() ? "No versions.\n" : text);
  return all_well ? 0 : static_cast<int>(ErrorKind::integrity);
}

}  // namespace

void add_reproduce(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ReproduceFlags>();
  auto* command = app.add_subcommand("reproduce", "Train a version again and compare the bits; put lost bytes back");
  command->footer(kReproduceDocument);
  auto* version = command->add_option("version", flags->version, "Version, or its beginning")->type_name("VERSION");
  auto* all = command->add_flag("--all", flags->all, "Every stored version");
  command->add_flag("--restore", flags->restore,
                    "Where the stored bytes are broken or gone, put the identical ones in their place");
  version->excludes(all);
  command->callback([flags] {
    if (!flags->all && flags->version.empty()) throw CLI::RequiredError("VERSION or --all");
  });
  commands.push_back({command, [flags](Program& program) { return run_reproduce(program, *flags); }});
}

}  // namespace clm::app
