#include "learning/regret/regret.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "base/number_text.hpp"
#include "evaluation/metrics/paired_difference.hpp"

namespace clm {
namespace {

/// The newest first, then static, silence, and recipes by name.
std::tuple<int, std::string> rank_of(const std::string& forecaster) {
  if (forecaster == kNewest) return {0, forecaster};
  if (forecaster == kStatic) return {1, forecaster};
  if (forecaster == kSilence) return {2, forecaster};
  return {3, forecaster};
}

Regret regret_against(const std::string& forecaster, const std::vector<const RegretDay*>& days, double min_block) {
  Regret out{forecaster, days.front()->day, days.back()->day + kDay};
  std::vector<double> difference;
  for (const RegretDay* day : days) {
    out.bars += day->bars;
    out.forecaster_ic += day->forecaster_ic;
    out.served_ic += day->served_ic;
    difference.push_back(day->served_ic - day->forecaster_ic);
  }
  const MeanEstimate mean = estimate_mean(difference, {0.05, min_block});
  const auto count = static_cast<double>(difference.size());
  out.ic_bars = count * mean.mean;
  out.lo = count * mean.lo;
  out.hi = count * mean.hi;
  out.standard_error = count * mean.standard_error;
  out.forecaster_ic /= static_cast<double>(out.bars);
  out.served_ic /= static_cast<double>(out.bars);
  return out;
}

std::string with_sign(double value) { return (value > 0 ? "+" : "") + fixed(value, 1); }

std::string interval_in_words(const Regret& regret) {
  if (!std::isfinite(regret.lo)) return "too few days for an interval";
  return "95 % interval [" + fixed(regret.lo, 1) + ", " + fixed(regret.hi, 1) + "]";
}

/// "less the newest vintages +3.2 IC-bars, 95 % interval [-10.1, 16.5], over 4321 bars since 2024-01-01"
std::string sentence(const Regret& regret, const std::string& whom) {
  return "less " + whom + " " + with_sign(regret.ic_bars) + " IC-bars, " + interval_in_words(regret) + ", over " +
         std::to_string(regret.bars) + (regret.bars == 1 ? " bar from " : " bars from ") + to_date_string(regret.from) +
         " to " + to_date_string(regret.to - kDay);
}

nlohmann::json to_json(const Regret* regret) {
  if (regret == nullptr) return nullptr;
  const bool has_interval = std::isfinite(regret->lo);
  return {{"forecaster", regret->forecaster},
          {"in_words", forecaster_in_words(regret->forecaster)},
          {"from", to_string(regret->from)},
          {"to", to_string(regret->to)},
          {"bars", regret->bars},
          {"ic_bars", regret->ic_bars},
          {"interval", has_interval ? nlohmann::json{regret->lo, regret->hi} : nlohmann::json()},
          {"standard_error", finite_or_null(regret->standard_error)},
          {"rank_ic", regret->forecaster_ic},
          {"served_rank_ic", regret->served_ic}};
}

}  // namespace

const Regret* RegretReport::of(const std::string& forecaster) const {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Regret& one) { return one.forecaster == forecaster; });
  return found == all.end() ? nullptr : &*found;
}

const Regret* RegretReport::best() const {
  const auto found =
      std::min_element(all.begin(), all.end(), [](const Regret& a, const Regret& b) { return a.ic_bars < b.ic_bars; });
  return found == all.end() ? nullptr : &*found;
}

std::string RegretReport::warning() const {
  const Regret* newest = of(kNewest);
  if (newest == nullptr || newest->ic_bars > -kRegretToWarnOf) return {};
  return "what was served is " + fixed(-newest->ic_bars, 1) + " IC-bars behind the newest vintages (" +
         interval_in_words(*newest) + ", " + std::to_string(newest->bars) +
         " bars): if that is more than chance, lineup.vintages = 1 serves them alone; clm replay --policy "
         "gated,periodic compares both on history";
}

RegretReport regret_of(const std::vector<RegretDay>& days, int horizon_bars, Interval interval) {
  std::map<std::tuple<int, std::string>, std::vector<const RegretDay*>> by_forecaster;
  for (const RegretDay& day : days)
    if (day.bars > 0) by_forecaster[rank_of(day.forecaster)].push_back(&day);
  const double overlap_days =
      static_cast<double>(horizon_bars) * static_cast<double>(interval.ms()) / static_cast<double>(kDayMs);
  RegretReport report;
  for (auto& [rank, own] : by_forecaster) {
    std::sort(own.begin(), own.end(), [](const RegretDay* a, const RegretDay* b) { return a->day < b->day; });
    report.all.push_back(regret_against(std::get<1>(rank), own, std::max(1.0, kOverlapsPerBlock * overlap_days)));
  }
  return report;
}

std::string forecaster_in_words(const std::string& forecaster) {
  if (forecaster == kNewest) return "the newest vintages";
  if (forecaster == kStatic) return "the first lineup";
  return forecaster == kSilence ? "saying nothing" : forecaster + " alone";
}

std::vector<std::string> regret_in_words(const RegretReport& report) {
  std::vector<std::string> words;
  for (const char* forecaster : {kNewest, kStatic})
    if (const Regret* regret = report.of(forecaster))
      words.push_back(sentence(*regret, forecaster_in_words(forecaster)));
  if (const Regret* best = report.best())
    words.push_back(sentence(*best, "the best in hindsight, " + forecaster_in_words(best->forecaster) + ","));
  return words;
}

nlohmann::json to_json(const RegretReport& report) {
  if (report.all.empty()) return nullptr;
  auto all = nlohmann::json::array();
  for (const Regret& one : report.all) all.push_back(to_json(&one));
  const std::string warning = report.warning();
  return {{"newest", to_json(report.of(kNewest))},
          {"static", to_json(report.of(kStatic))},
          {"best", to_json(report.best())},
          {"all", std::move(all)},
          {"warning", warning.empty() ? nlohmann::json() : nlohmann::json(warning)}};
}

}  // namespace clm
