#include "serving/serving_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "base/contract.hpp"
#include "evaluation/ensemble/volatility_rule.hpp"
#include "registry/manifest.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// The canaries whose share a symbol belongs to, in their order.
using CanariesOfSymbol = std::vector<const CanaryShare*>;

class Planner {
 public:
  Planner(const ServingFacts& facts, const ServingRules& rules, Timestamp at)
      : facts_(facts), rules_(rules), at_(at), label_(common_label()) {}

  const LabelOptions& label() const { return label_; }
  Lineup lineup(const CanariesOfSymbol& canaries) const;
  Lineup of_ensemble(const VersionFacts& ensemble, Lineup lineup) const;

 private:
  const VersionFacts& facts_of(const VersionId& version) const {
    const auto found = facts_.versions.find(version);
    expects(found != facts_.versions.end(), "facts hold every version that they name");
    return found->second;
  }
  const VersionFacts* active(const std::string& model_type) const {
    const auto found = facts_.active.find(model_type);
    return found == facts_.active.end() || found->second.empty() ? nullptr : &facts_of(found->second);
  }
  bool could_vote(const VersionFacts& one) const {
    return one.broken.empty() && one.suspended.empty() && !is_expired(one.learned_until, at_, rules_.max_data_age);
  }
  LabelOptions common_label() const;
  std::string why_not(const VersionFacts& one) const;
  std::string why_no_ensemble(const VersionFacts& one) const;
  const VersionFacts* serving(const std::string& model_type, const CanariesOfSymbol& canaries, Lineup& lineup) const;
  Lineup of_types(const CanariesOfSymbol& canaries, Lineup lineup) const;

  const ServingFacts& facts_;
  const ServingRules& rules_;
  const Timestamp at_;
  const LabelOptions label_;
};

/// Canaries have no say: a share of the symbols is served by them at most.
LabelOptions Planner::common_label() const {
  std::vector<const VersionFacts*> voters;
  for (const auto& type : rules_.model_types)
    if (const VersionFacts* one = active(type); one != nullptr && could_vote(*one)) voters.push_back(one);
  if (const VersionFacts* one = active(rules_.floor); voters.empty() && one != nullptr && could_vote(*one))
    voters.push_back(one);
  if (const VersionFacts* ensemble = active(std::string(kEnsembleType));
      ensemble != nullptr && ensemble->rule && could_vote(*ensemble)) {
    for (const EnsembleMember& member : ensemble->rule->members)
      if (const VersionFacts& one = facts_of(VersionId(member.version)); could_vote(one)) voters.push_back(&one);
  }
  const bool asked_for = std::any_of(voters.begin(), voters.end(), [&](const VersionFacts* one) {
    return are_judged_alike(one->label, rules_.label);
  });
  if (voters.empty() || asked_for) return rules_.label;
  const auto newest = std::max_element(voters.begin(), voters.end(), [](const VersionFacts* a, const VersionFacts* b) {
    return std::tie(a->learned_until, a->version) < std::tie(b->learned_until, b->version);
  });
  return (*newest)->label;
}

std::string Planner::why_not(const VersionFacts& one) const {
  if (!one.broken.empty()) return one.broken;
  if (!one.suspended.empty()) return one.suspended;
  if (std::string why = why_expired(one.learned_until, at_, rules_.max_data_age); !why.empty()) return why;
  if (are_judged_alike(one.label, label_)) return {};
  const auto bars = [](const LabelOptions& label) { return std::to_string(label.horizon_bars) + " bars"; };
  return "it forecasts another label than is served" + (one.label.horizon_bars == label_.horizon_bars
                                                            ? std::string()
                                                            : ": " + bars(one.label) + ", not " + bars(label_));
}

std::string Planner::why_no_ensemble(const VersionFacts& one) const {
  if (!one.broken.empty()) return one.broken;
  if (!one.rule) return one.model_type + " version " + one.version.str() + " is no ensemble";
  if (std::string why = why_expired(one.learned_until, at_, rules_.max_data_age); !why.empty()) return why;
  const auto& members = one.rule->members;
  const bool anybody = std::any_of(members.begin(), members.end(), [&](const EnsembleMember& member) {
    return why_not(facts_of(VersionId(member.version))).empty();
  });
  return anybody ? "" : "none of its members has a vote";
}

/// Who serves a model type: the last canary that has a vote, else the active version; null: nobody. Canaries that have
/// none are noted as absent.
const VersionFacts* Planner::serving(const std::string& model_type, const CanariesOfSymbol& canaries,
                                     Lineup& lineup) const {
  const VersionFacts* chosen = nullptr;
  for (const CanaryShare* canary : canaries) {
    if (canary->model_type != model_type) continue;
    const VersionFacts& one = facts_of(canary->version);
    std::string why = model_type == kEnsembleType ? why_no_ensemble(one) : why_not(one);
    if (why.empty())
      chosen = &one;
    else
      lineup.absent.push_back({model_type,
                               "the canary " + canary->version.str() +
                                   " has no vote, and the active version serves in its place: " + std::move(why),
                               canary->version});
  }
  if (chosen == nullptr) return active(model_type);
  lineup.canaries.push_back(chosen->version);
  return chosen;
}

Lineup Planner::lineup(const CanariesOfSymbol& canaries) const {
  Lineup lineup;
  if (const VersionFacts* ensemble = serving(std::string(kEnsembleType), canaries, lineup)) {
    std::string why = why_no_ensemble(*ensemble);
    if (why.empty()) return of_ensemble(*ensemble, std::move(lineup));
    lineup.absent.push_back({std::string(kEnsembleType), std::move(why), ensemble->version});
  }
  return of_types(canaries, std::move(lineup));
}

/// What each weighs if all who have a vote give it.
void weigh(Lineup& lineup) {
  std::vector<double> said;
  for (const LineupMember& member : lineup.members) said.push_back(member.why_not.empty() ? 0 : kMissing);
  const CombinedForecast combined = lineup.rule.combine(said, VolatilityRegime::unknown);
  for (std::size_t m = 0; m < lineup.members.size(); ++m) lineup.members[m].weight = combined.weights[m];
}

Lineup Planner::of_ensemble(const VersionFacts& ensemble, Lineup lineup) const {
  lineup.ensemble = ensemble.version;
  lineup.rule = *ensemble.rule;
  for (const EnsembleMember& member : lineup.rule.members) {
    const VersionFacts& one = facts_of(VersionId(member.version));
    lineup.members.push_back({member.model_type, one.version, one.learned_until, 0, why_not(one)});
  }
  for (const auto& type : rules_.model_types)
    if (std::none_of(lineup.members.begin(), lineup.members.end(),
                     [&](const LineupMember& member) { return member.model_type == type; }))
      lineup.absent.push_back(
          {type, active(type) == nullptr ? kNothingActive : "the active ensemble has no such member"});
  weigh(lineup);
  return lineup;
}

Lineup Planner::of_types(const CanariesOfSymbol& canaries, Lineup lineup) const {
  std::vector<double> shares;  // of those who have a vote
  const auto add = [&](const std::string& type, const VersionFacts& one) {
    lineup.members.push_back({type, one.version, one.learned_until, 0, why_not(one)});
    lineup.rule.members.push_back({type, one.version.str()});
    if (!lineup.members.back().why_not.empty()) return;
    const auto named = rules_.weights.find(type);
    shares.push_back(named == rules_.weights.end() ? rules_.other_weight : named->second);
  };
  for (const auto& type : rules_.model_types) {
    if (const VersionFacts* one = serving(type, canaries, lineup))
      add(type, *one);
    else
      lineup.absent.push_back({type, kNothingActive});
  }
  if (const VersionFacts* one = active(rules_.floor); one != nullptr && shares.empty()) add(rules_.floor, *one);
  lineup.rule.bounds = rules_.bounds;
  lineup.rule.weights.all.assign(lineup.members.size(), 0);
  if (shares.empty()) return lineup;
  const auto weights = proportional_weights(shares, rules_.bounds);
  for (std::size_t m = 0, voter = 0; m < lineup.members.size(); ++m)
    if (lineup.members[m].why_not.empty()) lineup.rule.weights.all[m] = weights[voter++];
  weigh(lineup);
  return lineup;
}

/// The same lineup for everybody.
ServingPlan plan_of(Lineup lineup, const LabelOptions& label, std::size_t symbols) {
  ServingPlan plan{label, {}, std::vector<std::size_t>(symbols, 0)};
  plan.lineups.push_back(std::move(lineup));
  return plan;
}

/// That the weights of a lineup depend on.
VolatilityRegime regime_of(const Lineup& lineup, const std::vector<float>& volatility) {
  const auto& by_regime = lineup.rule.weights.by_regime;
  return by_regime ? by_regime->rule.regime(market_volatility(volatility)) : VolatilityRegime::unknown;
}

}  // namespace

bool Lineup::has_vote() const {
  return std::any_of(members.begin(), members.end(), [](const LineupMember& member) { return member.why_not.empty(); });
}

ServingPlan plan_serving(const ServingFacts& facts, const ServingRules& rules, Timestamp at,
                         const std::vector<Symbol>& symbols) {
  const Planner planner(facts, rules, at);
  ServingPlan plan = plan_of(planner.lineup({}), planner.label(), symbols.size());
  std::map<CanariesOfSymbol, std::size_t> known{{{}, 0}};
  for (std::size_t s = 0; s < symbols.size(); ++s) {
    CanariesOfSymbol own;
    for (const CanaryShare& canary : facts.canaries)
      if (in_canary_share(symbols[s], canary.version, canary.share)) own.push_back(&canary);
    const auto [place, is_new] = known.emplace(std::move(own), plan.lineups.size());
    if (is_new) plan.lineups.push_back(planner.lineup(place->first));
    plan.lineup_of[s] = place->second;
  }
  return plan;
}

ServingPlan plan_version(const ServingFacts& facts, const VersionId& version, Duration max_data_age, Timestamp at,
                         const std::vector<Symbol>& symbols) {
  const auto found = facts.versions.find(version);
  expects(found != facts.versions.end(), "facts hold every version that they name");
  const VersionFacts& one = found->second;
  // As if it were all there is.
  ServingRules rules;
  rules.max_data_age = max_data_age;
  rules.label = one.label;
  ServingFacts alone{{{one.model_type, version}}, {}, facts.versions};
  if (!one.rule) rules.model_types = {one.model_type};
  const Planner planner(alone, rules, at);
  return plan_of(one.rule ? planner.of_ensemble(one, {}) : planner.lineup({}), planner.label(), symbols.size());
}

BarForecast combine(const ServingPlan& plan, const BarVotes& votes) {
  std::map<VersionId, std::vector<float>> known = votes.forecasts;
  for (auto& [version, forecasts] : known)
    for (std::size_t s = 0; s < forecasts.size(); ++s)
      if (std::isnan(votes.volatility[s])) forecasts[s] = std::numeric_limits<float>::quiet_NaN();

  BarForecast out;
  std::vector<std::vector<std::span<const float>>> said;  // by lineup and member; empty: it has no vote
  for (const Lineup& lineup : plan.lineups) {
    auto& own = said.emplace_back();
    for (const LineupMember& member : lineup.members)
      own.push_back(member.why_not.empty() ? std::span<const float>(known.at(member.version))
                                           : std::span<const float>());
    out.of_lineup.push_back(regime_of(lineup, votes.volatility));
    out.scales.push_back(lineup.rule.common_scale(own, out.of_lineup.back()));
  }
  std::vector<double> forecasts;
  for (std::size_t s = 0; s < plan.lineup_of.size(); ++s) {
    const std::size_t place = plan.lineup_of[s];
    forecasts.clear();
    for (std::size_t m = 0; m < said[place].size(); ++m)
      forecasts.push_back(said[place][m].empty() ? kMissing
                                                 : out.scales[place][m].of(static_cast<double>(said[place][m][s])));
    out.of_symbol.push_back(plan.lineups[place].rule.combine(forecasts, out.of_lineup[place]));
  }
  return out;
}

}  // namespace clm
