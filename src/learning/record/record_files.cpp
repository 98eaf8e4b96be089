#include "learning/record/record_files.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "evaluation/metrics/rank_ic.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/record/record.hpp"
#include "market/store/columnar_file.hpp"

namespace clm {
namespace {

constexpr float kNotKnown = std::numeric_limits<float>::quiet_NaN();

using Metadata = std::map<std::string, std::string>;
constexpr const char *kOutcomes = "clm.outcomes", *kLabel = "clm.label", *kInterval = "clm.interval",
                     *kRecipe = "clm.recipe";

TimeRange month_of(Timestamp t) {
  const auto calendar = calendar_time(t);
  const int next = 12 * calendar.year + calendar.month;
  return {from_calendar(calendar.year, calendar.month, 1), from_calendar(next / 12, next % 12 + 1, 1)};
}

std::string name_of(const TimeRange& month) { return to_date_string(month.from).substr(0, 7); }

/// [first, end) of the tape's rows that were decided in a month.
std::pair<std::size_t, std::size_t> rows_in(const MarketTape& tape, const TimeRange& month) {
  const auto row_at = [&](Timestamp time) {
    const std::size_t bar = tape.bar_at_or_after(time);
    return bar == tape.bars() ? tape.rows().size() : tape.row_begin(bar);
  };
  return {row_at(month.from), row_at(month.to)};
}

/// Over all that the tape knows of what came of a month's decisions.
std::string hash_of_outcomes(const MarketTape& tape, const TimeRange& month) {
  const Dataset& rows = tape.rows();
  const auto [first, end] = rows_in(tape, month);
  Sha256 hash;
  for (const Symbol& symbol : tape.symbols()) hash.update(symbol.str() + "\n");
  const std::size_t count = end - first;
  hash.update_values(std::span(rows.decided_at_ms).subspan(first, count));
  hash.update_values(std::span(rows.symbol).subspan(first, count));
  for (const std::vector<float>* column : {&rows.label, &rows.forward_return, &rows.volatility}) {
    // Any NaN is the same.
    std::vector<float> values(column->begin() + static_cast<std::ptrdiff_t>(first),
                              column->begin() + static_cast<std::ptrdiff_t>(end));
    for (float& value : values)
      if (std::isnan(value)) value = kNotKnown;
    hash.update_values(std::span<const float>(values));
  }
  return hash.hex_digest();
}

/// The rows of one file.
class RecordTable {
 public:
  RecordTable(const MarketTape& tape, const std::map<VersionId, RecordedVintage>& vintages)
      : tape_(tape), vintages_(vintages) {}

  void add(const RecordedBar& bar) {
    const std::size_t at = tape_.bar_at_or_after(bar.decided_at);
    const bool is_on_tape = at < tape_.bars() && tape_.close(at) == bar.decided_at;
    const auto known = vintages_.find(bar.vintage);
    const bool is_of_the_label = !bar.terms || to_json(bar.terms->label) == to_json(tape_.label());
    for (std::size_t s = 0; s < std::min(bar.forecast.size(), bar.symbols->size()); ++s) {
      if (std::isnan(bar.forecast[s])) continue;
      decided_at_.push_back(bar.decided_at.ms());
      symbol_.push_back((*bar.symbols)[s].str());
      version_.push_back(bar.vintage.str());
      learned_until_.push_back(known == vintages_.end() ? 0 : known->second.learned_until.ms());
      forecast_.push_back(bar.forecast[s]);
      const auto row = is_on_tape && is_of_the_label ? row_of_symbol(at, (*bar.symbols)[s]) : std::nullopt;
      label_.push_back(row ? tape_.rows().label[*row] : kNotKnown);
      forward_return_.push_back(row ? tape_.rows().forward_return[*row] : kNotKnown);
      if (bar.terms) {
        expected_return_bps_.push_back(bar.terms->expected_return_bps[s]);
        up_probability_.push_back(bar.terms->up_probability[s]);
      } else {
        expected_return_bps_.push_back(row ? 1e4F * tape_.rows().volatility[*row] * bar.forecast[s] : kNotKnown);
        up_probability_.push_back(kNotKnown);
      }
      lineup_.push_back(bar.terms ? bar.terms->lineup.str() : "");
      action_.emplace_back(bar.terms ? to_string(bar.terms->actions[s]) : "");
    }
  }

  bool empty() const { return decided_at_.empty(); }

  enum class Of { recipe, served };
  Status write(const std::filesystem::path& file, const Metadata& metadata, Of of) const {
    std::vector<ColumnView> columns{{"decided_at", std::span<const std::int64_t>(decided_at_)},
                                    {"symbol", std::span<const std::string>(symbol_)},
                                    {"version", std::span<const std::string>(version_)},
                                    {"learned_until", std::span<const std::int64_t>(learned_until_)},
                                    {"forecast", std::span<const float>(forecast_)},
                                    {"expected_return_bps", std::span<const float>(expected_return_bps_)},
                                    {"up_probability", std::span<const float>(up_probability_)},
                                    {"label", std::span<const float>(label_)},
                                    {"forward_return", std::span<const float>(forward_return_)}};
    if (of == Of::served) {
      columns.push_back({"lineup", std::span<const std::string>(lineup_)});
      columns.push_back({"action", std::span<const std::string>(action_)});
    }
    ParquetWriteOptions options;
    options.compression = Compression::zstd;
    const auto bytes = encode_parquet(columns, metadata, options);
    if (!bytes) return forward_error(bytes);
    return write_file_atomic(file, *bytes);
  }

 private:
  std::optional<std::size_t> row_of_symbol(std::size_t bar, const Symbol& symbol) const {
    for (std::size_t row = tape_.row_begin(bar); row < tape_.row_end(bar); ++row)
      if (tape_.symbols()[tape_.rows().symbol[row]] == symbol) return row;
    return std::nullopt;
  }

  const MarketTape& tape_;
  const std::map<VersionId, RecordedVintage>& vintages_;
  std::vector<std::int64_t> decided_at_, learned_until_;
  std::vector<std::string> symbol_, version_, lineup_, action_;
  std::vector<float> forecast_, expected_return_bps_, up_probability_, label_, forward_return_;
};

/// Whether the month's files stand: they were written over these outcomes, or are of another label.
bool stands(const std::filesystem::path& file, const Metadata& metadata) {
  const auto written = inspect_parquet(file);
  if (!written) return false;  // there is none, or it was damaged
  const auto said = [&](const char* key) {
    const auto found = written->metadata.find(key);
    return found == written->metadata.end() ? std::string() : found->second;
  };
  return said(kLabel) != metadata.at(kLabel) || said(kOutcomes) == metadata.at(kOutcomes);
}

Result<std::size_t> write_month(const MarketTape& tape, const Record& record,
                                const std::map<VersionId, RecordedVintage>& vintages,
                                const std::filesystem::path& directory, const std::string& name,
                                const Metadata& metadata) {
  std::size_t written = 0;
  const auto write = [&](const std::string& line, const std::vector<RecordedBar>& bars, RecordTable::Of of) -> Status {
    RecordTable table(tape, vintages);
    for (const RecordedBar& bar : bars) table.add(bar);
    if (table.empty()) return {};
    Metadata own = metadata;
    own[kRecipe] = line;
    if (auto done = table.write(directory / line / (name + ".parquet"), own, of); !done) return done;
    ++written;
    return {};
  };
  for (const auto& [recipe, bars] : record.of_recipe)
    if (auto done = write(recipe, bars, RecordTable::Of::recipe); !done) return forward_error(done);
  if (auto done = write(kServed, record.served, RecordTable::Of::served); !done) return forward_error(done);
  return written;
}

}  // namespace

Result<std::size_t> write_closed_months(const MarketTape& tape, const LifeCycleLog& log, const Registry& registry,
                                        Timestamp gone_through, const std::filesystem::path& directory) {
  const auto span = log.forecast_span();
  if (!span) return forward_error(span);
  std::size_t written = 0;
  if (!*span) return written;
  remove_aside_files(directory);
  const Timestamp newest = tape.close(tape.bars() - 1);
  std::optional<std::map<VersionId, RecordedVintage>> vintages;
  for (TimeRange month = month_of((*span)->from); month.to <= gone_through; month = month_of(month.to)) {
    const Timestamp last_decision = month.to - tape.interval().length();
    if (label_end(last_decision, tape.label(), tape.interval()) > newest) break;
    const Metadata metadata{{kLabel, to_json(tape.label()).dump()},
                            {kInterval, tape.interval().name()},
                            {kOutcomes, hash_of_outcomes(tape, month)}};
    if (stands(directory / kServed / (name_of(month) + ".parquet"), metadata)) continue;
    if (!vintages) {
      auto read = recorded_vintages(registry);
      if (!read) return forward_error(read);
      vintages = std::move(*read);
    }
    const auto record = read_record(log, *vintages, month);
    if (!record) return forward_error(record);
    const auto files = write_month(tape, *record, *vintages, directory, name_of(month), metadata);
    if (!files) return forward_error(files);
    written += *files;
  }
  return written;
}

Result<std::optional<RecipeRecord>> recorded_skill(const std::filesystem::path& directory, const std::string& recipe,
                                                   const JudgeOptions& options) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;  // no folder: no closed month
  for (const auto& entry : std::filesystem::directory_iterator(directory / recipe, ignored))
    if (entry.path().extension() == ".parquet") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  JudgedRows rows;
  std::vector<float> forecasts;
  std::map<std::string, std::uint16_t> places;
  const ColumnRequest wanted[] = {{"decided_at", ColumnType::int64},
                                  {"symbol", ColumnType::text},
                                  {"forecast", ColumnType::float32},
                                  {"forward_return", ColumnType::float32}};
  for (const auto& file : files) {
    const auto table = read_parquet(file, wanted);
    if (!table) return forward_error(table);
    const auto label = read_label_options(table->metadata.contains(kLabel) ? table->metadata.at(kLabel) : "");
    if (!label) return forward_error(label);
    const auto interval = Interval::parse(table->metadata.contains(kInterval) ? table->metadata.at(kInterval) : "");
    if (!interval) return forward_error(interval);
    rows.horizon_bars = label->horizon_bars;
    rows.basis = return_basis(label->target);
    rows.interval = *interval;
    const auto& symbols = table->values<std::string>("symbol");
    for (std::size_t i = 0; i < table->rows(); ++i) {
      if (std::isnan(table->values<float>("forward_return")[i])) continue;
      const auto place = places.emplace(symbols[i], static_cast<std::uint16_t>(places.size())).first->second;
      rows.decided_at_ms.push_back(table->values<std::int64_t>("decided_at")[i]);
      rows.symbol.push_back(place);
      rows.forward_return.push_back(table->values<float>("forward_return")[i]);
      forecasts.push_back(table->values<float>("forecast")[i]);
    }
  }
  if (forecasts.empty()) return std::optional<RecipeRecord>();
  rows.symbols.resize(places.size());
  for (const auto& [name, place] : places) rows.symbols[place] = Symbol(name);
  const RankIcSeries series =
      rank_ic_series(rows, forecasts, judged_return(rows, rows.forward_return), {options.min_symbols});
  // As in any judgement: twice the overlap of the labels.
  const RankIc skill = summarize(series, {options.alpha, 2.0 * static_cast<double>(rows.horizon_bars)});
  return std::optional(RecipeRecord{static_cast<std::int64_t>(series.ic.size()),
                                    static_cast<std::int64_t>(forecasts.size()), skill.mean.mean, skill.mean.lo,
                                    skill.mean.hi, RecipeRecord::From::live});
}

}  // namespace clm
