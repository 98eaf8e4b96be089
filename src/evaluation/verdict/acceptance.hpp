#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/trials/acceptance_record.hpp"

namespace clm {

/// Which recipe of its year this is, and what that leaves of the year's budget (`acceptance_level`).
struct AcceptanceBudget {
  int year = 0;                     ///< of the moment at which it was first tried, UTC
  std::size_t order = 1;            ///< it was the so many-th to be tried in that year
  std::size_t accepted_before = 0;  ///< of that year's recipes, before this look
  double a_year = 0.005;            ///< the budget
  double level() const { return acceptance_level(a_year, order, accepted_before); }
};

/// Does the benchmark speak in the lineup without the recipe, and beside it?
enum class BenchmarkSpeaks { no, yes };

/// Who a recipe is to join. All tables are of the candidate's rows; NaN where somebody had no forecast then.
struct LineupToJoin {
  std::vector<const ForecastTable*> stay;    ///< speak with and without it, each with the same weight
  const ForecastTable* replaced = nullptr;   ///< speaks without it alone: what its own slot holds now
  const ForecastTable* benchmark = nullptr;  ///< no lineup may be worse than this by the margin; null: there is none
  BenchmarkSpeaks benchmark_speaks = BenchmarkSpeaks::no;
  std::size_t min_symbols = 8;  ///< at one time, to be ranked against each other (`JudgeOptions`)
};

/// What was asked of a recipe's record, and what it said.
struct Acceptance {
  AcceptanceBudget budget;
  double margin = 0;
  std::int64_t from_ms = 0;          ///< the first decision of the record
  std::vector<std::string> without;  ///< who would speak without it; empty: nobody
  std::string benchmark;             ///< its name; empty: there is none
  BenchmarkSpeaks benchmark_speaks = BenchmarkSpeaks::no;
  AcceptanceFinding finding;
};

/// The score of each decision time: the rank correlation of `forecast` over the symbols with what came from the next
/// open on (`judged_return`), 0 where all forecasts are alike. Where fewer than half of the times have `min_symbols`
/// symbols, the mean over the symbols of forecast x outcome, each over its root mean square up to that time: nothing
/// later enters. Rows where either is NaN are left out, and times that cannot be scored are NaN. One value for each
/// time of `index_times`.
std::vector<double> bar_scores(const JudgedRows& rows, const std::vector<float>& forecast, std::size_t min_symbols);

/// Whether a forecaster's scores are shown to be above zero at `level`, however often that is asked.
bool is_foresight_shown(const ForecastTable& table, double level, std::size_t min_symbols);

/// What the record of `candidate` consists of, one value for each time of `index_times`; none where it cannot be
/// scored: its own score, and those of the mean standardised forecast (`standardise`) of the lineup with and without
/// it, on the rows where it and the benchmark have a forecast. Where others are to speak and none of them had a
/// forecast at a time, the benchmark speaks for them, if there is one. The first bars say the same whatever follows
/// them. Cost: a few sorts of the rows.
std::vector<std::optional<AcceptanceScores>> acceptance_scores(const ForecastTable& candidate,
                                                               const LineupToJoin& lineup);

/// Asks that record.
Acceptance ask_for_acceptance(const ForecastTable& candidate, const LineupToJoin& lineup,
                              const AcceptanceBudget& budget, double lineup_level, double margin);

/// {year, order, accepted_before, budget, margin, from_ms, bars, blocks, accepted, without, benchmark,
/// benchmark_speaks, skill, with, without_it, lineup, benchmark_mean, against_benchmark, without_benchmark}; each
/// question: {mean, least, lo, hi, level, shown, expected_bars}
nlohmann::json to_json(const Acceptance& acceptance);

}  // namespace clm
