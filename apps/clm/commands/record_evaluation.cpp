#include "record_evaluation.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "features/sets/feature_set.hpp"
#include "judgement_tables.hpp"
#include "learning/record/record_judging.hpp"
#include "workspace/market_view.hpp"

namespace clm::app {
namespace {

using Vintages = std::map<VersionId, RecordedVintage>;

/// Either bound may be left out.
Result<TimeRange> span_of(const RecordFlags& flags) {
  TimeRange span;
  if (!flags.from.empty() && !flags.to.empty()) return range_of(flags.from, flags.to);
  if (!flags.from.empty()) {
    const auto from = time_of("--from", flags.from);
    if (!from) return forward_error(from);
    span.from = *from;
  }
  if (!flags.to.empty()) {
    const auto to = time_of("--to", flags.to);
    if (!to) return forward_error(to);
    span.to = *to;
  }
  return span;
}

/// The recipe that is meant.
Result<RecordedVintage> recipe_named(const Vintages& vintages, const std::string& asked) {
  std::map<std::string, RecordedVintage> meant;
  for (const auto& [version, one] : vintages)
    if (one.recipe.starts_with(asked) || one.model_type == asked) meant.emplace(one.recipe, one);
  if (meant.size() == 1) return meant.begin()->second;
  if (meant.empty())
    return fail(ErrorKind::usage, "recipe.unknown", "no version was made by a recipe \"" + asked + "\"", "--record",
                "`clm recipes` lists them; --record served judges what was served.");
  std::string ids;
  for (const auto& [id, one] : meant) ids += (ids.empty() ? "" : ", ") + id;
  return fail(ErrorKind::usage, "recipe.ambiguous", "that may be several recipes: " + ids, "--record " + asked,
              "Name one by its digits.");
}

/// What has to be computed to hold the record against: features and label of the vintage that spoke last.
struct Terms {
  std::string feature_set;
  LabelOptions label;
};
Result<Terms> terms_of(const std::vector<RecordedBar>& bars, const Registry& registry, const LearningOptions& options) {
  Terms terms{options.feature_set, options.label};
  const auto last =
      std::find_if(bars.rbegin(), bars.rend(), [](const RecordedBar& bar) { return !bar.vintage.empty(); });
  if (last == bars.rend()) return terms;
  const auto manifest = registry.find(last->vintage.str()).and_then(stored_manifest);
  if (!manifest) return forward_error(manifest);
  const auto label = read_label_options(manifest->label_json);
  if (!label) return forward_error(label);
  terms.feature_set = manifest->feature_set;
  terms.label = last->terms ? last->terms->label : *label;
  return terms;
}

std::string counted_bars(std::size_t bars) {
  return grouped(static_cast<long long>(bars)) + (bars == 1 ? " bar" : " bars");
}

std::string describe(const RecordJudgement& record, const std::string& what, std::size_t width) {
  const Judgement& j = record.judgement;
  std::string text = folded_line(
      "The record of " + what + ", " + to_minutes_string(Timestamp(j.from_ms)) + " to " +
          to_minutes_string(Timestamp(j.to_ms)) + ": " + counted_bars(record.bars) + " whose outcome is known, " +
          grouped(static_cast<long long>(j.rows)) + " rows of " + std::to_string(j.symbols) + " symbols, horizon " +
          counted_bars(static_cast<std::size_t>(j.horizon_bars)) +
          ". Forecasts as they were logged; the baselines fitted on the rows of each vintage, known at its time.",
      width);
  if (record.bars_not_known > 0)
    text += "Not judged, for want of an outcome: " + counted_bars(record.bars_not_known) + "\n";
  if (record.bars_of_another_label > 0)
    text += "Not judged, since another label was served: " + counted_bars(record.bars_of_another_label) + "\n";
  text += measured_words(j) + forecasters_tables(j, {j.candidate}, width) + "\nLead of " + j.candidate.name +
          " in rank IC, paired over time; intervals cover " + fixed(100 * (1 - j.alpha), 0) + " %\n";
  for (const auto& c : j.against_baselines)
    text += "  over " + baseline_name({j.candidate}, c.against) + ": " + fixed(c.rank_ic.difference.mean, 4) + " [" +
            fixed(c.rank_ic.difference.lo, 4) + ", " + fixed(c.rank_ic.difference.hi, 4) + "]\n";
  TextTable vintages({"vintage", "learned until", "made as of", "bars"});
  for (const JudgedVintage& one : record.vintages)
    vintages.add({one.version.str(), to_minutes_string(one.learned_until), to_minutes_string(one.created_as_of),
                  std::to_string(one.bars)});
  return text + "\n" + vintages.render(width);
}

}  // namespace

Result<int> evaluate_record(Program& program, const RecordFlags& flags) {
  const auto span = span_of(flags);
  if (!span) return forward_error(span);
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  Workspace& workspace = *opened->workspace;
  const auto vintages = recorded_vintages(*opened->registry);
  if (!vintages) return forward_error(vintages);
  const bool is_served = flags.record == kServed;
  RecordedVintage recipe;
  if (!is_served) {
    auto named = recipe_named(*vintages, flags.record);
    if (!named) return forward_error(named);
    recipe = std::move(*named);
  }
  const std::string name = is_served ? std::string(kServed) : recipe.recipe;
  const std::string what = is_served ? "what was served" : recipe.model_type + " " + recipe.recipe;
  const auto database = workspace.database();
  if (!database) return forward_error(database);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  auto record = read_record(*log, *vintages, *span);
  if (!record) return forward_error(record);
  const std::vector<RecordedBar>& bars = is_served ? record->served : record->of_recipe[recipe.recipe];
  if (bars.empty())
    return fail(ErrorKind::usage, "record.none", "nothing was logged of " + what, "--record " + flags.record,
                "The record begins when a version is in service and `clm cycle` goes through the bars after that; "
                "without one, `clm evaluate --from TIME --to TIME` walks forward through history.");

  const auto terms = terms_of(bars, *opened->registry, workspace.learning());
  if (!terms) return forward_error(terms);
  const auto features = feature_set(terms->feature_set);
  if (!features) return forward_error(features);
  const auto place = open_market(program, workspace, {});
  if (!place) return forward_error(place);
  LearningDataOptions data_options;
  data_options.as_of = place->as_of;
  data_options.label = terms->label;
  const auto data =
      prepare_learning_data(*features, *place->candles, place->context.get(), data_options, program.context());
  if (!data) return forward_error(data);
  const auto judged = judge_record(name, bars, *data, *opened->registry, workspace.learning(), program.context());
  if (!judged) return forward_error(judged);
  nlohmann::json document = to_json(*judged);
  document["recipe"] = is_served ? nlohmann::json() : nlohmann::json(recipe.recipe);
  document["model_type"] = is_served ? nlohmann::json() : nlohmann::json(recipe.model_type);
  program.print(document, describe(*judged, what, program.columns()));
  return 0;
}

}  // namespace clm::app
