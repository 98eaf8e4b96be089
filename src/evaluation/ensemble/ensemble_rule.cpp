#include "evaluation/ensemble/ensemble_rule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "evaluation/ensemble/standardised_forecast.hpp"

namespace clm {
namespace {

constexpr int kFormat = 1;
constexpr std::uint64_t kMaxRuleBytes = 1U << 20;
constexpr double kSumTolerance = 1e-9;
constexpr std::size_t kMostSymbols = 1'000'000;
constexpr std::array kSources{WeightSource::fixed, WeightSource::learned, WeightSource::per_regime};
constexpr std::array kRegimes{VolatilityRegime::calm, VolatilityRegime::normal, VolatilityRegime::turbulent};

std::vector<double> left_over(const std::vector<double>& weights, std::size_t member, const WeightBounds& bounds) {
  std::vector<double> rest = weights;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(member));
  return proportional_weights(rest, bounds);
}

/// What is wrong with a rule that was read, or nothing.
std::string problem_of(const EnsembleRule& rule) {
  const auto& members = rule.members;
  if (members.empty()) return "it has no members";
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].model_type.empty() || members[i].version.empty()) return "a member has no name";
    if (i > 0 && members[i - 1] >= members[i]) return "members are not ascending by type and version";
  }
  const auto& bounds = rule.bounds;
  if (rule.standardised_from > kMostSymbols) return "no market has as many symbols as it wants to standardise over";
  if (!(bounds.least >= 0 && bounds.least <= bounds.most && bounds.most <= 1)) return "the bounds are not in order";
  const auto broken = [&](const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) {
      if (!(weight >= 0 && weight <= 1)) return true;
      sum += weight;
    }
    return weights.size() != members.size() || std::fabs(sum - 1) > kSumTolerance;
  };
  if (broken(rule.weights.all)) return "the weights do not sum to 1, or are not one per member";
  const auto& by_regime = rule.weights.by_regime;
  if (by_regime.has_value() != (rule.weights.source == WeightSource::per_regime))
    return "weights per regime belong to the source per_regime";
  if (!by_regime) return {};
  if (std::any_of(by_regime->weights.begin(), by_regime->weights.end(), broken))
    return "the weights of a regime do not sum to 1, or are not one per member";
  const VolatilityRule& states = by_regime->rule;
  return states.calm_up_to >= 0 && states.calm_up_to <= states.normal_up_to ? "" : "the regimes are not in order";
}

}  // namespace

std::string_view to_string(WeightSource source) {
  switch (source) {
    case WeightSource::fixed: return "fixed";
    case WeightSource::learned: return "learned";
    case WeightSource::per_regime: return "per_regime";
  }
  return {};
}

const std::vector<double>& EnsembleWeights::in(VolatilityRegime regime) const {
  if (!by_regime || regime == VolatilityRegime::unknown) return all;
  return by_regime->weights[static_cast<std::size_t>(regime)];
}

std::vector<ForecastScale> EnsembleRule::common_scale(std::span<const std::span<const float>> said,
                                                      VolatilityRegime regime) const {
  expects(said.size() == members.size(), "one list of forecasts per member");
  std::vector<ForecastScale> scales(members.size());
  if (standardised_from == 0) return scales;
  std::vector<double> means(members.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<double> deviations = means;
  for (std::size_t m = 0; m < members.size(); ++m) {
    const CrossSection section = cross_section(said[m]);
    if (section.count < std::max<std::size_t>(standardised_from, 2)) continue;
    means[m] = section.mean;
    deviations[m] = section.deviation;
  }
  const CombinedForecast mean = combine(means, regime);
  if (mean.votes < 2) return scales;
  const double deviation = combine(deviations, regime).forecast;
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (std::isnan(means[m])) continue;
    scales[m].slope = deviations[m] > 0 ? deviation / deviations[m] : 0;
    scales[m].offset = mean.forecast - scales[m].slope * means[m];
  }
  return scales;
}

CombinedForecast EnsembleRule::combine(std::span<const double> forecasts, VolatilityRegime regime) const {
  expects(forecasts.size() == members.size(), "one forecast per member");
  const std::vector<double>& full = weights.in(regime);
  CombinedForecast out;
  out.weights.assign(members.size(), 0.0);
  std::vector<double> shares;
  for (std::size_t m = 0; m < members.size(); ++m)
    if (!std::isnan(forecasts[m])) shares.push_back(full[m]);
  out.votes = shares.size();
  if (shares.empty()) {
    out.forecast = out.disagreement = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  if (out.votes == members.size()) {
    out.weights = full;
  } else {
    const auto shared = proportional_weights(shares, bounds);
    for (std::size_t m = 0, voter = 0; m < members.size(); ++m)
      if (!std::isnan(forecasts[m])) out.weights[m] = shared[voter++];
  }
  for (std::size_t m = 0; m < members.size(); ++m)
    if (!std::isnan(forecasts[m])) out.forecast += out.weights[m] * forecasts[m];
  double variance = 0;
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (std::isnan(forecasts[m])) continue;
    variance += out.weights[m] * (forecasts[m] - out.forecast) * (forecasts[m] - out.forecast);
    if (forecasts[m] * out.forecast > 0) ++out.agree;
  }
  out.disagreement = std::sqrt(variance);
  return out;
}

std::vector<float> EnsembleRule::combine(std::span<const ForecastTable> tables) const {
  return as_one({}, tables).forecast;
}

ForecastTable EnsembleRule::as_one(const std::string& name, std::span<const ForecastTable> tables) const {
  expects(tables.size() == members.size(), "one table per member");
  const JudgedRows& rows = *tables.front().rows;
  for (const auto& table : tables) expects(table.rows == tables.front().rows, "the members' tables share their rows");
  std::vector<VolatilityRegime> regimes(rows.size(), VolatilityRegime::unknown);
  if (weights.by_regime) regimes = regimes_of_rows(rows, weights.by_regime->rule);
  ForecastTable out{name, tables.front().rows, std::vector<float>(rows.size())};
  const bool has_probability = std::none_of(tables.begin(), tables.end(),
                                            [](const ForecastTable& table) { return table.up_probability.empty(); });
  if (has_probability) out.up_probability.assign(rows.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<std::span<const float>> at_time(members.size());
  std::vector<double> forecasts(members.size());
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    for (end = begin; end < rows.size() && rows.decided_at_ms[end] == rows.decided_at_ms[begin];) ++end;
    for (std::size_t m = 0; m < members.size(); ++m)
      at_time[m] = std::span(tables[m].forecast).subspan(begin, end - begin);
    const std::vector<ForecastScale> scales = common_scale(at_time, regimes[begin]);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t m = 0; m < members.size(); ++m)
        forecasts[m] = scales[m].of(static_cast<double>(tables[m].forecast[i]));
      const CombinedForecast said = combine(forecasts, regimes[i]);
      out.forecast[i] = static_cast<float>(said.forecast);
      if (!has_probability || said.votes == 0) continue;
      out.up_probability[i] = 0;
      for (std::size_t m = 0; m < members.size(); ++m)
        if (said.weights[m] > 0) out.up_probability[i] += said.weights[m] * tables[m].up_probability[i];
    }
  }
  return out;
}

EnsembleRule EnsembleRule::without(std::size_t member) const {
  expects(member < members.size() && members.size() >= 2, "what is left out is a member, and not the only one");
  EnsembleRule rest = *this;
  rest.members.erase(rest.members.begin() + static_cast<std::ptrdiff_t>(member));
  rest.weights.all = left_over(weights.all, member, bounds);
  if (rest.weights.by_regime)
    for (auto& own : rest.weights.by_regime->weights) own = left_over(own, member, bounds);
  return rest;
}

std::string EnsembleRule::to_json_text() const {
  auto listed = nlohmann::json::array();
  for (std::size_t m = 0; m < members.size(); ++m)
    listed.push_back(
        {{"model_type", members[m].model_type}, {"version", members[m].version}, {"weight", weights.all[m]}});
  nlohmann::json document{{"format", kFormat},
                          {"members", listed},
                          {"source", to_string(weights.source)},
                          {"bounds", {bounds.least, bounds.most}}};
  if (standardised_from > 0) document["standardised_from"] = standardised_from;
  if (weights.by_regime) {
    auto& regimes = document["by_regime"];
    regimes["calm_up_to"] = weights.by_regime->rule.calm_up_to;
    regimes["normal_up_to"] = weights.by_regime->rule.normal_up_to;
    for (const auto regime : kRegimes) regimes[std::string(to_string(regime))] = weights.in(regime);
  }
  return document.dump(1) + "\n";
}

Result<EnsembleRule> EnsembleRule::load(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxRuleBytes);
  if (!text) return forward_error(text);
  const auto broken = [&](const std::string& what) {
    return fail(ErrorKind::integrity, "ensemble.load", what, file.string(),
                "Roll back: clm rollback ensemble --reason TEXT.");
  };
  try {
    const auto document = nlohmann::json::parse(*text);
    if (document.at("format") != kFormat) return broken("it was written by another release");
    EnsembleRule rule;
    for (const auto& member : document.at("members")) {
      rule.members.push_back({member.at("model_type").get<std::string>(), member.at("version").get<std::string>()});
      rule.weights.all.push_back(member.at("weight").get<double>());
    }
    const auto source = document.at("source").get<std::string>();
    const auto known =
        std::find_if(kSources.begin(), kSources.end(), [&](WeightSource s) { return to_string(s) == source; });
    if (known == kSources.end()) return broken("weights cannot come from '" + source + "'");
    rule.weights.source = *known;
    rule.bounds = {document.at("bounds").at(0).get<double>(), document.at("bounds").at(1).get<double>()};
    rule.standardised_from = document.value("standardised_from", std::size_t{0});
    if (document.contains("by_regime")) {
      const auto& regimes = document.at("by_regime");
      EnsembleWeights::ByRegime own;
      own.rule = {regimes.at("calm_up_to").get<double>(), regimes.at("normal_up_to").get<double>()};
      for (std::size_t r = 0; r < kRegimes.size(); ++r)
        own.weights[r] = regimes.at(std::string(to_string(kRegimes[r]))).get<std::vector<double>>();
      rule.weights.by_regime = std::move(own);
    }
    if (const std::string problem = problem_of(rule); !problem.empty()) return broken(problem);
    return rule;
  } catch (const nlohmann::json::exception& error) {
    return broken(error.what());
  }
}

}  // namespace clm
