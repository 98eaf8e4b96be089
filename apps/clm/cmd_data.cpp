#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "market/data_quality.hpp"
#include "session.hpp"
#include "stored_quality.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

nlohmann::json document_of(const QualityReport& report) {
  auto findings = nlohmann::json::array();
  for (const auto& finding : report.findings)
    findings.push_back({{"kind", to_string(finding.kind)},
                        {"from", to_string(finding.range.from)},
                        {"to", to_string(finding.range.to)},
                        {"bars", finding.bars},
                        {"value", finding.value},
                        {"sentence", finding.sentence}});
  return {{"venue", report.key.venue.str()},        {"symbol", report.key.symbol.str()},
          {"interval", report.key.interval.name()}, {"rows", report.rows},
          {"from", to_string(report.range.from)},   {"to", to_string(report.range.to)},
          {"missing_bars", report.missing_bars},    {"zero_volume_bars", report.zero_volume_bars},
          {"status", to_string(report.status)},     {"usable", report.usable},
          {"usable_share", report.usable_share},    {"findings", findings}};
}

std::string describe(const std::vector<StoredQuality>& reports) {
  if (reports.empty()) return "Nothing is stored yet: clm import PATH, clm fetch or clm simulate.\n";
  TextTable table({"venue", "symbol", "interval", "rows", "from", "to", "missing", "no volume", "status", "usable"});
  std::string findings;
  for (const auto& checked : reports) {
    const QualityReport& r = checked.report;
    table.add({r.key.venue.str(), r.key.symbol.str(), r.key.interval.name(), grouped(r.rows),
               to_minutes_string(r.range.from), to_minutes_string(r.range.to), grouped(r.missing_bars),
               grouped(r.zero_volume_bars), std::string(to_string(r.status)),
               r.usable ? fixed(100 * r.usable_share, 1) + " %" : "no"});
    if (r.status == QualityStatus::ok) continue;
    for (const auto& finding : r.findings)
      if (finding.kind != FindingKind::jump)
        findings += "  " + r.key.symbol.str() + ": " + std::string(to_string(finding.kind)) + " " +
                    to_minutes_string(finding.range.from) + " to " + to_minutes_string(finding.range.to) + ": " +
                    finding.sentence + "\n";
  }
  return table.render() +
         (findings.empty() ? "" : "\nFindings in series that are not ok (--json has all)\n" + findings);
}

Result<int> run(Program& program) {
  const auto session = Session::open(program, Session::Access::look);
  if (!session) return forward_error(session);
  const auto store = (*session)->candles();
  if (!store) return forward_error(store);
  const auto reports = check_stored_series(**store, (*session)->learning().universe.quality, program.context());
  if (!reports) return forward_error(reports);
  const auto context_store = (*session)->context_series();
  if (!context_store) return forward_error(context_store);
  const auto context_keys = (*context_store)->list();
  if (!context_keys) return forward_error(context_keys);

  auto list = nlohmann::json::array();
  for (const auto& checked : *reports) list.push_back(document_of(checked.report));
  std::map<std::string, std::size_t> symbols_by_kind;
  for (const auto& key : *context_keys) ++symbols_by_kind[std::string(info_of(key.kind).name)];
  std::string text = describe(*reports);
  if (!symbols_by_kind.empty()) text += "\nContext series\n";
  for (const auto& [kind, symbols] : symbols_by_kind)
    text += "  " + kind + ": " + std::to_string(symbols) + (symbols == 1 ? " series\n" : " symbols\n");
  program.print({{"series", list}, {"context", symbols_by_kind}}, text);
  return 0;
}

}  // namespace

void add_data(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("data", "What is stored and what is wrong with it");
  commands.push_back({command, [](Program& program) { return run(program); }});
}

}  // namespace clm::app
