#include "learning/studies/acceptance_rates.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/number_text.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/trials/acceptance_record.hpp"

namespace clm {
namespace {

constexpr double kBarDeviation = 0.155;
constexpr double kAmongTypes = 0.6, kWithRidge = 0.5;
constexpr double kRidgeIc = 0.05;
constexpr std::size_t kDayBars = 24, kYearBars = 365 * kDayBars, kFirstRecordBars = 168 * kDayBars;
constexpr std::size_t kTypes = 4;
/// The floor is the first to be tried, and the types follow it.
constexpr std::size_t kFirstOrder = 2;
/// Markets have weeks: a part of the scores that lasts for some 168 bars and adds a third to the variance of long
/// means.
constexpr double kWeekMemory = 1 - 1.0 / 168, kRestlessShare = 1.0 / 3;
constexpr double kTwinNoise = 1e-4, kTwinDifference = 5e-4;
constexpr std::size_t kMonths[] = {3, 6, 12, 24};

/// Rank ICs of several model types and of ridge, bar by bar.
class SimulatedScores {
 public:
  SimulatedScores(int horizon_bars, std::vector<double> rank_ics, double ridge_ic, double restless_share, Random random)
      : random_(random), truth_(std::move(rank_ics)), horizon_(static_cast<std::size_t>(horizon_bars)) {
    truth_.push_back(ridge_ic);
    slow_.assign(truth_.size(), 0.0);
    // The long-run variance of a bar is that of the shocks times the horizon, and (1 + m) / (1 - m) times its own.
    slow_deviation_ = std::sqrt(restless_share * horizon_bars * (1 - kWeekMemory) / (1 + kWeekMemory)) * kBarDeviation;
    shocks_.assign(truth_.size() * horizon_, 0.0);
    sum_.assign(truth_.size(), 0.0);
    scores_.assign(truth_.size(), 0.0);
    for (std::size_t bar = 0; bar < horizon_; ++bar) advance();
  }

  void advance() {
    const double type_load = std::sqrt(kAmongTypes), ridge_load = kWithRidge / type_load;
    const double scale = kBarDeviation / std::sqrt(static_cast<double>(horizon_));
    const double common = random_.normal();
    for (std::size_t f = 0; f < truth_.size(); ++f) {
      const double load = f + 1 == truth_.size() ? ridge_load : type_load;
      double& shock = shocks_[f * horizon_ + at_];
      sum_[f] -= shock;
      shock = load * common + std::sqrt(1 - load * load) * random_.normal();
      sum_[f] += shock;
      scores_[f] = truth_[f] + scale * sum_[f];
      if (slow_deviation_ == 0) continue;
      slow_[f] = kWeekMemory * slow_[f] + std::sqrt(1 - kWeekMemory * kWeekMemory) * slow_deviation_ * random_.normal();
      scores_[f] += slow_[f];
    }
    at_ = at_ + 1 == horizon_ ? 0 : at_ + 1;
  }
  double of_type(std::size_t type) const { return scores_[type]; }
  double of_ridge() const { return scores_.back(); }
  double noise() { return random_.normal(); }

 private:
  Random random_;
  std::vector<double> truth_;
  std::size_t horizon_, at_ = 0;
  double slow_deviation_ = 0;
  std::vector<double> shocks_, sum_, slow_, scores_;
};

/// The rank IC of the mean of a type's and ridge's standardised forecasts, which correlate as their scores do.
double mean_with_ridge(double type, double ridge) { return (type + ridge) / std::sqrt(2 * (1 + kWithRidge)); }

AcceptanceScores beside_ridge(double type, double ridge) {
  return {type, mean_with_ridge(type, ridge), ridge, ridge, type};
}

AcceptanceScores beside_nobody(double type) { return {type, type, 0}; }

struct AcceptanceScenario {
  std::string name, what, demanded;
  std::vector<double> rank_ics;  ///< of the types that are tried together
  double ridge_ic = 0;
  std::size_t first_look = kDayBars, bars = 2 * kYearBars;
  std::function<AcceptanceScores(SimulatedScores&, std::size_t type)> scores;
  std::function<bool(const AcceptanceRecord&)> happened;
  bool by_months = false;     ///< told as by records of so many months
  double restless_share = 0;  ///< of scores that have weeks
};

bool is_let_in(const AcceptanceRecord& record) { return record.accepts(); }
AcceptanceScores alone(SimulatedScores& scores, std::size_t type) { return beside_nobody(scores.of_type(type)); }
AcceptanceScores with_ridge(SimulatedScores& scores, std::size_t type) {
  return beside_ridge(scores.of_type(type), scores.of_ridge());
}
AcceptanceScores with_its_twin(SimulatedScores& scores, std::size_t type) {
  const double speaks = scores.of_type(type), its = speaks + kTwinNoise * scores.noise();
  return {its, (speaks + its) / 2, speaks};
}

std::string ridge_words() { return "a ridge of rank IC " + fixed(kRidgeIc, 2); }

/// What must not be let in, looked at for two years after a first record.
std::vector<AcceptanceScenario> errors_of(const PolicyOptions& policy) {
  const std::vector<double> nothing(kTypes, 0.0);
  const std::string two_years = " within two years of daily looks, after a first record of 168 days";
  // With ridge it makes a mean of this rank IC less the margin.
  const double spoils = std::sqrt(2 * (1 + kWithRidge)) * (kRidgeIc - policy.margin) - kRidgeIc;
  const auto first = kFirstRecordBars, last = kFirstRecordBars + 2 * kYearBars;
  return {{"acceptance_noise", "one of four types that foresee nothing is accepted" + two_years, "at most 1 %", nothing,
           0, first, last, alone, is_let_in},
          {"acceptance_noise_beside_ridge", "the same beside " + ridge_words(), "at most 1 %", nothing, kRidgeIc, first,
           last, with_ridge, is_let_in},
          {"acceptance_noise_of_weeks", "the same of scores that have good and bad weeks of their own", "at most 1 %",
           nothing, 0, first, last, alone, is_let_in, false, kRestlessShare},
          {"acceptance_at_margin",
           "a recipe with foresight whose mean with " + ridge_words() + " ranks " + fixed(policy.margin, 4) +
               " (policy.margin) below it is accepted" + two_years,
           "at most " + percent(policy.superiority_alpha),
           {spoils},
           kRidgeIc,
           first,
           last,
           with_ridge,
           is_let_in},
          {"acceptance_twin",
           "a twin of who speaks, of rank IC " + fixed(kRidgeIc, 2) +
               ", is let in, and with it what is served differs by a rank IC of more than " + fixed(kTwinDifference, 4),
           "at most 0.1 %",
           {kRidgeIc},
           0,
           kDayBars,
           2 * kYearBars,
           with_its_twin,
           [](const AcceptanceRecord& record) {
             return record.accepts() && std::abs(record.finding().lineup.mean) > kTwinDifference;
           }}};
}

std::vector<AcceptanceScenario> scenarios_of(const PolicyOptions& policy) {
  std::vector<AcceptanceScenario> out = errors_of(policy);
  const auto by_months = [&](const std::string& name, const std::string& what, double ic, double ridge_ic,
                             AcceptanceScores (*scores)(SimulatedScores&, std::size_t),
                             bool (*happened)(const AcceptanceRecord&)) {
    out.push_back({name, what, "-", {ic}, ridge_ic, kDayBars, 2 * kYearBars, scores, happened, true});
  };
  for (const double ic : {0.01, 0.02, 0.04})
    by_months("acceptance_ic_" + fixed(ic, 2),
              "a type of rank IC " + fixed(ic, 2) + ", where nobody speaks, is accepted", ic, 0, alone, is_let_in);
  for (const double lead : {0.003, 0.005, 0.01}) {
    const std::string leads = "a type that leads " + ridge_words() + " by " + fixed(lead, 3) + " is accepted";
    by_months("acceptance_lead_" + fixed(lead, 3), leads + " beside it", kRidgeIc + lead, kRidgeIc, with_ridge,
              is_let_in);
    by_months("acceptance_alone_" + fixed(lead, 3), leads + " and shown to need it no longer", kRidgeIc + lead,
              kRidgeIc, with_ridge,
              [](const AcceptanceRecord& record) { return record.accepts() && record.is_enough_alone(); });
  }
  by_months("acceptance_twin_let_in", "a twin of who speaks, of rank IC " + fixed(kRidgeIc, 2) + ", is let in",
            kRidgeIc, 0, with_its_twin, is_let_in);
  return out;
}

/// Bars of record when it happened to one of the types.
std::optional<std::size_t> bars_until(const AcceptanceScenario& scenario, const LearningOptions& learning,
                                      Random random) {
  SimulatedScores scores(learning.label.horizon_bars, scenario.rank_ics, scenario.ridge_ic, scenario.restless_share,
                         random);
  std::vector<AcceptanceRecord> records;
  for (std::size_t type = 0; type < scenario.rank_ics.size(); ++type)
    records.emplace_back(AcceptanceOptions{learning.label.horizon_bars,
                                           acceptance_level(learning.policy.acceptance_alpha, kFirstOrder + type, 0),
                                           learning.policy.superiority_alpha, learning.policy.margin});
  for (std::size_t bar = 1; bar <= scenario.bars; ++bar) {
    scores.advance();
    for (std::size_t type = 0; type < records.size(); ++type) records[type].add(scenario.scores(scores, type));
    if (bar < scenario.first_look || bar % kDayBars != 0) continue;
    if (std::any_of(records.begin(), records.end(), scenario.happened)) return bar;
  }
  return std::nullopt;
}

}  // namespace

std::size_t acceptance_scenarios() { return scenarios_of({}).size(); }

std::vector<AcceptanceRate> acceptance_rates(const LearningOptions& learning, std::size_t n, std::uint64_t seed,
                                             const RunContext& run) {
  std::vector<AcceptanceRate> rates;
  for (const AcceptanceScenario& scenario : scenarios_of(learning.policy)) {
    std::vector<std::optional<std::size_t>> happened(n);
    parallel_for(run.jobs, n, [&](std::size_t i) {
      if (run.cancel.requested()) return;
      happened[i] = bars_until(scenario, learning, Random::stream(seed, scenario.name, i));
      run.progress.advance();
    });
    const auto rate = [&](const std::string& suffix, const std::string& words, std::size_t most) {
      AcceptanceRate one{scenario.name + suffix, scenario.what + words, n, {}, scenario.demanded};
      for (const auto& bars : happened)
        if (bars && *bars <= most) one.bars.push_back(*bars);
      rates.push_back(std::move(one));
    };
    if (!scenario.by_months) rate("", "", scenario.bars);
    for (const std::size_t months : kMonths)
      if (scenario.by_months)
        rate("_by_" + std::to_string(months) + "_months", " by a record of " + std::to_string(months) + " months",
             months * kYearBars / 12);
  }
  return rates;
}

}  // namespace clm
