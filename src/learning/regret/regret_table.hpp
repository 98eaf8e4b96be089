#pragma once
#include <string_view>
#include <vector>

#include "learning/regret/regret.hpp"

namespace soci {
class session;
}

namespace clm {

/// The table of regret, in a transaction of the caller's: a bar is counted in the one that moves the life cycle. What
/// SOCI throws goes through to `Database`.
inline constexpr std::string_view kRegretTable = R"sql(
CREATE TABLE regret (
  day           INTEGER NOT NULL,
  forecaster    TEXT NOT NULL,
  bars          INTEGER NOT NULL,
  forecaster_ic REAL NOT NULL,
  served_ic     REAL NOT NULL,
  PRIMARY KEY (day, forecaster)
) WITHOUT ROWID;
)sql";

/// Adds the sums to what is there of the same day and forecaster.
void add_regret(soci::session& session, const RegretDay& more);
/// By day, then by forecaster.
std::vector<RegretDay> read_regret(soci::session& session);

}  // namespace clm
