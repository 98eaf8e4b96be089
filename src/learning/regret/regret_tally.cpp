#include "learning/regret/regret_tally.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "evaluation/metrics/rank_ic.hpp"
#include "registry/manifest.hpp"

namespace clm {
namespace {

/// What became of the symbols at one bar, as far as it is known.
class BarTruth {
 public:
  BarTruth(const MarketTape& tape, std::size_t bar, Timestamp now) {
    RowSet rows{&tape.rows(), {}};
    for (std::size_t row = tape.row_begin(bar); row < tape.row_end(bar); ++row)
      if (tape.rows().known_at_ms[row] <= now.ms() && !std::isnan(tape.rows().label[row]))
        rows.rows.push_back(static_cast<std::uint32_t>(row));
    truth_ = judged_rows(rows, tape.label().horizon_bars);
    came_ = judged_return(*truth_, truth_->forward_return);
  }

  /// None: too few symbols have a forecast and an outcome.
  std::optional<double> rank_ic(const ForecastRow& said, std::size_t min_symbols) const {
    std::vector<float> forecast;
    for (const std::uint16_t symbol : truth_->symbol) forecast.push_back(said.forecast[symbol]);
    const RankIcSeries series = rank_ic_series(*truth_, forecast, came_, {min_symbols});
    if (series.kind != RankSkill::cross_section || series.ic.value.empty()) return std::nullopt;
    return series.ic.value.front();
  }

 private:
  std::shared_ptr<const JudgedRows> truth_;
  std::vector<float> came_;
};

const ForecastRow* row_named(const std::vector<ForecastRow>& said, const char* who) {
  const auto found = std::find_if(said.begin(), said.end(), [&](const ForecastRow& row) { return row.who == who; });
  return found == said.end() ? nullptr : &*found;
}

}  // namespace

Result<const RegretTally::Speaker*> RegretTally::speaker(const VersionId& version) {
  const auto known = speakers_.find(version);
  if (known != speakers_.end()) return &known->second;
  const auto record = registry_.find(version.str());
  if (!record) return forward_error(record);
  Speaker own;
  // Whose manifest is broken has said nothing.
  if (const auto manifest = stored_manifest(*record); manifest && record->slot.model_type != kEnsembleType)
    own = {slot_name(record->slot), manifest->created_as_of};
  return &speakers_.emplace(version, std::move(own)).first->second;
}

/// In service, by recipe: as the record has it.
Result<std::map<std::string, const ForecastRow*>> RegretTally::newest_of_recipes(const std::vector<ForecastRow>& said) {
  std::map<std::string, std::tuple<Timestamp, std::string, const ForecastRow*>> newest;
  for (const ForecastRow& row : said) {
    if (row.heard != Heard::in_service || row.who == kServed || row.who == kNewest || row.who == kStatic) continue;
    const auto own = speaker(VersionId(row.who));
    if (!own) return forward_error(own);
    if ((*own)->recipe.empty()) continue;
    auto& place = newest[(*own)->recipe];
    place = std::max(place, std::tuple((*own)->created_as_of, row.who, &row));
  }
  std::map<std::string, const ForecastRow*> rows;
  for (const auto& [recipe, place] : newest) rows[recipe] = std::get<2>(place);
  return rows;
}

Status RegretTally::add(std::size_t bar, const std::vector<ForecastRow>& said, Timestamp now) {
  const ForecastRow *newest = row_named(said, kNewest), *served = row_named(said, kServed);
  if (newest == nullptr || served == nullptr) return {};
  const BarTruth truth(tape_, bar, now);
  if (!truth.rank_ic(*newest, min_symbols_)) return {};
  const double served_ic = truth.rank_ic(*served, min_symbols_).value_or(0);
  const Timestamp day(tape_.close(bar).ms() / kDayMs * kDayMs);
  const auto count = [&](const std::string& forecaster, std::optional<double> rank_ic) {
    if (rank_ic) added_.push_back({day, forecaster, 1, *rank_ic, served_ic});
  };
  const auto recipes = newest_of_recipes(said);
  if (!recipes) return forward_error(recipes);
  count(kNewest, truth.rank_ic(*newest, min_symbols_));
  if (const ForecastRow* first = row_named(said, kStatic)) count(kStatic, truth.rank_ic(*first, min_symbols_));
  count(kSilence, 0);
  for (const auto& [recipe, row] : *recipes) count(recipe, truth.rank_ic(*row, min_symbols_));
  return {};
}

std::vector<RegretDay> RegretTally::take() { return std::exchange(added_, {}); }

}  // namespace clm
