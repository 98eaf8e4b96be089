#include "data_document.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/text_table.hpp"

namespace clm::app {
namespace {

nlohmann::json left_out_of(const StoredQuality& checked) {
  const QualityReport& report = checked.report;
  auto list = nlohmann::json::array();
  if (!checked.left_out_whole.empty()) {
    if (report.rows > 0)
      list.push_back({{"reason", checked.left_out_whole},
                      {"rows", report.rows},
                      {"from", to_string(report.range.from)},
                      {"to", to_string(report.range.to)}});
    return list;
  }
  for (const LeftOutRows& rows : report.use.left_out)
    list.push_back({{"reason", to_string(rows.reason)},
                    {"rows", rows.rows},
                    {"from", to_string(rows.range.from)},
                    {"to", to_string(rows.range.to)}});
  return list;
}

std::string left_out_text(const StoredQuality& checked) {
  if (!checked.left_out_whole.empty()) return "all: " + checked.left_out_whole;
  std::string text;
  for (const LeftOutRows& rows : checked.report.use.left_out)
    text += (text.empty() ? "" : ", ") + grouped(rows.rows) + " " + std::string(to_string(rows.reason));
  return text;
}

std::string findings_of(const QualityReport& report) {
  std::string text;
  for (const auto& finding : report.findings) {
    const bool told = finding.kind == FindingKind::future || report.status != QualityStatus::ok;
    if (told && finding.kind != FindingKind::jump)
      text += "  " + report.key.symbol.str() + ": " + std::string(to_string(finding.kind)) + " " +
              to_minutes_string(finding.range.from) + " to " + to_minutes_string(finding.range.to) + ": " +
              finding.sentence + "\n";
  }
  return text;
}

/// What gives way where it is narrow: what is the same for all, and then what can be said below the table.
struct TableParts {
  bool place = true;
  bool left_out = true;
};

TextTable table_with(const std::vector<StoredQuality>& series, TableParts parts) {
  std::vector<std::string> header;
  if (parts.place) header = {"venue", "symbol", "interval"};
  if (!parts.place) header = {"symbol"};
  for (const char* title : {"rows", "from", "to", "missing", "no volume", "status", "used rows"})
    header.emplace_back(title);
  if (parts.left_out) header.emplace_back("left out");
  TextTable table(header);
  for (const auto& checked : series) {
    const QualityReport& r = checked.report;
    const bool empty = r.range.empty();
    std::vector<std::string> row;
    if (parts.place) row = {r.key.venue.str(), r.key.symbol.str(), r.key.interval.name()};
    if (!parts.place) row = {r.key.symbol.str()};
    for (const std::string& cell :
         {grouped(r.rows), empty ? "-" : to_minutes_string(r.range.from), empty ? "-" : to_minutes_string(r.range.to),
          grouped(r.missing_bars), grouped(r.zero_volume_bars), std::string(to_string(r.status)),
          grouped(checked.used_rows())})
      row.push_back(cell);
    if (parts.left_out) row.push_back(left_out_text(checked));
    table.add(std::move(row));
  }
  return table;
}

std::string table_of(const std::vector<StoredQuality>& series, std::size_t width) {
  TableParts parts;
  parts.left_out =
      std::any_of(series.begin(), series.end(), [](const auto& one) { return !left_out_text(one).empty(); });
  const auto& first = series.front().report.key;
  const bool one_place = std::all_of(series.begin(), series.end(), [&](const auto& one) {
    return one.report.key.venue == first.venue && one.report.key.interval.name() == first.interval.name();
  });
  std::string title, below;
  if (one_place && !table_with(series, parts).fits(width)) {
    parts.place = false;
    title = first.venue.str() + " " + first.interval.name() + "\n";
  }
  if (parts.left_out && !table_with(series, parts).fits(width)) {
    parts.left_out = false;
    below = "\nRows left out of what is learned from\n";
    for (const auto& one : series)
      if (const std::string text = left_out_text(one); !text.empty())
        below += "  " + one.report.key.symbol.str() + ": " + text + "\n";
  }
  return title + table_with(series, parts).render(width) + below;
}

}  // namespace

nlohmann::json document_of(const StoredQuality& checked) {
  const QualityReport& report = checked.report;
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
          {"status", to_string(report.status)},     {"usable", checked.used_rows() > 0},
          {"used_rows", checked.used_rows()},       {"left_out", left_out_of(checked)},
          {"usable_share", report.usable_share},    {"findings", findings}};
}

std::string describe(const StoredData& data, std::size_t width) {
  if (data.series.empty() && data.damaged.empty())
    return "Nothing is stored yet: clm import PATH, clm fetch or clm simulate.\n";
  std::string findings;
  for (const auto& checked : data.series) findings += findings_of(checked.report);
  std::string text = data.series.empty() ? "" : table_of(data.series, width);
  if (!data.undecided.empty()) text += "\nNothing is learned from as yet: " + data.undecided + "\n";
  if (!findings.empty()) text += "\nFindings in series that are not ok (--json has all)\n" + findings;
  if (!data.damaged.empty()) text += "\nDamaged files; their symbols are left out until they are sound again\n";
  for (const DamagedFile& file : data.damaged) text += "  " + describe(file) + "\n    " + file.problem.remedy + "\n";
  return text;
}

}  // namespace clm::app
