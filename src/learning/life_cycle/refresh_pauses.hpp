#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/time.hpp"

namespace soci {
class session;
}

namespace clm {

/// That no vintage of a recipe is made until a person says so: a rollback was decided by one, and the next vintage
/// would take the place of what it led back to.
struct RefreshPause {
  std::string model_type;  ///< name of the slot
  Timestamp at;            ///< by the clock, like that of resuming
  std::string by;
  std::string reason;
};

/// "refreshes are paused since 2024-01-01T00:00:00Z by a person (too many losses); clm resume lightgbm goes on"
std::string describe(const RefreshPause& pause);
/// {model_type, at, by, reason}
nlohmann::json to_json(const RefreshPause& pause);
/// Null: none of the recipe.
const RefreshPause* pause_of(const std::vector<RefreshPause>& pauses, const std::string& model_type);

/// The table of pauses; one that has ended stays. In a transaction of the caller's; what SOCI throws goes through to
/// `Database`.
inline constexpr std::string_view kPauseTable = R"sql(
CREATE TABLE refresh_pauses (
  pause          INTEGER PRIMARY KEY,
  model_type     TEXT NOT NULL,
  at             INTEGER NOT NULL,
  by             TEXT NOT NULL,
  reason         TEXT NOT NULL CHECK (reason <> ''),
  resumed_at     INTEGER,
  resumed_by     TEXT,
  resumed_reason TEXT
);
CREATE UNIQUE INDEX one_pause_per_recipe ON refresh_pauses (model_type) WHERE resumed_at IS NULL;
)sql";

/// Of a recipe that is paused already the first pause stands.
void write_pause(soci::session& session, const RefreshPause& pause);
/// `resumed`: by whom, when and why; nothing where it is not paused.
void end_pause(soci::session& session, const RefreshPause& resumed);
/// Those in force, by recipe.
std::vector<RefreshPause> read_pauses(soci::session& session);

}  // namespace clm
