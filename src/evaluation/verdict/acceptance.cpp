#include "evaluation/verdict/acceptance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "evaluation/ensemble/standardised_forecast.hpp"
#include "evaluation/statistics/ranks.hpp"

namespace clm {
namespace {

constexpr float kNothingSaid = std::numeric_limits<float>::quiet_NaN();
constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

/// The root mean square of what was added so far.
class RunningScale {
 public:
  void add(float value) {
    if (std::isnan(value)) return;
    squares_ += static_cast<double>(value) * static_cast<double>(value);
    ++count_;
  }
  double scale() const { return squares_ > 0 ? std::sqrt(squares_ / static_cast<double>(count_)) : 1; }

 private:
  double squares_ = 0;
  std::size_t count_ = 0;
};

/// Brought to one scale time by time, by nothing that was said later.
std::vector<float> standardised(const JudgedRows& rows, const TimeIndex& times, std::vector<float> forecast,
                                std::size_t min_symbols) {
  const StandardisationOptions options{rows.basis, min_symbols};
  RunningScale own;
  for (std::size_t t = 0; t < times.size(); ++t) {
    const std::span<float> bar(forecast.data() + times.begin[t], times.begin[t + 1] - times.begin[t]);
    for (const float one : bar) own.add(one);
    standardise(bar, own.scale(), options);
  }
  return forecast;
}

/// The mean of those who have a forecast; 0, as the middle of the universe, where nobody has one.
std::vector<float> mean_of(std::size_t rows, const std::vector<const std::vector<float>*>& all) {
  std::vector<float> out(rows, 0.0F);
  for (std::size_t i = 0; i < rows; ++i) {
    double sum = 0, count = 0;
    for (const std::vector<float>* one : all)
      if (!std::isnan((*one)[i])) sum += static_cast<double>((*one)[i]), ++count;
    if (count > 0) out[i] = static_cast<float>(sum / count);
  }
  return out;
}

/// What `substitute` says at the times at which none of `all` says anything.
std::vector<float> stand_in(const TimeIndex& times, const std::vector<const std::vector<float>*>& all,
                            const std::vector<float>& substitute) {
  std::vector<float> out(substitute.size(), kNothingSaid);
  for (std::size_t t = 0; t < times.size(); ++t) {
    const auto speaks = [&](const std::vector<float>* one) {
      return std::any_of(one->begin() + static_cast<std::ptrdiff_t>(times.begin[t]),
                         one->begin() + static_cast<std::ptrdiff_t>(times.begin[t + 1]),
                         [](float said) { return !std::isnan(said); });
    };
    if (std::any_of(all.begin(), all.end(), speaks)) continue;
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) out[i] = substitute[i];
  }
  return out;
}

nlohmann::json asked_json(const ShownMean& one) {
  return {{"mean", finite_or_null(one.mean)},
          {"least", one.least},
          {"lo", finite_or_null(one.lo)},
          {"hi", finite_or_null(one.hi)},
          {"level", one.level},
          {"shown", one.shown},
          {"expected_bars", one.expected_bars ? nlohmann::json(*one.expected_bars) : nlohmann::json()}};
}

}  // namespace

std::vector<double> bar_scores(const JudgedRows& rows, const std::vector<float>& forecast, std::size_t min_symbols) {
  const TimeIndex times = index_times(rows.decided_at_ms);
  const std::vector<float> came = judged_return(rows, rows.forward_return);
  const std::size_t least = std::max<std::size_t>(min_symbols, 2);
  const auto is_scored = [&](std::size_t i) { return !std::isnan(forecast[i]) && !std::isnan(came[i]); };
  std::vector<std::size_t> count(times.size(), 0);
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) count[t] += is_scored(i) ? 1U : 0U;
  const auto ranked = std::count_if(count.begin(), count.end(), [&](std::size_t n) { return n >= least; });
  const bool over_time = 2 * ranked < std::ssize(count);

  std::vector<double> scores(times.size(), kNoScore);
  RankSpace space;
  std::vector<float> said, true_return;
  RunningScale of_forecast, of_return;
  for (std::size_t t = 0; t < times.size(); ++t) {
    said.clear();
    true_return.clear();
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) {
      if (!is_scored(i)) continue;
      said.push_back(forecast[i]);
      true_return.push_back(came[i]);
      of_forecast.add(forecast[i]);
      of_return.add(came[i]);
    }
    if (said.empty()) continue;
    if (!over_time) {
      if (said.size() >= least) scores[t] = spearman(said, true_return, space);
      continue;
    }
    double sum = 0;
    for (std::size_t i = 0; i < said.size(); ++i)
      sum += static_cast<double>(said[i]) * static_cast<double>(true_return[i]);
    scores[t] = sum / (static_cast<double>(said.size()) * of_forecast.scale() * of_return.scale());
  }
  return scores;
}

bool is_foresight_shown(const ForecastTable& table, double level, std::size_t min_symbols) {
  ScoreSequence sequence(table.rows->horizon_bars, level, 0);
  for (const double score : bar_scores(*table.rows, table.forecast, min_symbols))
    if (!std::isnan(score)) sequence.add(score);
  return sequence.is_shown();
}

std::vector<std::optional<AcceptanceScores>> acceptance_scores(const ForecastTable& candidate,
                                                               const LineupToJoin& lineup) {
  const JudgedRows& rows = *candidate.rows;
  const TimeIndex times = index_times(rows.decided_at_ms);
  const auto is_asked = [&](std::size_t i) {
    return !std::isnan(candidate.forecast[i]) &&
           (lineup.benchmark == nullptr || !std::isnan(lineup.benchmark->forecast[i]));
  };
  const auto asked_of = [&](std::vector<float> forecast) {
    for (std::size_t i = 0; i < forecast.size(); ++i)
      if (!is_asked(i)) forecast[i] = kNothingSaid;
    return forecast;
  };
  const auto on_one_scale = [&](const ForecastTable& table) {
    return standardised(rows, times, asked_of(table.forecast), lineup.min_symbols);
  };
  const auto score = [&](std::vector<float> forecast) {
    return bar_scores(rows, asked_of(std::move(forecast)), lineup.min_symbols);
  };
  using Voices = std::vector<const std::vector<float>*>;
  const auto of = [&](const Voices& all) { return score(mean_of(rows.size(), all)); };

  const std::vector<float> own = on_one_scale(candidate);
  std::vector<std::vector<float>> stay;
  for (const ForecastTable* one : lineup.stay) stay.push_back(on_one_scale(*one));
  const std::vector<float> replaced =
      lineup.replaced == nullptr ? std::vector<float>() : on_one_scale(*lineup.replaced);
  const std::vector<float> benchmark =
      lineup.benchmark == nullptr ? std::vector<float>() : on_one_scale(*lineup.benchmark);
  Voices without_it;
  for (const std::vector<float>& one : stay) without_it.push_back(&one);
  Voices with_it = without_it;
  with_it.push_back(&own);
  const Voices without_benchmark = with_it;
  if (lineup.replaced != nullptr) without_it.push_back(&replaced);
  std::vector<float> substitute;
  if (lineup.benchmark != nullptr) {
    const std::vector<float>* beside = nullptr;
    if (lineup.benchmark_speaks == BenchmarkSpeaks::yes) {
      beside = &benchmark;
    } else if (!without_it.empty()) {
      substitute = stand_in(times, without_it, benchmark);
      beside = &substitute;
    }
    if (beside != nullptr) {
      with_it.push_back(beside);
      without_it.push_back(beside);
    }
  }
  const auto alone = score(candidate.forecast), with = of(with_it), without = of(without_it);
  std::vector<double> of_benchmark(times.size(), kNoScore), but_benchmark = of_benchmark;
  if (lineup.benchmark != nullptr) {
    of_benchmark = score(lineup.benchmark->forecast);
    but_benchmark = of(without_benchmark);
  }
  std::vector<std::optional<AcceptanceScores>> out(times.size());
  for (std::size_t t = 0; t < times.size(); ++t)
    if (!std::isnan(alone[t]))
      out[t] = AcceptanceScores{alone[t], with[t], without[t], of_benchmark[t], but_benchmark[t]};
  return out;
}

Acceptance ask_for_acceptance(const ForecastTable& candidate, const LineupToJoin& lineup,
                              const AcceptanceBudget& budget, double lineup_level, double margin) {
  const JudgedRows& rows = *candidate.rows;
  Acceptance out;
  out.budget = budget;
  out.margin = margin;
  for (const ForecastTable* one : lineup.stay) out.without.push_back(one->name);
  if (lineup.replaced != nullptr) out.without.push_back(lineup.replaced->name);
  if (lineup.benchmark != nullptr) {
    out.benchmark = lineup.benchmark->name;
    out.benchmark_speaks = lineup.benchmark_speaks;
    if (out.benchmark_speaks == BenchmarkSpeaks::yes) out.without.push_back(out.benchmark);
  }
  AcceptanceRecord record({rows.horizon_bars, budget.level(), lineup_level, margin});
  const TimeIndex times = index_times(rows.decided_at_ms);
  const auto scores = acceptance_scores(candidate, lineup);
  for (std::size_t t = scores.size(); t-- > 0;)
    if (scores[t]) out.from_ms = times.time_ms[t];
  for (const auto& bar : scores)
    if (bar) record.add(*bar);
  out.finding = record.finding();
  return out;
}

nlohmann::json to_json(const Acceptance& a) {
  const AcceptanceFinding& f = a.finding;
  nlohmann::json out{{"year", a.budget.year},
                     {"order", a.budget.order},
                     {"accepted_before", a.budget.accepted_before},
                     {"budget", a.budget.a_year},
                     {"margin", a.margin},
                     {"from_ms", a.from_ms},
                     {"bars", f.bars},
                     {"blocks", f.blocks},
                     {"accepted", f.is_accepted()},
                     {"without", a.without},
                     {"benchmark", a.benchmark.empty() ? nlohmann::json() : nlohmann::json(a.benchmark)},
                     {"benchmark_speaks", a.benchmark_speaks == BenchmarkSpeaks::yes},
                     {"skill", asked_json(f.skill)},
                     {"with_it", finite_or_null(f.with_it)},
                     {"without_it", finite_or_null(f.without_it)},
                     {"lineup", asked_json(f.lineup)},
                     {"against_benchmark", nullptr},
                     {"without_benchmark", nullptr}};
  if (f.benchmark) out["against_benchmark"] = asked_json(*f.benchmark);
  if (f.without_benchmark) out["without_benchmark"] = asked_json(*f.without_benchmark);
  out["benchmark_mean"] = f.benchmark ? finite_or_null(f.benchmark_mean) : nlohmann::json();
  return out;
}

}  // namespace clm
