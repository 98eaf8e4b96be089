#include "learning/record/record.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "learning/recipes/recipe.hpp"

namespace clm {
namespace {

/// The rows of one bar, made into lines.
class BarOfRecord {
 public:
  explicit BarOfRecord(const std::map<VersionId, RecordedVintage>& vintages) : vintages_(vintages) {}

  void add(NamedForecast row) {
    if (row.row.who == kServed) {
      served_ = std::move(row);
      return;
    }
    const auto known = vintages_.find(VersionId(row.row.who));
    if (known == vintages_.end() || known->second.created_as_of > row.row.decided_at) return;
    Spoken spoken{&known->second, std::move(row)};
    if (spoken.row.row.heard == Heard::in_service && (newest_ == nullptr || is_newer(*spoken.vintage, *newest_)))
      newest_ = spoken.vintage;
    const auto place = lines_.find(spoken.vintage->recipe);
    if (place == lines_.end())
      lines_.emplace(spoken.vintage->recipe, std::move(spoken));
    else if (rank(spoken) > rank(place->second))
      place->second = std::move(spoken);
  }

  void move_into(Record& record) {
    for (auto& [recipe, spoken] : lines_)
      record.of_recipe[recipe].push_back(
          {spoken.row.row.decided_at, spoken.vintage->version, spoken.row.symbols, std::move(spoken.row.row.forecast)});
    if (served_)
      record.served.push_back({served_->row.decided_at, newest_ == nullptr ? VersionId() : newest_->version,
                               served_->symbols, std::move(served_->row.forecast), std::move(served_->row.terms)});
    lines_.clear();
    served_.reset();
    newest_ = nullptr;
  }

 private:
  struct Spoken {
    const RecordedVintage* vintage;
    NamedForecast row;
  };
  static bool is_newer(const RecordedVintage& a, const RecordedVintage& b) {
    return std::tie(a.created_as_of, a.version) > std::tie(b.created_as_of, b.version);
  }
  static std::tuple<bool, Timestamp, VersionId> rank(const Spoken& spoken) {
    return {spoken.row.row.heard == Heard::in_service, spoken.vintage->created_as_of, spoken.vintage->version};
  }

  const std::map<VersionId, RecordedVintage>& vintages_;
  std::map<std::string, Spoken> lines_;  ///< by recipe
  std::optional<NamedForecast> served_;
  const RecordedVintage* newest_ = nullptr;  ///< in service
};

}  // namespace

Result<std::map<VersionId, RecordedVintage>> recorded_vintages(const Registry& registry) {
  const auto versions = registry.list();
  if (!versions) return forward_error(versions);
  std::map<VersionId, RecordedVintage> vintages;
  for (const VersionRecord& record : *versions) {
    const auto manifest = stored_manifest(record);
    if (!manifest || manifest->model_type == kEnsembleType) continue;
    const auto recipe = recipe_of(*manifest);
    if (recipe)
      vintages[record.version] = {record.version, recipe->id, recipe->name, manifest->created_as_of,
                                  manifest->learned_until};
  }
  return vintages;
}

Result<Record> read_record(const LifeCycleLog& log, const std::map<VersionId, RecordedVintage>& vintages,
                           TimeRange span) {
  const auto logged = log.forecast_span();
  if (!logged) return forward_error(logged);
  Record record;
  if (!*logged) return record;
  const TimeRange asked{std::max(span.from, (*logged)->from), std::min(span.to, (*logged)->to)};
  BarOfRecord bar(vintages);
  // Of everybody who is heard a few make up the lines: the others are held a month at a time.
  constexpr Duration kSlice(31 * kDayMs);
  for (Timestamp from = asked.from; from < asked.to; from = from + kSlice) {
    auto rows = log.named_forecasts(from, std::min(from + kSlice, asked.to));
    if (!rows) return forward_error(rows);
    for (std::size_t i = 0; i < rows->size(); ++i) {
      const bool is_last = i + 1 == rows->size() || (*rows)[i + 1].row.decided_at != (*rows)[i].row.decided_at;
      bar.add(std::move((*rows)[i]));
      if (is_last) bar.move_into(record);
    }
  }
  return record;
}

}  // namespace clm
