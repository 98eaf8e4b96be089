#include <nlohmann/json.hpp>

#include "market/import/import.hpp"

namespace clm {
namespace {

/// Paths are bytes; JSON is UTF-8.
std::string as_utf8(const std::string& bytes) {
  return nlohmann::json::parse(nlohmann::json(bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
      .get<std::string>();
}

nlohmann::json failures(const std::vector<FailedFile>& files) {
  nlohmann::json list = nlohmann::json::array();
  for (const FailedFile& file : files)
    list.push_back({{"file", as_utf8(file.file)},
                    {"error",
                     {{"code", file.error.code},
                      {"message", as_utf8(file.error.message)},
                      {"where", as_utf8(file.error.where)},
                      {"remedy", file.error.remedy}}}});
  return list;
}

nlohmann::json repaired_in(const ImportReport& report) {
  nlohmann::json list = nlohmann::json::array();
  for (const RepairedFile& repaired : report.repaired) {
    nlohmann::json one = to_json(repaired.was);
    one["rows"] = repaired.rows;
    one["whole"] = !repaired.awaited.has_value();
    one["awaited"] = repaired.awaited ? nlohmann::json(repaired.awaited->message) : nlohmann::json();
    list.push_back(std::move(one));
  }
  return list;
}

nlohmann::json found_in(const ImportedFile& file) {
  nlohmann::json series = nlohmann::json::array();
  for (const ImportedSeries& one : file.series)
    series.push_back({{"venue", as_utf8(one.venue)},
                      {"symbol", one.symbol},
                      {"interval", one.interval},
                      {"series", one.series},
                      {"rows", one.rows},
                      {"from", to_string(one.from)},
                      {"to", to_string(one.to)}});
  return {{"file", as_utf8(file.file)},  {"format", file.format},
          {"rows_read", file.rows_read}, {"rows_quarantined", file.rows_quarantined},
          {"series", std::move(series)}, {"findings", file.findings}};
}

}  // namespace

nlohmann::json to_json(const ImportReport& report) {
  nlohmann::json quarantine = nlohmann::json::array();
  for (const QuarantinedRow& row : report.quarantine)
    quarantine.push_back({{"file", as_utf8(row.file)}, {"line", row.line}, {"reason", row.reason}});
  nlohmann::json imported = nlohmann::json::array();
  for (const ImportedFile& file : report.imported) imported.push_back(found_in(file));
  return {{"files", report.files},
          {"symbols", report.symbols},
          {"rows_read", report.rows_read},
          {"rows_stored", report.rows_stored},
          {"rows_duplicate", report.rows_duplicate},
          {"rows_corrected", report.rows_corrected},
          {"rows_quarantined", report.rows_quarantined},
          {"repaired", repaired_in(report)},
          {"rows_jumping", report.rows_jumping},
          {"quarantine", std::move(quarantine)},
          {"imported", std::move(imported)},
          {"failed", failures(report.failed)},
          {"skipped", failures(report.skipped)}};
}

}  // namespace clm
