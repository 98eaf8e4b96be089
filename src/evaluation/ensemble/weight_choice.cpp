#include "evaluation/ensemble/weight_choice.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/contract.hpp"
#include "evaluation/metrics/rank_ic.hpp"

namespace clm {
namespace {

constexpr std::size_t kMinWeightRows = 200;  ///< to learn weights from
constexpr std::size_t kRegimeCount = 3;      ///< that are told apart

/// The rows that weights are learned from and checked on: forecasts row by row, and what came.
struct Rows {
  JudgedRows truth;  ///< times and symbols of the rows kept
  std::vector<double> forecasts;
  std::vector<float> outcome;
  std::vector<VolatilityRegime> regime;
  std::size_t members = 0;

  std::size_t size() const { return outcome.size(); }
  std::span<const double> forecasts_of(std::size_t row) const {
    return std::span<const double>(forecasts).subspan(row * members, members);
  }
};

Rows gather(std::span<const ForecastTable> members, const std::optional<VolatilityRule>& states, ReturnBasis basis) {
  std::vector<const ForecastTable*> tables;
  for (const auto& table : members) tables.push_back(&table);
  const JudgedRows& all = *members.front().rows;
  const auto reference =
      basis == ReturnBasis::relative ? universe_return(all, all.forward_return) : std::vector<double>(all.size(), 0.0);
  // What came, as one more table: rows without an outcome are dropped with those without a forecast.
  ForecastTable outcome{"outcome", members.front().rows, std::vector<float>(all.size())};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto volatility = static_cast<double>(all.volatility[i]);
    outcome.forecast[i] =
        volatility > 0 ? static_cast<float>((static_cast<double>(all.forward_return[i]) - reference[i]) / volatility)
                       : std::numeric_limits<float>::quiet_NaN();
  }
  tables.push_back(&outcome);
  const auto regimes =
      states ? regimes_of_rows(all, *states) : std::vector<VolatilityRegime>(all.size(), VolatilityRegime::unknown);
  Rows rows;
  rows.members = members.size();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (std::none_of(tables.begin(), tables.end(), [i](const auto* table) { return std::isnan(table->forecast[i]); }))
      rows.regime.push_back(regimes[i]);
  const auto common = common_rows(tables);
  rows.truth = *common.front().rows;
  rows.outcome = common.back().forecast;
  for (std::size_t i = 0; i < rows.outcome.size(); ++i)
    for (std::size_t m = 0; m < members.size(); ++m)
      rows.forecasts.push_back(static_cast<double>(common[m].forecast[i]));
  return rows;
}

/// Rows [0, learn_end) were known before those from `check_begin` on were decided.
struct Cut {
  std::size_t check_begin = 0;
  std::vector<std::size_t> learn;
};

Cut cut_in_time(const Rows& rows, const WeightChoiceOptions& options) {
  const TimeIndex times = index_times(rows.truth.decided_at_ms);
  const auto later = static_cast<std::size_t>(std::llround(options.later_share * static_cast<double>(times.size())));
  Cut cut{times.begin[times.size() - std::min(later, times.size())], {}};
  if (cut.check_begin == rows.size()) return cut;
  const std::int64_t from_ms = rows.truth.decided_at_ms[cut.check_begin];
  for (std::size_t i = 0; i < cut.check_begin; ++i)
    if (rows.truth.known_at_ms[i] + options.embargo.count() < from_ms) cut.learn.push_back(i);
  return cut;
}

EnsembleWeights learn(const Rows& rows, const Cut& cut, std::span<const double> prior,
                      const std::optional<VolatilityRule>& states, const WeightChoiceOptions& options) {
  WeightMoments all(rows.members);
  std::vector<WeightMoments> by_regime(kRegimeCount, WeightMoments(rows.members));
  for (const auto row : cut.learn) {
    const auto outcome = static_cast<double>(rows.outcome[row]);
    all.add(rows.forecasts_of(row), outcome);
    if (rows.regime[row] != VolatilityRegime::unknown)
      by_regime[static_cast<std::size_t>(rows.regime[row])].add(rows.forecasts_of(row), outcome);
  }
  EnsembleWeights weights{WeightSource::learned, all.solve(prior, options.shrinkage, options.bounds), std::nullopt};
  if (!states) return weights;
  EnsembleWeights::ByRegime own{*states, {}};
  bool told_apart = false;
  for (std::size_t r = 0; r < kRegimeCount; ++r) {
    const bool seen = by_regime[r].rows() >= kMinWeightRows;  // else it has nothing of its own to say
    own.weights[r] = seen ? by_regime[r].solve(prior, options.shrinkage, options.bounds) : weights.all;
    told_apart = told_apart || seen;
  }
  if (told_apart) weights.by_regime = std::move(own);
  return weights;
}

/// A set of weights on the rows that are checked on.
struct Checked {
  TimedSeries squared_error;
  TimedSeries rank_ic;
};

Checked check(const Rows& rows, const Cut& cut, const EnsembleWeights& weights, std::size_t min_symbols) {
  std::vector<float> forecast(rows.size(), std::numeric_limits<float>::quiet_NaN());
  std::vector<double> error(rows.size());
  for (std::size_t i = cut.check_begin; i < rows.size(); ++i) {
    const auto& own = weights.in(rows.regime[i]);
    double sum = 0;
    for (std::size_t m = 0; m < rows.members; ++m) sum += own[m] * rows.forecasts_of(i)[m];
    forecast[i] = static_cast<float>(sum);
    error[i] = static_cast<double>(rows.outcome[i]) - sum;
  }
  Checked out;
  const TimeIndex times = index_times(rows.truth.decided_at_ms);
  for (std::size_t t = 0; t < times.size(); ++t) {
    if (times.begin[t] < cut.check_begin) continue;
    double squares = 0;
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) squares += error[i] * error[i];
    out.squared_error.time_ms.push_back(times.time_ms[t]);
    out.squared_error.value.push_back(squares / static_cast<double>(times.begin[t + 1] - times.begin[t]));
  }
  out.rank_ic = rank_ic_series(rows.truth, forecast, rows.outcome, {min_symbols}).ic;
  return out;
}

TimeRange decisions(const Rows& rows, std::size_t first, std::size_t last) {
  return {Timestamp(rows.truth.decided_at_ms[first]), Timestamp(rows.truth.decided_at_ms[last] + 1)};
}

std::string signed_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.2e", value);
  return text;
}

std::string sentence(const WeightTrial& trial, double alpha) {
  const MeanEstimate& gain = trial.squared_error.difference;
  return std::string(to_string(trial.source)) + " weights against " + std::string(to_string(trial.against)) +
         " ones on later rows: squared error lower by " + signed_number(gain.mean) + ", " +
         std::to_string(static_cast<int>(std::lround(100 * (1 - alpha)))) + " % interval [" + signed_number(gain.lo) +
         ", " + signed_number(gain.hi) + "]: " + (trial.used ? "used" : "not shown to be better, so not used");
}

}  // namespace

WeightChoice choose_weights(std::span<const ForecastTable> members, std::span<const double> prior,
                            const std::optional<VolatilityRule>& states, const WeightChoiceOptions& options) {
  expects(members.size() >= 2 && prior.size() == members.size(), "two members at least, and a weight for each");
  expects(options.later_share > 0 && options.later_share < 1, "some rows are learned from, some are checked on");
  WeightChoice choice;
  choice.weights.all.assign(prior.begin(), prior.end());
  const Rows rows = gather(members, states, options.basis);
  const Cut cut = cut_in_time(rows, options);
  choice.learned_rows = cut.learn.size();
  choice.checked_rows = rows.size() - cut.check_begin;
  if (choice.learned_rows > 0) choice.learned = decisions(rows, cut.learn.front(), cut.learn.back());
  if (choice.checked_rows > 0) choice.checked = decisions(rows, cut.check_begin, rows.size() - 1);
  if (choice.learned_rows < kMinWeightRows || choice.checked_rows < kMinWeightRows) {
    choice.reason = "fixed weights: " + std::to_string(choice.learned_rows) + " rows to learn others from and " +
                    std::to_string(choice.checked_rows) +
                    " to check them on, that no member was fitted on, are too few";
    return choice;
  }
  const MeanOptions mean{options.alpha, kOverlapsPerBlock * rows.truth.horizon_bars};
  const EnsembleWeights learned = learn(rows, cut, prior, states, options);
  Checked in_force = check(rows, cut, choice.weights, options.min_symbols);
  std::vector<EnsembleWeights> contenders{{WeightSource::learned, learned.all, std::nullopt}};
  if (learned.by_regime) contenders.push_back({WeightSource::per_regime, learned.all, learned.by_regime});
  for (auto& contender : contenders) {
    const Checked own = check(rows, cut, contender, options.min_symbols);
    WeightTrial trial{contender.source,
                      choice.weights.source,
                      contender,
                      paired_difference(in_force.squared_error, own.squared_error, mean),
                      paired_difference(own.rank_ic, in_force.rank_ic, mean),
                      false};
    trial.used = trial.squared_error.difference.lo > 0;
    choice.reason += (choice.reason.empty() ? "" : "; ") + sentence(trial, options.alpha);
    if (trial.used) {
      choice.weights = std::move(contender);
      in_force = own;
    }
    choice.trials.push_back(std::move(trial));
  }
  choice.reason = std::string(to_string(choice.weights.source)) + " weights: " + choice.reason;
  return choice;
}

}  // namespace clm
