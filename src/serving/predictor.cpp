#include "serving/predictor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/contract.hpp"
#include "base/parallel.hpp"

namespace clm {
namespace {

constexpr double kBpsPerUnit = 1e4;

/// `bps`: what a unit of the forecasts is worth.
void decide(Prediction& prediction, const CombinedForecast& combined, double bps, ReturnBasis basis,
            const TradingCosts& costs) {
  prediction.expected_return_bps = combined.votes == 0 ? kMissing : bps * combined.forecast;
  prediction.disagreement_bps = combined.votes > 1 ? bps * combined.disagreement : kMissing;
  prediction.agree = combined.agree;
  if (combined.votes == 0) {
    prediction.confidence = kMissing;
    return;
  }
  double up = 0;
  for (const auto& vote : prediction.votes) up += vote.weight * vote.up_probability;
  prediction.confidence = combined.forecast >= 0 ? up : 1 - up;
  Advice advice = advise(prediction.expected_return_bps, up, basis, costs);
  prediction.action = advice.action;
  prediction.note = std::move(advice.note);
}

/// What those who vote forecast: the price itself, or a return less the universe's.
ReturnBasis basis_of(const LabelOptions& label) {
  return label.target == LabelTarget::plain ? ReturnBasis::own : ReturnBasis::relative;
}

/// The active version of every type that may serve, the floor's among them, and the active ensemble.
Result<std::map<std::string, VersionId>> active_of(const Registry& registry, const ServingRules& rules) {
  std::map<std::string, VersionId> active;
  auto types = rules.model_types;
  types.insert(std::string(kEnsembleType));
  if (!rules.floor.empty()) types.insert(rules.floor);
  for (const auto& type : types) {
    const auto alias = registry.active(slot_of(type));
    if (!alias) return forward_error(alias);
    if (*alias) active[type] = (*alias)->record.version;
  }
  return active;
}

}  // namespace

Predictor::Predictor(ServingFacts facts, const ServingRules& rules, const Versions& versions)
    : facts_(std::move(facts)), rules_(rules) {
  for (const auto& [version, loaded] : versions) {
    if (!loaded->model) continue;
    needs_.add({{loaded->manifest.feature_set}, {unit_of(loaded->facts.label)}, loaded->model->model->history_bars()});
    versions_.emplace(version, loaded);
  }
}

Result<Predictor> Predictor::load(const Registry& registry, const ServingRules& rules,
                                  std::vector<CanaryShare> canaries) {
  // What is read in several steps is of one moment only if nothing moved meanwhile.
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    const auto generation = registry.generation();
    if (!generation) return forward_error(generation);
    auto active = active_of(registry, rules);
    if (!active) return forward_error(active);
    ServableVersions versions(registry);
    const auto suspended = suspended_versions(registry);
    if (!suspended) return forward_error(suspended);
    auto facts = versions.facts(std::move(*active), canaries, *suspended);
    if (!facts) return forward_error(facts);
    const auto now = registry.generation();
    if (!now) return forward_error(now);
    if (*now != *generation) continue;
    Predictor predictor(std::move(*facts), rules, versions.loaded());
    predictor.generation_ = *generation;
    return predictor;
  }
  return fail(ErrorKind::locked, "serving.moving", "versions are moved faster than they can be loaded", {},
              "Try again in a moment; clm history says who moves them.");
}

Result<Predictor> Predictor::load_version(const Registry& registry, const VersionRecord& record,
                                          const ServingRules& rules) {
  // Of an ensemble all of it, the members' bytes included.
  if (auto whole = registry.open_artifact(record); !whole) return forward_error(whole);
  ServableVersions versions(registry);
  auto facts = versions.facts({{slot_name(record.slot), record.version}}, {});
  if (!facts) return forward_error(facts);
  for (const auto& [version, loaded] : versions.loaded())
    if (loaded->problem) return tl::unexpected<Error>(*loaded->problem);
  Predictor predictor(std::move(*facts), rules, versions.loaded());
  predictor.alone_ = record.version;
  return predictor;
}

ServingPlan Predictor::plan(Timestamp at, const std::vector<Symbol>& symbols) const {
  return alone_ ? plan_version(facts_, *alone_, rules_.max_data_age, at, symbols)
                : plan_serving(facts_, rules_, at, symbols);
}

/// What one version says about every symbol.
struct Predictor::Said {
  std::vector<float> forecast;         ///< in units of volatility; NaN: it abstains
  std::vector<double> up_probability;  ///< where there is a forecast
  std::string error;                   ///< it could not be asked
};

Predictor::Said Predictor::ask(const ServableVersion& version, const BarInputs& inputs) const {
  const Dataset& rows = inputs.rows.at(version.manifest.feature_set);
  Said said{std::vector<float>(inputs.symbols.size(), kUnknownLabel),
            std::vector<double>(inputs.symbols.size(), kMissing),
            {}};
  auto raw = version.model->raw_forecast(all_rows(rows));
  if (!raw) {
    said.error = to_string(raw.error());
    return said;
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    said.up_probability[rows.symbol[i]] = version.model->calibration.up_probability(static_cast<double>((*raw)[i]));
  version.model->calibration.scale(*raw);
  for (std::size_t i = 0; i < rows.size(); ++i) said.forecast[rows.symbol[i]] = (*raw)[i];
  return said;
}

/// Everybody who has a vote on some symbol.
std::map<VersionId, Predictor::Said> Predictor::ask(const ServingPlan& plan, const BarInputs& inputs, int jobs) const {
  std::set<VersionId> voters;
  for (const Lineup& lineup : plan.lineups)
    for (const LineupMember& member : lineup.members)
      if (member.why_not.empty()) voters.insert(member.version);
  const std::vector<VersionId> asked(voters.begin(), voters.end());
  std::vector<Said> said(asked.size());
  parallel_for(jobs, asked.size(), [&](std::size_t i) { said[i] = ask(*versions_.at(asked[i]), inputs); });
  std::map<VersionId, Said> all;
  for (std::size_t i = 0; i < asked.size(); ++i) all.emplace(asked[i], std::move(said[i]));
  return all;
}

namespace {

/// The volatility of every symbol that has a bar, in a label's unit; NaN of the others.
std::vector<float> volatility_of(const BarInputs& inputs, const LabelOptions& label) {
  std::vector<float> volatility(inputs.symbols.size(), kUnknownLabel);
  const auto unit = inputs.units.find(unit_of(label));
  if (unit == inputs.units.end()) return volatility;  // nobody forecasts it
  for (const auto& [name, rows] : inputs.rows)
    for (const std::size_t s : rows.symbol) volatility[s] = unit->second[s];
  return volatility;
}

/// Whether a symbol has a bar that closed then.
std::vector<bool> present_symbols(const BarInputs& inputs) {
  std::vector<bool> present(inputs.symbols.size(), false);
  for (const auto& [name, rows] : inputs.rows)
    for (const std::size_t s : rows.symbol) present[s] = true;
  return present;
}

}  // namespace

Forecasts Predictor::predict(const BarInputs& inputs, int jobs) const {
  const ServingPlan plan = this->plan(inputs.as_of, inputs.symbols);
  const std::map<VersionId, Said> said = ask(plan, inputs, jobs);
  BarVotes votes{{}, volatility_of(inputs, plan.label)};
  for (const auto& [version, words] : said) votes.forecasts.emplace(version, words.forecast);
  const BarForecast bar = combine(plan, votes);
  const std::vector<bool> present = present_symbols(inputs);

  Forecasts out;
  out.ensemble = plan.lineups.front().ensemble;
  out.regime = bar.of_lineup.front();
  if (!said.empty()) {
    out.horizon_bars = plan.label.horizon_bars;
    out.basis = basis_of(plan.label);
  }
  out.cost_band_bps = cost_band_bps(rules_.costs);
  for (std::size_t s = 0; s < inputs.symbols.size(); ++s) {
    const Lineup& lineup = plan.lineups[plan.lineup_of[s]];
    const CombinedForecast& combined = bar.of_symbol[s];
    Prediction prediction;
    prediction.symbol = inputs.symbols[s];
    prediction.abstained = lineup.absent;
    prediction.canaries = lineup.canaries;
    prediction.forecast = bar.served(s);
    const double bps = kBpsPerUnit * static_cast<double>(votes.volatility[s]);
    for (std::size_t m = 0; m < lineup.members.size(); ++m) {
      const LineupMember& member = lineup.members[m];
      const auto words = said.find(member.version);
      std::string why = member.why_not;
      if (why.empty() && !present[s]) why = "no usable bar closed at " + to_string(inputs.as_of);
      if (why.empty()) why = words->second.error;
      if (why.empty() && std::isnan(words->second.forecast[s])) why = "the model has no forecast";
      if (why.empty() && std::isnan(bps)) why = "no recent volatility to scale by";
      const ForecastScale& scale = bar.scales[plan.lineup_of[s]][m];
      if (why.empty())
        prediction.votes.push_back({member.model_type, member.version,
                                    bps * scale.of(static_cast<double>(words->second.forecast[s])),
                                    words->second.up_probability[s], combined.weights[m], plan.label.horizon_bars,
                                    member.learned_until, scale});
      else
        prediction.abstained.push_back({member.model_type, std::move(why), member.version});
    }
    decide(prediction, combined, bps, out.basis, rules_.costs);
    out.predictions.push_back(std::move(prediction));
  }
  return out;
}

MemberExplanation Predictor::explain_vote(const Vote& vote, std::size_t symbol, const BarInputs& inputs) const {
  const ServableVersion& version = *versions_.at(vote.version);
  const Dataset& data = inputs.rows.at(version.manifest.feature_set);
  const auto row =
      static_cast<std::uint32_t>(std::find(data.symbol.begin(), data.symbol.end(), symbol) - data.symbol.begin());
  const FeatureFrame& frame = *data.frame;
  MemberExplanation out{vote, 0, {}, {}};
  std::vector<double> parts(frame.columns() + 1);
  if (auto taken = version.model->model->contributions(RowSet{&data, {row}}, parts); !taken) {
    out.why_not = taken.error().kind == ErrorKind::usage ? taken.error().message : to_string(taken.error());
    return out;
  }
  const double unit = static_cast<double>(inputs.units.at(unit_of(version.facts.label))[symbol]);
  const auto in_bps = [&](double part) {
    return kBpsPerUnit * unit * vote.scale.slope * version.model->calibration.scaled(part);
  };
  const auto values = frame.row(data.frame_row[row]);
  for (std::size_t column = 0; column < frame.columns(); ++column)
    out.effects.push_back({frame.names[column], static_cast<double>(values[column]), in_bps(parts[column])});
  out.base_bps = in_bps(parts.back()) + kBpsPerUnit * unit * vote.scale.offset;
  return out;
}

Result<Explanations> Predictor::explain(const BarInputs& inputs, const std::vector<Symbol>& symbols) const {
  const Forecasts forecasts = predict(inputs);
  Explanations out{forecasts.ensemble, forecasts.regime, {}, {}};
  for (const Symbol& symbol : symbols) {
    const auto& known = inputs.symbols;
    const auto place = static_cast<std::size_t>(std::find(known.begin(), known.end(), symbol) - known.begin());
    if (place == known.size())
      return fail(ErrorKind::usage, "predict.unknown_symbol", "there are no usable candles of " + symbol.str(),
                  symbol.str(), "`clm data` lists what is stored and what is wrong with it.");
    Explanation explanation{forecasts.predictions[place], {}};
    for (const Vote& vote : explanation.prediction.votes)
      explanation.members.push_back(explain_vote(vote, place, inputs));
    out.explanations.push_back(std::move(explanation));
  }
  return out;
}

}  // namespace clm
