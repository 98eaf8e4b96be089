#include "version_explanation.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "cli/text_table.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "features/inputs/context_source.hpp"
#include "learning/cycle/held_out_rows.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "workspace/market_view.hpp"

namespace clm::app {
namespace {

constexpr double kBpsPerUnit = 1e4;

/// Rows on which the model abstains do not count.
Result<std::vector<MeanContribution>> mean_contributions(const CalibratedModel& model, const RowSet& rows) {
  const FeatureFrame& frame = *rows.data->frame;
  const std::size_t columns = frame.columns();
  std::vector<double> parts(rows.size() * (columns + 1));
  if (auto taken = model.model->contributions(rows, parts); !taken) return forward_error(taken);
  std::vector<MeanContribution> means;
  for (const auto& name : frame.names) means.push_back({name, 0, 0, 0});
  std::size_t counted = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double* row = parts.data() + i * (columns + 1);
    if (std::isnan(row[columns])) continue;
    ++counted;
    const double unit = kBpsPerUnit * static_cast<double>(rows.data->volatility[rows.rows[i]]);
    for (std::size_t column = 0; column < columns; ++column) {
      const double effect_bps = unit * model.calibration.scaled(row[column]);
      means[column].mean_size_bps += std::fabs(effect_bps);
      means[column].mean_bps += effect_bps;
    }
  }
  double total = 0;
  for (auto& mean : means) {
    mean.mean_size_bps /= static_cast<double>(std::max<std::size_t>(counted, 1));
    mean.mean_bps /= static_cast<double>(std::max<std::size_t>(counted, 1));
    total += mean.mean_size_bps;
  }
  for (auto& mean : means) mean.share = total > 0 ? mean.mean_size_bps / total : 0;
  std::stable_sort(means.begin(), means.end(), [](const MeanContribution& a, const MeanContribution& b) {
    return a.mean_size_bps > b.mean_size_bps;
  });
  return means;
}

PermutationOptions permuting(const HeldOutOptions& options, const StoredArtifact& artifact) {
  PermutationOptions out;
  out.repeats = options.repeats;
  out.seed = artifact.manifest.seed;
  return out;
}

bool reads_these(const StoredArtifact& artifact, const RowSet& rows) {
  return artifact.manifest.feature_hash == rows.data->frame->set_hash;
}

Result<MemberOnRows> explain_member(const StoredArtifact& artifact, const CalibratedModel& model, double weight,
                                    const RowSet& rows, int horizon_bars, const HeldOutOptions& options,
                                    const RunContext& run) {
  MemberOnRows out{slot_name(artifact.manifest), artifact.version.str(), weight, {}, {}, {}, {}};
  if (!reads_these(artifact, rows)) {
    out.contributions_why_not = out.permutation_why_not = "it reads features " + artifact.manifest.feature_set +
                                                          " and not those of these rows; clm explain " +
                                                          artifact.version.str() + " asks it by itself";
    return out;
  }
  if (!options.contributions) {
    out.contributions_why_not = "not asked for";
  } else if (auto contributions = mean_contributions(model, rows)) {
    out.contributions = std::move(*contributions);
  } else {
    if (contributions.error().kind != ErrorKind::usage) return forward_error(contributions);
    out.contributions_why_not = contributions.error().message;
  }
  if (!options.permutation) {
    out.permutation_why_not = "not asked for (--permutation)";
    return out;
  }
  auto permutation = permutation_importance(*model.model, rows, horizon_bars, permuting(options, artifact), run);
  if (!permutation) return forward_error(permutation);
  out.permutation = std::move(*permutation);
  return out;
}

/// `models` are the members', in the rule's order.
Result<EnsembleOnRows> explain_together(const StoredArtifact& ensemble, const std::vector<CalibratedModel>& models,
                                        const RowSet& rows, bool fitted_on, int horizon_bars,
                                        const HeldOutOptions& options, const RunContext& run) {
  const auto rule = EnsembleRule::load(ensemble.directory / EnsembleRule::kFileName);
  if (!rule) return forward_error(rule);
  const std::shared_ptr<const JudgedRows> truth = judged_rows(rows, horizon_bars);
  std::vector<ForecastTable> tables;
  std::vector<const CalibratedModel*> members;
  for (std::size_t m = 0; m < models.size(); ++m) {
    auto forecasts = models[m].forecast(rows);
    if (!forecasts) return forward_error(forecasts);
    tables.push_back({rule->members[m].model_type, truth, std::move(*forecasts)});
    members.push_back(&models[m]);
  }
  EnsembleOnRows out;
  if (!fitted_on) out.comparison = compare_members(*rule, tables, {});
  if (!options.permutation) return out;
  auto permutation = permutation_importance(*rule, members, rows, horizon_bars, permuting(options, ensemble), run);
  if (!permutation) return forward_error(permutation);
  out.permutation = std::move(*permutation);
  return out;
}

nlohmann::json to_json(const PermutationImportance& permutation, int repeats) {
  auto list = nlohmann::json::array();
  for (const auto& one : permutation.features)
    list.push_back({{"feature", one.feature},
                    {"drop", one.drop.mean},
                    {"interval", {finite_or_null(one.drop.lo), finite_or_null(one.drop.hi)}},
                    {"p_greater", one.drop.p_greater}});
  const MeanEstimate& whole = permutation.rank_ic;
  return {{"rank_ic", whole.mean},
          {"interval", {finite_or_null(whole.lo), finite_or_null(whole.hi)}},
          {"repeats", repeats},
          {"features", std::move(list)}};
}

nlohmann::json to_json(const MemberOnRows& member, int repeats) {
  nlohmann::json document{{"model_type", member.model_type}, {"version", member.version},
                          {"weight", member.weight},         {"contributions", nullptr},
                          {"permutation", nullptr},          {"contributions_why_not", nullptr},
                          {"permutation_why_not", nullptr}};
  if (member.contributions_why_not.empty()) {
    auto list = nlohmann::json::array();
    for (const auto& mean : member.contributions)
      list.push_back({{"feature", mean.feature},
                      {"mean_size_bps", mean.mean_size_bps},
                      {"mean_bps", mean.mean_bps},
                      {"share", mean.share}});
    document["contributions"] = std::move(list);
  } else {
    document["contributions_why_not"] = member.contributions_why_not;
  }
  if (member.permutation) {
    document["permutation"] = to_json(*member.permutation, repeats);
  } else {
    document["permutation_why_not"] = member.permutation_why_not;
  }
  return document;
}

std::string interval_text(const MeanEstimate& estimate) {
  return "[" + fixed(estimate.lo, 4) + ", " + fixed(estimate.hi, 4) + "]";
}

std::string describe(const PermutationImportance& permutation, std::size_t top) {
  std::string text = "\nrank IC " + fixed(permutation.rank_ic.mean, 4) + " " + interval_text(permutation.rank_ic) +
                     "; it loses, when dealt out anew (95 % interval)\n";
  TextTable table({"feature", "drop", "interval"});
  for (std::size_t i = 0; i < std::min(top, permutation.features.size()); ++i) {
    const auto& one = permutation.features[i];
    table.add({one.feature, fixed(one.drop.mean, 4), interval_text(one.drop)});
  }
  return text + table.render();
}

std::string describe(const MemberComparison& comparison) {
  TextTable table({"member", "weight", "rank IC alone", "interval", "adds", "interval"});
  for (const auto& one : comparison.members)
    table.add({one.member.model_type, fixed(one.weight, 3), fixed(one.rank_ic.mean.mean, 4),
               interval_text(one.rank_ic.mean), fixed(one.adds.difference.mean, 4),
               interval_text(one.adds.difference)});
  return "\nall together: rank IC " + fixed(comparison.ensemble.mean.mean, 4) + " " +
         interval_text(comparison.ensemble.mean) + "\n" + table.render();
}

std::string describe(const EnsembleOnRows& ensemble, std::size_t top) {
  std::string text;
  if (ensemble.comparison) text += describe(*ensemble.comparison);
  if (ensemble.permutation) text += describe(*ensemble.permutation, top);
  return text;
}

std::string describe(const MemberOnRows& member, std::size_t top) {
  std::string text = "\n" + member.model_type + " " + member.version + "\n";
  if (member.contributions_why_not.empty()) {
    TextTable table({"feature", "mean |effect| bps", "mean bps", "share"});
    for (std::size_t i = 0; i < std::min(top, member.contributions.size()); ++i) {
      const auto& mean = member.contributions[i];
      table.add({mean.feature, fixed(mean.mean_size_bps, 3), fixed(mean.mean_bps, 3), fixed(mean.share, 3)});
    }
    text += table.render();
  } else {
    text += "  " + member.contributions_why_not + "\n";
  }
  if (member.permutation) {
    text += describe(*member.permutation, top);
  } else {
    text += "  permutation: " + member.permutation_why_not + "\n";
  }
  return text;
}

}  // namespace

Result<const HeldOutRows*> HeldOutShelf::rows_of(Workspace& workspace, const Manifest& manifest,
                                                 const RunContext& run) {
  auto protocol = nlohmann::json::parse(manifest.protocol_json, nullptr, false);
  if (protocol.is_object()) protocol.erase("warm_start");  // decides nothing about rows
  const std::string key = protocol.dump() + manifest.label_json + manifest.feature_hash + manifest.data_fingerprint;
  if (rows_ != nullptr && key == key_) return rows_.get();
  const auto learned = read_protocol(manifest.protocol_json);
  if (!learned) return forward_error(learned);
  const auto context = open_protocol_context(workspace, *learned, manifest.created_as_of);
  if (!context) return forward_error(context);
  const OpenCandles open = [&](const Protocol& asked) { return open_protocol_candles(workspace, asked); };
  auto made = held_out_rows(manifest, open, &*context, run);
  if (!made) return forward_error(made);
  rows_ = std::move(*made);
  key_ = key;
  return rows_.get();
}

Result<VersionExplanation> explain_held_out(Workspace& workspace, const Registry& registry, const VersionRecord& record,
                                            const HeldOutOptions& options, HeldOutShelf& shelf, const RunContext& run) {
  const auto artifact = registry.open_artifact(record);
  if (!artifact) return forward_error(artifact);
  const Manifest& manifest = artifact->manifest;
  const auto held_out = shelf.rows_of(workspace, manifest, run);
  if (!held_out) return forward_error(held_out);
  const RowSet& all = (*held_out)->split.holdout;
  const RowSet rows = thinned(all, options.most_rows);

  VersionExplanation out{artifact->version.str(), slot_name(manifest), rows.size(), all.size(),  false, {},
                         (*held_out)->note,       options.repeats,     {},          std::nullopt};
  const auto& decided = rows.data->decided_at_ms;
  out.span = {Timestamp(decided[rows.rows.front()]), Timestamp(decided[rows.rows.back()] + 1)};
  const int horizon_bars = (*held_out)->data.label.horizon_bars;
  const bool together = manifest.model_type == kEnsembleType;
  std::vector<StoredArtifact> artifacts{*artifact};
  if (together) {
    auto members = registry.open_members(manifest);
    if (!members) return forward_error(members);
    artifacts = std::move(*members);
  }
  for (const StoredArtifact& one : artifacts) {
    const auto protocol = read_protocol(one.manifest.protocol_json);
    if (!protocol) return forward_error(protocol);
    out.fitted_on = out.fitted_on || !is_judged(*protocol);
  }
  HeldOutOptions alone = options;
  if (together) alone.permutation = options.permutation && options.members_permutation;
  std::vector<CalibratedModel> models;
  for (std::size_t i = 0; i < artifacts.size(); ++i) {
    auto model = load_calibrated_model(artifacts[i].manifest.model_type, artifacts[i].directory);
    if (!model) return forward_error(model);
    models.push_back(std::move(*model));
    auto one = explain_member(artifacts[i], models.back(), together ? manifest.members[i].weight : 1, rows,
                              horizon_bars, alone, run);
    if (!one) return forward_error(one);
    out.members.push_back(std::move(*one));
  }
  const bool are_all_asked =
      std::all_of(artifacts.begin(), artifacts.end(), [&](const auto& one) { return reads_these(one, rows); });
  if (!together || !are_all_asked) return out;
  auto whole = explain_together(*artifact, models, rows, out.fitted_on, horizon_bars, options, run);
  if (!whole) return forward_error(whole);
  out.ensemble = std::move(*whole);
  return out;
}

nlohmann::json to_json(const VersionExplanation& explanation) {
  auto members = nlohmann::json::array();
  for (const auto& member : explanation.members) members.push_back(to_json(member, explanation.repeats));
  nlohmann::json ensemble;
  if (explanation.ensemble) {
    ensemble = {{"comparison", nullptr}, {"permutation", nullptr}};
    if (explanation.ensemble->comparison) ensemble["comparison"] = to_json(*explanation.ensemble->comparison);
    if (explanation.ensemble->permutation)
      ensemble["permutation"] = to_json(*explanation.ensemble->permutation, explanation.repeats);
  }
  return {{"version", explanation.version},
          {"model_type", explanation.model_type},
          {"rows",
           {{"used", explanation.rows_used},
            {"held_out", explanation.rows_held_out},
            {"fitted_on", explanation.fitted_on},
            {"from", to_string(explanation.span.from)},
            {"to", to_string(explanation.span.to)},
            {"note", explanation.note.empty() ? nlohmann::json() : nlohmann::json(explanation.note)}}},
          {"members", members},
          {"ensemble", ensemble}};
}

std::string describe(const VersionExplanation& explanation, std::size_t top) {
  std::string text = explanation.model_type + " " + explanation.version + " on " +
                     grouped(static_cast<long long>(explanation.rows_used)) + " of " +
                     grouped(static_cast<long long>(explanation.rows_held_out)) +
                     (explanation.fitted_on ? " newest rows, " : " rows held out, ") +
                     to_date_string(explanation.span.from) + " to " + to_date_string(explanation.span.to) + "\n";
  if (!explanation.note.empty()) text += "Note: " + explanation.note + "\n";
  if (explanation.ensemble) text += describe(*explanation.ensemble, top);
  for (const auto& member : explanation.members) text += describe(member, top);
  return text;
}

}  // namespace clm::app
