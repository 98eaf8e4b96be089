#include "served_history.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "market/series/symbol_name.hpp"
#include "market/store/columnar_file.hpp"

namespace clm::app {
namespace {

/// What was served of one symbol at one bar; NaN and "": nothing, or it was not noted.
struct ServedRow {
  Timestamp time;
  const Symbol* symbol;
  float forecast, expected_return_bps, up_probability;
  std::string_view action;
  const VersionId* lineup;
};

constexpr const char* kHeader = "time,symbol,forecast,expected_return_bps,up_probability,action,lineup\n";

/// As short as gives back the same bits; nothing for what is not known.
std::string text_of_number(float value) {
  if (std::isnan(value)) return {};
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

nlohmann::json json_number(float value) {
  if (std::isnan(value)) return {};
  return std::stod(text_of_number(value));  // the same digits as in the table, and not those of a double
}

/// One row per bar and symbol, in the order of the log.
std::vector<ServedRow> rows_of(const std::vector<NamedForecast>& served, const std::set<std::string>& asked) {
  static const VersionId nobody;
  constexpr float kNotKnown = std::numeric_limits<float>::quiet_NaN();
  std::vector<ServedRow> rows;
  for (const NamedForecast& bar : served) {
    const auto& terms = bar.row.terms;
    for (std::size_t s = 0; s < bar.symbols->size(); ++s) {
      const Symbol& symbol = (*bar.symbols)[s];
      if (!asked.empty() && !asked.contains(symbol.str())) continue;
      rows.push_back({bar.row.decided_at, &symbol, bar.row.forecast[s],
                      terms ? terms->expected_return_bps[s] : kNotKnown, terms ? terms->up_probability[s] : kNotKnown,
                      terms ? to_string(terms->actions[s]) : "", terms ? &terms->lineup : &nobody});
    }
  }
  return rows;
}

/// The logged names of the symbols that were asked for.
Result<std::set<std::string>> symbols_asked(const std::vector<std::string>& names,
                                            const std::vector<NamedForecast>& served) {
  std::set<std::string> known, asked;
  for (const NamedForecast& bar : served)
    for (const Symbol& symbol : *bar.symbols) known.insert(symbol.str());
  for (const std::string& name : names) {
    const auto normal = normal_symbol(name);
    const auto before = asked.size();
    for (const std::string& symbol : known)
      if (symbol == name || (normal && normal_symbol(symbol) == normal)) asked.insert(symbol);
    if (asked.size() == before && !asked.contains(name))
      return fail(ErrorKind::usage, "predict.unknown_symbol", "nothing was served of " + name + " in that time",
                  "--symbol", "Leave out --symbol to see of which symbols something was served.");
  }
  return asked;
}

std::string csv_of(const std::vector<ServedRow>& rows) {
  std::string text = kHeader;
  for (const ServedRow& row : rows) {
    text += to_string(row.time) + "," + row.symbol->str() + "," + text_of_number(row.forecast) + "," +
            text_of_number(row.expected_return_bps) + "," + text_of_number(row.up_probability) + ",";
    text.append(row.action);
    text += "," + row.lineup->str() + "\n";
  }
  return text;
}

nlohmann::json json_of(const std::vector<ServedRow>& rows) {
  auto list = nlohmann::json::array();
  for (const ServedRow& row : rows)
    list.push_back({{"time", to_string(row.time)},
                    {"symbol", row.symbol->str()},
                    {"forecast", json_number(row.forecast)},
                    {"expected_return_bps", json_number(row.expected_return_bps)},
                    {"up_probability", json_number(row.up_probability)},
                    {"action", row.action.empty() ? nlohmann::json() : nlohmann::json(row.action)},
                    {"lineup", row.lineup->empty() ? nlohmann::json() : nlohmann::json(row.lineup->str())}});
  return list;
}

Status write_as_parquet(const std::vector<ServedRow>& rows, const std::filesystem::path& file) {
  std::vector<std::int64_t> time;
  std::vector<std::string> symbol, action, lineup;
  std::vector<float> forecast, expected, up;
  for (const ServedRow& row : rows) {
    time.push_back(row.time.ms());
    symbol.push_back(row.symbol->str());
    forecast.push_back(row.forecast);
    expected.push_back(row.expected_return_bps);
    up.push_back(row.up_probability);
    action.emplace_back(row.action);
    lineup.push_back(row.lineup->str());
  }
  const std::vector<ColumnView> columns{
      {"time", std::span<const std::int64_t>(time)},   {"symbol", std::span<const std::string>(symbol)},
      {"forecast", std::span<const float>(forecast)},  {"expected_return_bps", std::span<const float>(expected)},
      {"up_probability", std::span<const float>(up)},  {"action", std::span<const std::string>(action)},
      {"lineup", std::span<const std::string>(lineup)}};
  ParquetWriteOptions options;
  options.compression = Compression::zstd;
  return write_parquet(file, columns, {}, options);
}

Status check_kind(const std::filesystem::path& file) {
  if (file.extension() == ".csv" || file.extension() == ".parquet") return check_output_file("--export", file);
  return fail(ErrorKind::usage, "export.kind", "what kind of file it is to be is told by its name",
              "--export " + file.string(), "Name it .csv or .parquet.");
}

}  // namespace

Result<int> tell_served_history(Program& program, const ServedHistoryFlags& flags) {
  const auto span = range_of(flags.from, flags.to);
  if (!span) return forward_error(span);
  if (!flags.export_file.empty())
    if (auto writable = check_kind(flags.export_file); !writable) return forward_error(writable);
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto database = (*workspace)->database();
  if (!database) return forward_error(database);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  const auto served = log->named_forecasts(span->from, span->to, kServed);
  if (!served) return forward_error(served);
  std::set<std::string> asked;
  if (!served->empty()) {
    auto found = symbols_asked(flags.symbols, *served);
    if (!found) return forward_error(found);
    asked = std::move(*found);
  } else {
    const auto logged = log->forecast_span();
    if (!logged) return forward_error(logged);
    program.note("Nothing was served in that time. " +
                 (*logged ? "What was served is of " + to_string((*logged)->from) + " to " +
                                to_string((*logged)->to - Duration(1)) + "."
                          : std::string("`clm cycle` logs what is served, bar by bar.")));
  }
  const std::vector<ServedRow> rows = rows_of(*served, asked);
  if (flags.export_file.empty()) {
    if (program.flags.json)
      program.print({{"rows", json_of(rows)}}, "");
    else
      program.print({}, csv_of(rows));
    return 0;
  }
  const std::filesystem::path file = flags.export_file;
  const auto written =
      file.extension() == ".csv" ? write_file_atomic(file, csv_of(rows)) : write_as_parquet(rows, file);
  if (!written) return forward_error(written);
  program.print({{"file", flags.export_file}, {"rows", rows.size()}},
                "Wrote " + grouped(static_cast<long long>(rows.size())) + " rows to " + flags.export_file + "\n");
  return 0;
}

}  // namespace clm::app
