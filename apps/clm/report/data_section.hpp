#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "report/html_page.hpp"
#include "report/plots.hpp"

namespace clm::app {

/// What is stored of one series and what is wrong with it.
struct SeriesCoverage {
  std::string venue, symbol, interval;
  std::int64_t rows = 0;
  TimeRange range;                  ///< open of the first bar .. close of the last
  std::vector<TimeRange> missing;   ///< ascending, disjoint: bars that are not there
  std::vector<TimeRange> unusable;  ///< ascending, disjoint: there, but nothing to learn from
  std::int64_t missing_bars = 0;
  std::string status;  ///< "ok", "gappy", ...
  bool usable = false;
  double usable_share = 0;
  std::vector<std::string> findings;  ///< sentences
};

/// The series cut into `cells` stretches of [span.from, span.to), like ones joined: unusable where any of it is, else
/// missing where any of it is, else present; what lies outside the series is left out. Nothing is too short to be
/// seen, and the picture does not grow with the history. Pure; O(cells + stretches).
std::vector<Stretch> coverage_stretches(const SeriesCoverage& series, const TimeRange& span, int cells);

/// Coverage over time per series, and a table with status and findings in words. HTML.
HtmlSection data_section(const std::vector<SeriesCoverage>& series);

/// A page about the stored data alone.
std::string data_report(const std::vector<SeriesCoverage>& series, Timestamp made_at);

}  // namespace clm::app
