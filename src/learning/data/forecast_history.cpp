#include "learning/data/forecast_history.hpp"

#include <algorithm>

namespace clm {

const ForecastRow* row_of(const std::vector<ForecastRow>& rows, const VersionId& version) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const ForecastRow& row) { return row.who == version.str(); });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace clm
