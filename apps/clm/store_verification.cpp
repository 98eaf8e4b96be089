#include "store_verification.hpp"

#include "market/store_check.hpp"
#include "text_table.hpp"

namespace clm::app {

Result<StoreVerification> verify_stores(Program& program, Session& session) {
  const auto candles = session.candles();
  if (!candles) return forward_error(candles);
  const auto series = session.context_series();
  if (!series) return forward_error(series);
  auto checks = check_files(**candles, program.context());
  if (!checks) return forward_error(checks);
  auto of_series = check_files(**series, program.context());
  if (!of_series) return forward_error(of_series);
  checks->insert(checks->end(), std::make_move_iterator(of_series->begin()), std::make_move_iterator(of_series->end()));

  StoreVerification found;
  found.document = nlohmann::json::array();
  std::size_t without_checksum = 0;
  for (const FileCheck& check : *checks) {
    found.document.push_back(to_json(check, session.workspace().root()));
    if (!check.note.empty()) ++without_checksum;
    if (check.ok()) continue;
    ++found.broken;
    found.text += "BROKEN  " + title_of(*check.damaged) + "  " + to_string(check.damaged->problem) + "\n";
  }
  found.text += grouped(static_cast<long long>(checks->size())) + " files of candles and series, " +
                std::to_string(found.broken) + " broken";
  if (without_checksum > 0)
    found.text += ", " + grouped(static_cast<long long>(without_checksum)) + " without a checksum yet";
  found.text += "\n";
  return found;
}

}  // namespace clm::app
