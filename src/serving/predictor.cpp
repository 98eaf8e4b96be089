#include "serving/predictor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "features/sets/feature_set.hpp"
#include "serving/load_check.hpp"

namespace clm {
namespace {

constexpr double kBpsPerUnit = 1e4;

void decide(Prediction& prediction, const CombinedForecast& combined, ReturnBasis basis, const TradingCosts& costs) {
  prediction.expected_return_bps = combined.forecast;
  prediction.disagreement_bps = combined.votes > 1 ? combined.disagreement : kMissing;
  prediction.agree = combined.agree;
  if (combined.votes == 0) {
    prediction.confidence = kMissing;
    return;
  }
  double up = 0;
  for (const auto& vote : prediction.votes) up += vote.weight * vote.up_probability;
  prediction.confidence = combined.forecast >= 0 ? up : 1 - up;
  Advice advice = advise(combined.forecast, up, basis, costs);
  prediction.action = advice.action;
  prediction.note = std::move(advice.note);
}

/// What those who vote forecast: about the price itself only where all of them do.
ReturnBasis common_basis(const std::vector<LabelOptions>& labels) {
  const bool is_own = !labels.empty() && std::all_of(labels.begin(), labels.end(), [](const LabelOptions& label) {
    return label.target == LabelTarget::plain;
  });
  return is_own ? ReturnBasis::own : ReturnBasis::relative;
}

std::optional<int> common_horizon(const std::vector<LabelOptions>& labels) {
  if (labels.empty()) return std::nullopt;
  for (const auto& label : labels)
    if (label.horizon_bars != labels.front().horizon_bars) return std::nullopt;
  return labels.front().horizon_bars;
}

/// The weights in force where no ensemble is active.
EnsembleRule configured_rule(std::vector<EnsembleMember> members, const PredictorOptions& options) {
  EnsembleRule rule;
  rule.bounds = options.bounds;
  std::vector<double> shares;
  for (const auto& member : members) {
    const auto named = options.weights.find(member.model_type);
    shares.push_back(named == options.weights.end() ? options.other_weight : named->second);
  }
  if (!shares.empty()) rule.weights.all = proportional_weights(shares, options.bounds);
  rule.members = std::move(members);
  return rule;
}

/// Who serves a model type: the active version, or the one that takes its place.
Result<std::optional<VersionRecord>> serving_version(const Registry& registry, const std::string& model_type,
                                                     const PredictorOptions& options) {
  if (const auto other = options.instead.find(model_type); other != options.instead.end()) {
    auto record = registry.find(other->second.str());
    if (!record) return forward_error(record);
    return std::optional(std::move(*record));
  }
  const auto active = registry.active(Slot{model_type});
  if (!active) return forward_error(active);
  return *active ? std::optional((*active)->record) : std::nullopt;
}

}  // namespace

Result<Predictor::Member> Predictor::load_member(const Registry& registry, const VersionRecord& record) {
  const auto artifact = registry.open_artifact(record);
  if (!artifact) return forward_error(artifact);
  const auto label = read_label_options(artifact->manifest.label_json);
  if (!label) return forward_error(label);
  const auto features = feature_set(artifact->manifest.feature_set);
  if (!features || features->hash() != artifact->manifest.feature_hash)
    return fail(ErrorKind::integrity, "model.feature_hash",
                record.slot.model_type + " version " + artifact->version.str() + " was trained on features " +
                    artifact->manifest.feature_set + " " + artifact->manifest.feature_hash +
                    ", which this program does not compute",
                artifact->directory.string(),
                "Train another version: clm cycle --force --models " + record.slot.model_type);
  auto model = load_servable_model(*artifact);
  if (!model) return forward_error(model);
  return Member{record.slot.model_type,           artifact->version, 0, artifact->manifest.feature_set, *label,
                artifact->manifest.created_as_of, std::move(*model)};
}

Status Predictor::add_members(const Registry& registry, const std::vector<VersionRecord>& records, IfBroken if_broken) {
  for (const auto& record : records) {
    auto member = load_member(registry, record);
    if (member) {
      needs_.add({{member->feature_set}, {unit_of(member->label)}, member->model.model->history_bars()});
      members_.push_back(std::move(*member));
    } else if (if_broken == IfBroken::refuse) {
      return forward_error(member);
    } else {
      absent_.push_back({record.slot.model_type, to_string(member.error())});
    }
  }
  return {};
}

Status Predictor::load_ensemble(const Registry& registry, const VersionRecord& record,
                                const std::vector<std::string>& model_types, IfBroken if_broken) {
  // Its own bytes first; the members' are verified one by one, so that a broken one can abstain by itself.
  const auto own = registry.store().open(record.slot.model_type, record.version, record.manifest_sha256);
  auto rule = own ? EnsembleRule::load(own->directory / EnsembleRule::kFileName) : forward_error(own);
  if (!rule) {
    if (if_broken == IfBroken::refuse) return forward_error(rule);
    absent_.push_back({std::string(kEnsembleType), to_string(rule.error())});
    return {};
  }
  ensemble_ = record.version;
  rule_ = std::move(*rule);
  std::vector<VersionRecord> records;
  for (const auto& member : rule_.members) {
    const auto found = registry.find(member.version);
    if (!found && found.error().kind != ErrorKind::usage) return forward_error(found);
    if (found)
      records.push_back(*found);
    else
      absent_.push_back({member.model_type, found.error().message});
  }
  for (const auto& type : model_types)
    if (std::none_of(rule_.members.begin(), rule_.members.end(), [&](const auto& m) { return m.model_type == type; }))
      absent_.push_back({type, "the active ensemble has no such member"});
  if (auto added = add_members(registry, records, if_broken); !added) return added;
  for (auto& member : members_)
    while (rule_.members[member.place].model_type != member.model_type) ++member.place;
  return {};
}

Result<Predictor> Predictor::load(const Registry& registry, const std::vector<std::string>& model_types,
                                  PredictorOptions options) {
  Predictor predictor;
  predictor.costs_ = options.costs;
  predictor.max_data_age_ = options.max_data_age;
  const auto ensemble = serving_version(registry, std::string(kEnsembleType), options);
  if (!ensemble) return forward_error(ensemble);
  if (*ensemble) {
    const auto loaded = predictor.load_ensemble(registry, **ensemble, model_types, IfBroken::abstain);
    if (!loaded) return forward_error(loaded);
    if (!predictor.ensemble_.empty()) return predictor;
  }
  std::vector<VersionRecord> records;
  for (const auto& type : std::set<std::string>(model_types.begin(), model_types.end())) {
    const auto version = serving_version(registry, type, options);
    if (!version) return forward_error(version);
    if (*version)
      records.push_back(**version);
    else
      predictor.absent_.push_back({type, "no version is active"});
  }
  if (auto added = predictor.add_members(registry, records, IfBroken::abstain); !added) return forward_error(added);
  std::vector<EnsembleMember> names;
  for (auto& member : predictor.members_) {
    member.place = names.size();
    names.push_back({member.model_type, member.version.str()});
  }
  predictor.rule_ = configured_rule(std::move(names), options);
  return predictor;
}

Result<Predictor> Predictor::load_version(const Registry& registry, const VersionRecord& record,
                                          PredictorOptions options) {
  Predictor predictor;
  predictor.costs_ = options.costs;
  predictor.max_data_age_ = options.max_data_age;
  if (record.slot.model_type == kEnsembleType) {
    // All of it, the members' bytes included.
    if (auto whole = registry.open_artifact(record); !whole) return forward_error(whole);
    if (auto loaded = predictor.load_ensemble(registry, record, {}, IfBroken::refuse); !loaded)
      return forward_error(loaded);
    return predictor;
  }
  if (auto added = predictor.add_members(registry, {record}, IfBroken::refuse); !added) return forward_error(added);
  options.bounds = {0, 1};
  predictor.rule_ = configured_rule({{record.slot.model_type, record.version.str()}}, options);
  return predictor;
}

/// Empty: it has not.
std::string Predictor::why_expired(const Member& member, Timestamp as_of) const {
  if (max_data_age_ <= Duration(0) || as_of - member.data_end <= max_data_age_) return {};
  return "its data ended " + to_string(as_of - member.data_end) + " ago, at " + to_string(member.data_end) +
         "; the limit is " + to_string(max_data_age_);
}

Lineup Predictor::lineup(Timestamp as_of) const {
  Lineup out{ensemble_, {}, absent_};
  std::vector<double> said(rule_.members.size(), kMissing);
  for (const Member& member : members_) {
    out.members.push_back({member.model_type, member.version, member.data_end, 0, why_expired(member, as_of)});
    if (out.members.back().why_not.empty()) said[member.place] = 0;
  }
  const CombinedForecast combined = rule_.combine(said, VolatilityRegime::unknown);
  for (std::size_t m = 0; m < members_.size(); ++m) out.members[m].weight = combined.weights[members_[m].place];
  return out;
}

/// What one member says about one symbol.
struct Predictor::Answer {
  double expected_return_bps = kMissing;  ///< NaN: it abstains
  double up_probability = kMissing;
  std::string why;  ///< it abstains
};

/// `forecast` in label units, which `unit` measures returns in.
Predictor::Answer Predictor::answer_of(const Member& member, float forecast, float unit) const {
  Answer answer;
  if (std::isnan(forecast) || std::isnan(unit)) {
    answer.why = std::isnan(forecast) ? "the model has no forecast" : "no recent volatility to scale by";
    return answer;
  }
  const ForecastCalibration& calibration = member.model.calibration;
  answer.expected_return_bps =
      kBpsPerUnit * static_cast<double>(unit) * calibration.scaled(static_cast<double>(forecast));
  answer.up_probability = calibration.up_probability(static_cast<double>(forecast));
  return answer;
}

/// Of every member about every symbol: of symbol s and member m at s * members + m.
std::vector<Predictor::Answer> Predictor::answers(const BarInputs& inputs) const {
  const std::size_t count = members_.size();
  std::vector<Answer> all(inputs.symbols.size() * count);
  for (Answer& answer : all) answer.why = "no usable bar closed at " + to_string(inputs.as_of);
  for (std::size_t m = 0; m < count; ++m) {
    const Member& member = members_[m];
    const Dataset& rows = inputs.rows.at(member.feature_set);
    const std::vector<float>& unit = inputs.units.at(unit_of(member.label));
    const auto forecasts = member.model.raw_forecast(all_rows(rows));
    const std::string expired = why_expired(member, inputs.as_of);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Answer& answer = all[rows.symbol[i] * count + m];
      if (!forecasts)
        answer.why = to_string(forecasts.error());
      else if (!expired.empty())
        answer.why = expired;
      else
        answer = answer_of(member, (*forecasts)[i], unit[rows.symbol[i]]);
    }
  }
  return all;
}

/// That the weights depend on; unknown where they do not. Stale symbols have no say.
VolatilityRegime Predictor::regime(const BarInputs& inputs) const {
  if (!rule_.weights.by_regime || members_.empty()) return VolatilityRegime::unknown;
  const std::vector<float>& unit = inputs.units.at(unit_of(members_.front().label));
  std::vector<float> market(unit.size(), std::numeric_limits<float>::quiet_NaN());
  for (const std::size_t s : inputs.rows.at(members_.front().feature_set).symbol) market[s] = unit[s];
  return rule_.weights.by_regime->rule.regime(market_volatility(market));
}

Forecasts Predictor::predict(const BarInputs& inputs) const {
  Forecasts out;
  out.ensemble = ensemble_;
  std::vector<LabelOptions> labels;
  for (const auto& member : members_) labels.push_back(member.label);
  out.horizon_bars = common_horizon(labels);
  out.basis = common_basis(labels);
  out.cost_band_bps = cost_band_bps(costs_);
  out.regime = regime(inputs);

  const std::size_t count = members_.size();
  std::vector<Answer> said = answers(inputs);
  std::vector<double> forecasts(rule_.members.size());
  for (std::size_t s = 0; s < inputs.symbols.size(); ++s) {
    Prediction prediction{inputs.symbols[s], Action::hold, {}, 0, 0, 0, 0, {}, absent_};
    std::fill(forecasts.begin(), forecasts.end(), kMissing);
    for (std::size_t m = 0; m < count; ++m) forecasts[members_[m].place] = said[s * count + m].expected_return_bps;
    const CombinedForecast combined = rule_.combine(forecasts, out.regime);
    for (std::size_t m = 0; m < count; ++m) {
      Answer& answer = said[s * count + m];
      if (std::isnan(answer.expected_return_bps))
        prediction.abstained.push_back({members_[m].model_type, std::move(answer.why)});
      else
        prediction.votes.push_back({members_[m].model_type, members_[m].version, answer.expected_return_bps,
                                    answer.up_probability, combined.weights[members_[m].place],
                                    members_[m].label.horizon_bars});
    }
    decide(prediction, combined, out.basis, costs_);
    out.predictions.push_back(std::move(prediction));
  }
  return out;
}

MemberExplanation Predictor::explain_vote(const Vote& vote, std::size_t symbol, const BarInputs& inputs) const {
  const Member& member =
      *std::find_if(members_.begin(), members_.end(), [&](const Member& one) { return one.version == vote.version; });
  const Dataset& data = inputs.rows.at(member.feature_set);
  const auto row =
      static_cast<std::uint32_t>(std::find(data.symbol.begin(), data.symbol.end(), symbol) - data.symbol.begin());
  const FeatureFrame& frame = *data.frame;
  MemberExplanation out{vote, 0, {}, {}};
  std::vector<double> parts(frame.columns() + 1);
  if (auto taken = member.model.model->contributions(RowSet{&data, {row}}, parts); !taken) {
    out.why_not = taken.error().kind == ErrorKind::usage ? taken.error().message : to_string(taken.error());
    return out;
  }
  const double unit = static_cast<double>(inputs.units.at(unit_of(member.label))[symbol]);
  const auto in_bps = [&](double part) { return kBpsPerUnit * unit * member.model.calibration.scaled(part); };
  const auto values = frame.row(data.frame_row[row]);
  for (std::size_t column = 0; column < frame.columns(); ++column)
    out.effects.push_back({frame.names[column], static_cast<double>(values[column]), in_bps(parts[column])});
  out.base_bps = in_bps(parts.back());
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
