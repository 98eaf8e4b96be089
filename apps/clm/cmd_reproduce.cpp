#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "learning/reproduce.hpp"
#include "learning_place.hpp"
#include "session.hpp"

namespace clm::app {
namespace {

struct Flags {
  std::string version;
  bool all = false;
};

nlohmann::json document_of(const Reproduction& r) {
  return {{"version", r.version.str()},
          {"identical", r.identical},
          {"expected", r.expected},
          {"got", r.got},
          {"difference", r.difference}};
}

Result<int> run(Program& program, const Flags& flags) {
  const auto session = Session::open(program);
  if (!session) return forward_error(session);
  const auto lock = (*session)->workspace().lock_cycle("clm reproduce");
  if (!lock) return forward_error(lock);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  const auto series = (*session)->context_series();
  if (!series) return forward_error(series);

  std::vector<VersionRecord> asked;
  if (flags.all) {
    const auto versions = (*registry)->list();
    if (!versions) return forward_error(versions);
    for (const auto& version : *versions)
      if (!version.pruned) asked.push_back(version);
  } else {
    const auto version = (*registry)->find(flags.version);
    if (!version) return forward_error(version);
    asked.push_back(*version);
  }
  const RunContext run = program.context();
  auto list = nlohmann::json::array();
  std::string text;
  std::size_t different = 0;
  for (const auto& version : asked) {
    const auto manifest = read_manifest(version.manifest_json);
    if (!manifest) return forward_error(manifest);
    const auto context = StoreContextSource::open(**series, manifest->created_as_of);
    if (!context) return forward_error(context);
    const OpenCandles open = [&](const Protocol& protocol) { return open_protocol_candles(**session, protocol); };
    const auto outcome = reproduce(**registry, version, open, &*context, run);
    if (!outcome) return forward_error(outcome);
    if (!outcome->identical) ++different;
    list.push_back(document_of(*outcome));
    text += version.slot.model_type + " " + version.version.str() +
            (outcome->identical ? ": identical, every byte\n" : ": DIFFERENT: " + outcome->difference + "\n");
  }
  program.print(flags.all ? nlohmann::json{{"versions", list}} : list.front(), text.empty() ? "No versions.\n" : text);
  return different == 0 ? 0 : static_cast<int>(ErrorKind::integrity);
}

}  // namespace

void add_reproduce(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("reproduce", "Train a version again and compare the bits");
  auto* version = command->add_option("version", flags->version, "Version, or its beginning")->type_name("VERSION");
  auto* all = command->add_flag("--all", flags->all, "Every stored version");
  version->excludes(all);
  command->callback([flags] {
    if (!flags->all && flags->version.empty()) throw CLI::RequiredError("VERSION or --all");
  });
  commands.push_back({command, [flags](Program& program) { return run(program, *flags); }});
}

}  // namespace clm::app
