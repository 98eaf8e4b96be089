#include "learning/record/record_judging.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "learning/cycle/candidate.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/data/baselines.hpp"
#include "learning/data/protocol.hpp"

namespace clm {
namespace {

constexpr float kSaysNothing = std::numeric_limits<float>::quiet_NaN();

/// The rows of the data at the bars of a record, with what the record says of them.
struct MatchedRows {
  RowSet rows;
  std::vector<float> forecast;
  std::vector<double> up_probability;
  std::vector<VersionId> vintage;
  bool has_probabilities = true;  ///< of every forecast
};

std::size_t first_row_from(const Dataset& data, Timestamp time) {
  return static_cast<std::size_t>(std::lower_bound(data.decided_at_ms.begin(), data.decided_at_ms.end(), time.ms()) -
                                  data.decided_at_ms.begin());
}

void match_bar(const RecordedBar& bar, const Dataset& data, std::size_t first, MatchedRows& matched) {
  for (std::size_t row = first; row < data.size() && data.decided_at_ms[row] == bar.decided_at.ms(); ++row) {
    const Symbol& symbol = data.frame->symbols[data.symbol[row]];
    const auto place =
        static_cast<std::size_t>(std::find(bar.symbols->begin(), bar.symbols->end(), symbol) - bar.symbols->begin());
    const bool is_said = place < std::min(bar.symbols->size(), bar.forecast.size());
    matched.rows.rows.push_back(static_cast<std::uint32_t>(row));
    matched.vintage.push_back(bar.vintage);
    matched.forecast.push_back(is_said ? bar.forecast[place] : kSaysNothing);
    matched.up_probability.push_back(is_said && bar.terms ? static_cast<double>(bar.terms->up_probability[place])
                                                          : kMissing);
    if (is_said && !bar.terms && !std::isnan(bar.forecast[place])) matched.has_probabilities = false;
  }
}

/// What the baselines of one vintage say of the rows where it spoke, in the order of the baselines.
Result<std::vector<ServedForecasts>> baselines_of(const Manifest& vintage, const RowSet& asked,
                                                  const LearningData& data, const LearningOptions& options,
                                                  const RunContext& run) {
  auto protocol = read_protocol(vintage.protocol_json);
  if (!protocol) return forward_error(protocol);
  protocol->training.seed = static_cast<std::int64_t>(vintage.seed);
  const auto split = split_of(data, *protocol);
  if (!split) return forward_error(split);
  TrainingOptions older = protocol->training;
  if (older.validation_share == 0) older.validation_share = options.training.validation_share;
  const auto scaling = split_of_known(known_at(data.rows.data, older.window_days, protocol->as_of), StopsEarly::yes,
                                      older, protocol->as_of);
  if (!scaling) return forward_error(scaling);
  const auto trainers = baseline_trainers(*data.rows.data.frame, data.label, options.trainers);
  if (!trainers) return forward_error(trainers);
  std::vector<ServedForecasts> said;
  for (const auto& trainer : *trainers) {
    const auto worth = train_calibrated(*trainer, data, *scaling, older, run);
    if (!worth) return forward_error(worth);
    auto model = train_model(*trainer, *split, protocol->training, run);
    if (!model) return forward_error(model);
    auto forecasts = CalibratedModel{std::move(*model), worth->calibration}.served(asked);
    if (!forecasts) return forward_error(forecasts);
    said.push_back(std::move(*forecasts));
  }
  return said;
}

/// One table a baseline, over all matched rows.
Result<std::vector<ForecastTable>> baseline_tables(const MatchedRows& matched,
                                                   const std::shared_ptr<const JudgedRows>& truth,
                                                   const LearningData& data,
                                                   const std::map<VersionId, Manifest>& manifests,
                                                   const LearningOptions& options, const RunContext& run) {
  std::map<VersionId, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < matched.rows.size(); ++i)
    if (!matched.vintage[i].empty()) places[matched.vintage[i]].push_back(i);
  const std::vector<std::pair<VersionId, std::vector<std::size_t>>> vintages(places.begin(), places.end());
  std::vector<std::optional<Result<std::vector<ServedForecasts>>>> said(vintages.size());
  run.progress.begin("fitting baselines", vintages.size());
  SilentProgress silent;
  const RunContext inner{run.clock, run.cancel, silent, 1, run.scratch};
  parallel_for(run.jobs, vintages.size(), [&](std::size_t v) {
    RowSet asked{&data.rows.data, {}};
    for (const std::size_t i : vintages[v].second) asked.rows.push_back(matched.rows.rows[i]);
    said[v].emplace(baselines_of(manifests.at(vintages[v].first), asked, data, options, inner));
    run.progress.advance();
  });
  run.progress.end();
  for (const auto& one : said)
    if (!*one) return forward_error(*one);
  const auto trainers = baseline_trainers(*data.rows.data.frame, data.label, options.trainers);
  if (!trainers) return forward_error(trainers);
  std::vector<ForecastTable> tables;
  for (std::size_t b = 0; b < trainers->size(); ++b) {
    ForecastTable table{std::string((*trainers)[b]->type()), truth,
                        std::vector<float>(matched.rows.size(), kSaysNothing),
                        std::vector<double>(matched.rows.size(), kMissing)};
    for (std::size_t v = 0; v < vintages.size(); ++v) {
      const ServedForecasts& own = (**said[v])[b];
      for (std::size_t k = 0; k < vintages[v].second.size(); ++k) {
        table.forecast[vintages[v].second[k]] = own.forecast[k];
        table.up_probability[vintages[v].second[k]] = own.up_probability[k];
      }
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

void count_vintage(const RecordedBar& bar, std::vector<JudgedVintage>& vintages) {
  const auto known =
      std::find_if(vintages.begin(), vintages.end(), [&](const auto& one) { return one.version == bar.vintage; });
  if (known == vintages.end())
    vintages.push_back({bar.vintage, Timestamp(0), Timestamp(0), 1});
  else
    ++known->bars;
}

}  // namespace

nlohmann::json to_json(const RecordJudgement& record) {
  auto vintages = nlohmann::json::array();
  for (const JudgedVintage& one : record.vintages)
    vintages.push_back({{"version", one.version.str()},
                        {"created_as_of", to_string(one.created_as_of)},
                        {"learned_until", to_string(one.learned_until)},
                        {"bars", one.bars}});
  return {{"name", record.name},
          {"bars", record.bars},
          {"bars_not_known", record.bars_not_known},
          {"bars_of_another_label", record.bars_of_another_label},
          {"vintages", vintages},
          {"judgement", to_json(record.judgement)}};
}

Result<RecordJudgement> judge_record(const std::string& name, const std::vector<RecordedBar>& bars,
                                     const LearningData& data, const Registry& registry, const LearningOptions& options,
                                     const RunContext& run) {
  const Dataset& rows = data.rows.data;
  RecordJudgement out;
  out.name = name;
  MatchedRows matched;
  matched.rows.data = &rows;
  for (const RecordedBar& bar : bars) {
    if (bar.terms && to_json(bar.terms->label) != to_json(data.label)) {
      ++out.bars_of_another_label;
      continue;
    }
    const std::size_t first = first_row_from(rows, bar.decided_at), before = matched.rows.size();
    match_bar(bar, rows, first, matched);
    if (matched.rows.size() == before) {
      ++out.bars_not_known;
      continue;
    }
    ++out.bars;
    if (!bar.vintage.empty()) count_vintage(bar, out.vintages);
  }
  if (out.bars == 0)
    return fail(ErrorKind::data, "record.no_outcomes",
                "what came of the " + std::to_string(bars.size()) + " bars of this record is not known yet", name,
                "An outcome is known " + std::to_string(data.label.horizon_bars + data.label.entry_delay_bars + 1) +
                    " bars after the forecast: ask again when candles of later bars are stored.");
  std::map<VersionId, Manifest> manifests;
  for (JudgedVintage& one : out.vintages) {
    auto manifest = registry.find(one.version.str()).and_then(stored_manifest);
    if (!manifest) return forward_error(manifest);
    one.created_as_of = manifest->created_as_of;
    one.learned_until = manifest->learned_until;
    manifests.emplace(one.version, std::move(*manifest));
  }
  const auto truth = judged_rows_of(data, matched.rows);
  const auto baselines = baseline_tables(matched, truth, data, manifests, options, run);
  if (!baselines) return forward_error(baselines);
  ForecastTable table{name, truth, matched.forecast, {}};
  if (matched.has_probabilities) table.up_probability = matched.up_probability;
  auto judgement = judge(table, *baselines, nullptr, options.judging);
  if (!judgement) return forward_error(judgement);
  out.judgement = std::move(*judgement);
  return out;
}

}  // namespace clm
