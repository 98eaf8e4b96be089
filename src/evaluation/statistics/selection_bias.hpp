#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/statistics/sharpe_significance.hpp"

namespace clm {

/// What the best of several is worth: the more are tried on the same past, the better the best of them looks without
/// being any better. Columns hold one value per period (a day); all columns are of the same periods.
struct NamedColumn {
  std::string name;
  std::vector<double> value;
};

/// Whether choosing the setting of the best Sharpe ratio finds one that is good outside of the choice (PBO), and what
/// is left of its ratio after so many tries (the deflated Sharpe ratio).
struct ChoiceOfSettings {
  std::string unknown_because;  ///< empty where the figures are known
  std::size_t settings = 0;     ///< columns
  std::size_t periods = 0;
  std::size_t blocks = 0;  ///< of time, of which each split takes half to choose and half to look
  OverfittingEstimate overfitting;
  std::string best;          ///< of the highest Sharpe ratio
  double sharpe = 0;         ///< its ratio, annualised
  double expected_best = 0;  ///< the ratio to expect of the best of so many without skill, annualised
  double deflated = 0;       ///< probability that the best's true ratio is above that
};
nlohmann::json to_json(const ChoiceOfSettings& choice);

inline constexpr std::size_t kLeastBlocks = 8;
/// CSCV with as many blocks as fit, at most 16 and at least `kLeastBlocks`, each of at least 2 periods and of `overlap`
/// (the periods that a label reaches over), so that what overlaps lies in two neighbouring blocks at most. Not known
/// with fewer than two settings, too few periods, or no setting that ever traded. Cost O(12,870 x 16 x settings).
ChoiceOfSettings choice_of_settings(std::span<const NamedColumn> net_returns, std::size_t overlap,
                                    double periods_per_year);

/// The best of the candidates against one benchmark.
struct SuperiorityOver {
  std::string benchmark;
  std::string best;  ///< of the largest mean gain in units of its error
  double gain = 0;   ///< its mean gain per period
  double p = 1;      ///< Hansen's consistent p: how often so large a gain is met where no candidate is better
  double p_lower = 1, p_upper = 1;
};
/// Hansen's test of superior predictive ability, against each of several benchmarks.
struct SuperiorityTest {
  std::string unknown_because;  ///< empty where the figures are known
  std::size_t candidates = 0;
  std::size_t periods = 0;
  double block_length = 0;  ///< periods, expected
  std::vector<SuperiorityOver> over;
  /// The largest: that some candidate is better than every benchmark, the best of them included, is shown where this is
  /// small (an intersection-union test, Berger 1982; no benchmark is picked by what came of it).
  double p = 1;
};
nlohmann::json to_json(const SuperiorityTest& test);
struct SuperiorityOptions {
  std::size_t repetitions = 1000;
  std::uint64_t seed = 1;
};
inline constexpr std::size_t kLeastResampledBlocks = 20;
/// Values are gains: more is better. Expected block length: the longest that any difference asks for by itself
/// (`optimal_block_length`), at least 2 x `overlap` and at most a tenth of the periods. Not known with fewer than two
/// candidates (that is a paired difference, and has an interval) or fewer periods than `kLeastResampledBlocks` of the
/// shortest blocks. On noise of 40 to 180 days whose labels reach over a day, p <= .05 is met in 6 to 12 % of cases:
/// read small ones as about twice what they say. Cost O(benchmarks x repetitions x periods x candidates).
SuperiorityTest superiority_test(std::span<const NamedColumn> candidates, std::span<const NamedColumn> benchmarks,
                                 std::size_t overlap, const SuperiorityOptions& options);

}  // namespace clm
