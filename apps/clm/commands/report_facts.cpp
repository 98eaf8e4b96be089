#include "report_facts.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

#include "commands/voters.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "registry/manifest.hpp"
#include "version_explanation.hpp"
#include "workspace/speaking_versions.hpp"
#include "workspace/stored_quality.hpp"
#include "workspace/workspace_status.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;

constexpr int kCyclesShown = 200;
constexpr int kEventsRead = 100'000;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}
double number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : kUnknown;
}

std::vector<std::pair<std::string, std::string>> facts_of(const VersionRecord& record, const Manifest& m) {
  std::vector<std::pair<std::string, std::string>> facts{
      {"Model type", m.model_type},
      {"Version", record.version.str()},
      {"Status",
       std::string(to_string(record.status)) + (record.pruned ? ", its files were removed by retention" : "")},
      {"Trained on decisions from", to_string(m.training_span.from)},
      {"Trained on decisions to, those it was calibrated by included", to_string(m.training_span.to)},
      {"Learned until (the last label that it was fitted on)", to_string(m.learned_until)},
      {"Trained as of", to_string(m.created_as_of)},
      {"Training rows", number_text(static_cast<double>(m.training_rows), 0)},
      {"Seed", std::to_string(m.seed)},
      {"Threads", std::to_string(m.threads)},
      {"Feature set",
       m.feature_set + ", " + std::to_string(m.feature_names.size()) + " features, hash " + m.feature_hash},
      {"Label", m.label_json},
      {"Parameters", m.parameters_json},
      {"Training protocol", m.protocol_json},
      {"Fingerprint of the data", m.data_fingerprint},
      {"SHA-256 of the manifest", record.manifest_sha256},
      {"Active version at the time", m.parent.empty() ? "none" : m.parent},
      {"Made by", "clm " + m.program_version + ", commit " + m.git_commit}};
  for (const auto& member : m.members)
    facts.emplace_back("Member " + member.model_type + " " + member.version, "weight " + number_text(member.weight, 3));
  for (const auto& [library, version] : m.libraries) facts.emplace_back("Library " + library, version);
  for (const auto& file : m.files)
    facts.emplace_back("File " + file.name,
                       number_text(static_cast<double>(file.bytes), 0) + " bytes, SHA-256 " + file.sha256);
  return facts;
}

/// The members of an ensemble and why it was made; none of another version.
Result<std::optional<LineupFigures>> lineup_of(const Registry& registry, const LearningOptions& learning,
                                               const Manifest& manifest, const std::string& why) {
  if (manifest.model_type != kEnsembleType) return std::optional<LineupFigures>();
  std::set<VersionId> versions;
  for (const auto& member : manifest.members) versions.insert(VersionId(member.version));
  const auto names = recipe_names(registry, learning, versions);
  if (!names) return forward_error(names);
  LineupFigures lineup{why, {}};
  for (const auto& member : manifest.members) {
    const auto its = registry.find(member.version).and_then(stored_manifest);
    lineup.members.push_back({member.model_type, names->of(member.model_type, VersionId(member.version)),
                              member.version, its ? std::optional(its->learned_until) : std::nullopt, member.weight});
  }
  std::stable_sort(lineup.members.begin(), lineup.members.end(), [](const auto& a, const auto& b) {
    return std::tie(a.model_type, b.learned_until) < std::tie(b.model_type, a.learned_until);
  });
  return std::optional(std::move(lineup));
}

/// Verified bytes only: a model that was altered has no importance to show.
void add_importance(const Registry& registry, const VersionRecord& record, VersionFacts& facts) {
  const auto artifact = registry.open_artifact(record);
  if (!artifact) {
    facts.importance_problem = "the model cannot be loaded: " + to_string(artifact.error());
    return;
  }
  if (record.slot.model_type == kEnsembleType) {
    facts.importance_problem = "an ensemble looks at no features itself; its members' pages have theirs";
    return;
  }
  const auto model = load_calibrated_model(record.slot.model_type, artifact->directory);
  if (!model) {
    facts.importance_problem = "the model cannot be loaded: " + to_string(model.error());
    return;
  }
  for (auto& feature : model->model->importance())
    facts.importance.push_back({std::move(feature.feature), feature.share});
  if (facts.importance.empty()) facts.importance_problem = "this kind of model has no such notion";
}

Estimate estimate_of(const MeanEstimate& mean) { return {mean.mean, mean.lo, mean.hi}; }

/// One drawing per input: the interval is over time, and a report is not to take longer than it must.
Status add_permutation(Workspace& workspace, const Registry& registry, const VersionRecord& record,
                       const ExplainedRows& explained, HeldOutShelf& shelf, VersionFacts& facts) {
  PermutationFacts& out = facts.permutation;
  if (explained.most == 0) {
    out.problem = "not asked for (--explain-rows)";
    return {};
  }
  HeldOutOptions options;
  options.most_rows = explained.most;
  options.repeats = 1;
  options.permutation = true;
  options.contributions = false;
  options.members_permutation = false;
  const auto found = explain_held_out(workspace, registry, record, options, shelf, explained.run);
  if (!found) {
    if (found.error().kind == ErrorKind::interrupted) return forward_error(found);
    out.problem = "it cannot be asked: " + to_string(found.error());
    return {};
  }
  const auto& permutation = found->ensemble ? found->ensemble->permutation : found->members.front().permutation;
  out.rank_ic = estimate_of(permutation->rank_ic);
  out.rows_used = found->rows_used;
  out.rows_held_out = found->rows_held_out;
  out.fitted_on = found->fitted_on;
  out.repeats = options.repeats;
  out.note = found->note;
  for (const auto& input : permutation->features) out.inputs.push_back({input.feature, estimate_of(input.drop)});
  return {};
}

Result<std::string> evidence_of(const Registry& registry, const VersionId& version, const std::vector<Event>& events,
                                std::optional<std::int64_t> cycle) {
  if (cycle) {
    const std::string actor_end = ", cycle " + std::to_string(*cycle);
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      const auto at = event->actor.rfind(actor_end);
      if (!event->evidence_id.empty() && at != std::string::npos && at + actor_end.size() == event->actor.size())
        return registry.evidence(event->evidence_id);
    }
  }
  return registry.latest_evidence(version);
}

CycleLine line_of(const CycleRecord& record) {
  CycleLine line{record.id, record.as_of, record.decided_at, std::string(to_string(record.status)), record.seconds, {},
                 {}};
  const Json triggers = Json::parse(record.triggers_json, nullptr, false);
  if (triggers.is_array())
    for (const auto& trigger : triggers)
      line.triggers.push_back(text_at(trigger, "model_type") + " (" + text_at(trigger, "trigger") + ", " +
                              text_at(trigger, "priority") + "): " + text_at(trigger, "reason"));
  const Json results = Json::parse(record.results_json, nullptr, false);
  if (!results.is_array()) return line;
  for (const auto& result : results) {
    DecisionLine decision{
        text_at(result, "model_type"), text_at(result, "version"), text_at(result, "decision"), {}, {}};
    decision.improvement.value = number_at(result, "improvement");
    if (result.contains("reasons") && result["reasons"].is_array())
      for (const auto& reason : result["reasons"])
        if (reason.is_string()) decision.reasons.push_back(reason.get<std::string>());
    line.decisions.push_back(std::move(decision));
  }
  return line;
}

/// By what the registry keeps of it: a cycle's own results do not say. Of what cannot be read any more, that it was
/// judged, as everything was in releases before.
DecidedOn decided_on(const Registry& registry, const std::string& version) {
  if (version.empty()) return DecidedOn::judged;
  const auto text = registry.latest_evidence(VersionId(version));
  if (!text) return DecidedOn::judged;
  const Evidence evidence = Evidence::from_json(*text);
  return evidence.is_of_lineup()    ? DecidedOn::lineup
         : evidence.is_of_refresh() ? DecidedOn::vintage
                                    : DecidedOn::judged;
}

bool by_person(const Event& event) { return event.actor == kPerson; }

/// The audit trail read as times of service, in the time of the data: a person decides on what the last cycle knew.
std::vector<ActiveBand> bands_of(const std::vector<Event>& events) {
  std::map<VersionId, ActiveBand> open;
  std::vector<ActiveBand> out;
  std::optional<Timestamp> data_until;
  for (Event event : events) {
    if (event.data_until) {
      data_until = event.data_until;
    } else if (data_until) {
      event.at = *data_until;
    }
    if (event.from == VersionStatus::active) {
      const auto band = open.find(event.version);
      if (band == open.end()) continue;
      band->second.range.to = event.at;
      out.push_back(band->second);
      open.erase(band);
    }
    if (event.to == VersionStatus::active)
      open[event.version] = {
          slot_name(event.slot), event.version.str(), {event.at, Timestamp::max()}, by_person(event)};
  }
  for (const auto& [version, band] : open) out.push_back(band);
  return out;
}

}  // namespace

Result<std::vector<SeriesCoverage>> gather_data(Program& program, Workspace& workspace) {
  const auto store = workspace.candles();
  if (!store) return forward_error(store);
  const auto context = workspace.context_series();
  if (!context) return forward_error(context);
  const auto data = check_stored_series({**store, *context, IfDamaged::leave_out, program.jobs()},
                                        workspace.learning().universe, program.clock().now(), program.context());
  if (!data) return forward_error(data);
  program.warn_of_damage(data->damaged);
  std::vector<SeriesCoverage> out;
  for (const StoredQuality& checked : data->series) {
    const QualityReport& report = checked.report;
    SeriesCoverage series{report.key.venue.str(),
                          report.key.symbol.str(),
                          report.key.interval.name(),
                          report.rows,
                          report.range,
                          checked.missing,
                          report.use.unusable,
                          report.missing_bars,
                          std::string(to_string(report.status)),
                          checked.used_rows() > 0,
                          report.usable_share,
                          {}};
    if (!checked.left_out_whole.empty()) series.findings.push_back("not learned from: " + checked.left_out_whole);
    for (const DamagedFile& file : data->damaged)
      if (file.symbol == series.symbol && file.venue == series.venue && file.interval == series.interval)
        series.findings.push_back("damaged " + file.period + ": " + file.problem.message);
    for (const auto& finding : report.findings)
      series.findings.push_back(std::string(to_string(finding.kind)) + " " + to_minutes_string(finding.range.from) +
                                " to " + to_minutes_string(finding.range.to) + ": " + finding.sentence);
    out.push_back(std::move(series));
  }
  return out;
}

namespace {

/// What gathering several versions needs once.
struct Shelf {
  HeldOutShelf held_out;
  SpeakingVersions speaking;
};

/// "speaks with weight 0.17 in ensemble 0123456789ab"; empty: it does not speak.
std::string speaks(const VersionId& version, const SpeakingVersions& speaking) {
  if (version == speaking.ensemble) return "serves";
  const auto weight = speaking.weights.find(version);
  if (weight == speaking.weights.end()) return {};
  return "speaks with weight " + number_text(weight->second, 2) +
         (speaking.ensemble.empty() ? "" : " in ensemble " + speaking.ensemble.str());
}

Result<VersionFacts> gather_one(Workspace& workspace, std::string_view version, std::optional<std::int64_t> cycle,
                                const ExplainedRows& explained, Shelf& shelf) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  const auto record = (*registry)->find(version);
  if (!record) return forward_error(record);
  const auto manifest = stored_manifest(*record);
  if (!manifest) return forward_error(manifest);
  const auto events = (*registry)->events_of(record->version);
  if (!events) return forward_error(events);

  VersionFacts facts;
  facts.model_type = slot_name(record->slot);
  facts.version = record->version.str();
  facts.status =
      std::string(to_string(record->status)) + (record->pruned ? ", its files were removed by retention" : "");
  facts.facts = facts_of(*record, *manifest);
  for (const auto& event : *events)
    facts.history.push_back({event.data_until, event.decided_at, std::string(to_string(event.from)),
                             std::string(to_string(event.to)), event.actor, event.reason});
  facts.standing.status = std::string(to_string(record->status));
  facts.standing.speaks = speaks(record->version, shelf.speaking);
  if (!events->empty()) {
    const Event& last = events->back();
    facts.standing.since = last.at;
    facts.standing.by_person = by_person(last);
    facts.standing.reason = last.reason;
  }
  const auto stored = evidence_of(**registry, record->version, *events, cycle);
  if (!stored) return forward_error(stored);
  auto evidence = read_evidence(*stored);
  if (evidence) {
    facts.evidence = std::move(*evidence);
  } else {
    facts.evidence_problem = stored->empty() ? "it was never judged" : evidence.error().message;
  }
  auto lineup = lineup_of(**registry, workspace.learning(), *manifest, Evidence::from_json(*stored).why_lineup());
  if (!lineup) return forward_error(lineup);
  facts.lineup = std::move(*lineup);
  add_importance(**registry, *record, facts);
  if (auto asked = add_permutation(workspace, **registry, *record, explained, shelf.held_out, facts); !asked)
    return forward_error(asked);
  return facts;
}

}  // namespace

namespace {

/// Who speaks, why the others do not, and what is due, as `clm status` has it.
void add_speakers(Workspace& workspace, OverviewFacts& facts) {
  const WorkspaceStatus status = survey_workspace(workspace, 1);
  std::vector<std::string> types;
  for (const LineupMember& member : status.lineup) {
    types.push_back(member.model_type);
    facts.lineup.members.push_back({member.model_type, status.recipes.of(member.model_type, member.version),
                                    member.version.str(), member.learned_until, member.weight});
  }
  if (!types.empty()) facts.speakers = voters(status.ensemble, types);
  for (const auto& one : status.without_vote)
    facts.without_vote.push_back(one.model_type + (one.version.empty() ? "" : " " + one.version.str()) + ": " +
                                 one.why);
  for (const NextTraining& next : status.due) facts.due.push_back(describe(next));
}

}  // namespace

Result<VersionFacts> gather_version(Workspace& workspace, std::string_view version, std::optional<std::int64_t> cycle,
                                    const ExplainedRows& explained) {
  auto speaking = speaking_versions(workspace);
  if (!speaking) return forward_error(speaking);
  Shelf shelf{{}, std::move(*speaking)};
  return gather_one(workspace, version, cycle, explained, shelf);
}

Result<OverviewFacts> gather_overview(Workspace& workspace, std::optional<std::int64_t> cycle,
                                      const ExplainedRows& explained) {
  const auto log = workspace.cycle_log();
  if (!log) return forward_error(log);
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  auto records = (*log)->list(kCyclesShown);
  if (!records) return forward_error(records);
  if (cycle) {
    const auto asked = (*log)->find(*cycle);
    if (!asked) return forward_error(asked);
    if (!*asked)
      return fail(ErrorKind::usage, "report.unknown_cycle", "there is no cycle " + std::to_string(*cycle), "--cycle",
                  "The page that clm report writes without arguments lists the cycles.");
    const bool listed =
        std::any_of(records->begin(), records->end(), [&](const CycleRecord& record) { return record.id == *cycle; });
    if (!listed) records->push_back(**asked);
  }
  OverviewFacts facts;
  facts.workspace = workspace.directory().root().filename().string();
  for (auto record = records->rbegin(); record != records->rend(); ++record) facts.cycles.push_back(line_of(*record));
  for (CycleLine& line : facts.cycles)
    for (DecisionLine& decision : line.decisions) decision.what = decided_on(**registry, decision.version);
  const auto events = (*registry)->history("", kEventsRead);
  if (!events) return forward_error(events);
  facts.active = bands_of(*events);

  for (const auto& line : facts.cycles)
    if (cycle ? line.id == *cycle : !line.decisions.empty()) facts.shown_cycle = line.id;
  add_speakers(workspace, facts);
  auto speaking = speaking_versions(workspace);
  if (!speaking) return forward_error(speaking);
  Shelf shelf{{}, std::move(*speaking)};
  for (const auto& line : facts.cycles) {
    if (line.id != facts.shown_cycle) continue;
    for (const auto& decision : line.decisions) {
      if (decision.version.empty()) continue;
      auto version = gather_one(workspace, decision.version, line.id, explained, shelf);
      if (!version && version.error().kind == ErrorKind::integrity) {  // the others are shown all the same
        VersionFacts broken;
        broken.model_type = decision.model_type;
        broken.version = decision.version;
        broken.evidence_problem = to_string(version.error());
        version = std::move(broken);
      }
      if (!version) return forward_error(version);
      facts.candidates.push_back(std::move(*version));
    }
  }
  return facts;
}

}  // namespace clm::app
