#include "learning/regret/regret_table.hpp"

#include <soci/soci.h>

namespace clm {

void add_regret(soci::session& session, const RegretDay& more) {
  const long long day = more.day.ms(), bars = more.bars;
  session << "INSERT INTO regret (day, forecaster, bars, forecaster_ic, served_ic) VALUES (:day, :forecaster, :bars, "
             ":forecaster_ic, :served_ic) ON CONFLICT (day, forecaster) DO UPDATE SET bars = bars + excluded.bars, "
             "forecaster_ic = forecaster_ic + excluded.forecaster_ic, served_ic = served_ic + excluded.served_ic",
      soci::use(day), soci::use(more.forecaster), soci::use(bars), soci::use(more.forecaster_ic),
      soci::use(more.served_ic);
}

std::vector<RegretDay> read_regret(soci::session& session) {
  std::vector<RegretDay> days;
  RegretDay one;
  long long day = 0, bars = 0;
  soci::statement select =
      (session.prepare << "SELECT day, forecaster, bars, forecaster_ic, served_ic FROM regret ORDER BY day, forecaster",
       soci::into(day), soci::into(one.forecaster), soci::into(bars), soci::into(one.forecaster_ic),
       soci::into(one.served_ic));
  select.execute();
  while (select.fetch()) {
    one.day = Timestamp(day);
    one.bars = bars;
    days.push_back(one);
  }
  return days;
}

}  // namespace clm
