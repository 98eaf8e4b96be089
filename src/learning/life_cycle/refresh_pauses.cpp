#include "learning/life_cycle/refresh_pauses.hpp"

#include <algorithm>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

namespace clm {

std::string describe(const RefreshPause& pause) {
  return "refreshes are paused since " + to_string(pause.at) + " by " + pause.by + " (" + pause.reason +
         "); clm resume " + pause.model_type + " goes on";
}

nlohmann::json to_json(const RefreshPause& pause) {
  return {{"model_type", pause.model_type}, {"at", to_string(pause.at)}, {"by", pause.by}, {"reason", pause.reason}};
}

const RefreshPause* pause_of(const std::vector<RefreshPause>& pauses, const std::string& model_type) {
  const auto found =
      std::find_if(pauses.begin(), pauses.end(), [&](const auto& one) { return one.model_type == model_type; });
  return found == pauses.end() ? nullptr : &*found;
}

void write_pause(soci::session& session, const RefreshPause& pause) {
  const long long at = pause.at.ms();
  session << "INSERT INTO refresh_pauses (model_type, at, by, reason) VALUES (:type, :at, :by, :reason) "
             "ON CONFLICT DO NOTHING",
      soci::use(pause.model_type), soci::use(at), soci::use(pause.by), soci::use(pause.reason);
}

void end_pause(soci::session& session, const RefreshPause& resumed) {
  const long long at = resumed.at.ms();
  session << "UPDATE refresh_pauses SET resumed_at = :at, resumed_by = :by, resumed_reason = :reason WHERE model_type "
             "= :type AND resumed_at IS NULL",
      soci::use(at), soci::use(resumed.by), soci::use(resumed.reason), soci::use(resumed.model_type);
}

std::vector<RefreshPause> read_pauses(soci::session& session) {
  std::vector<RefreshPause> pauses;
  RefreshPause one;
  long long at = 0;
  soci::statement select = (session.prepare << "SELECT model_type, at, by, reason FROM refresh_pauses WHERE resumed_at "
                                               "IS NULL ORDER BY model_type",
                            soci::into(one.model_type), soci::into(at), soci::into(one.by), soci::into(one.reason));
  select.execute();
  while (select.fetch()) {
    one.at = Timestamp(at);
    pauses.push_back(one);
  }
  return pauses;
}

}  // namespace clm
