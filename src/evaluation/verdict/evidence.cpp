#include "evaluation/verdict/evidence.hpp"

#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

using Json = nlohmann::json;

constexpr const char *kJudgement = "judgement", *kVerdict = "verdict", *kAlone = "verdict_alone", *kEach = "each",
                     *kEnsemble = "ensemble", *kRefresh = "refresh", *kLineup = "lineup";

Json judged(const Judgement& judgement, const Verdict& verdict, const Verdict& alone) {
  return {{kJudgement, to_json(judgement)}, {kVerdict, to_json(verdict)}, {kAlone, to_json(alone)}};
}

Json judged_ensemble(const Judgement& judgement, const Verdict& verdict, const Verdict& alone,
                     std::span<const ModelJudgement> each, const WeightChoice& weights,
                     const MemberComparison& members) {
  Json document = judged(judgement, verdict, alone);
  document[kEach] = Json::array();
  for (const ModelJudgement& member : each) document[kEach].push_back(to_json(member));
  document[kEnsemble] = {{"weights", to_json(weights)}, {"members", to_json(members)}};
  return document;
}

/// Null where `object` is no object or has no such member.
const Json& member(const Json& object, const char* key) {
  static const Json kAbsent;
  if (!object.is_object()) return kAbsent;
  const auto found = object.find(key);
  return found == object.end() ? kAbsent : *found;
}

double number(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

std::vector<SafetyCheck> checks_in(const Json& written) {
  std::vector<SafetyCheck> checks;
  if (!written.is_array()) return checks;
  const auto count = [](const Json& value) {
    return value.is_number_unsigned() ? value.get<std::size_t>() : std::size_t{0};
  };
  for (const Json& one : written)
    checks.push_back({text_of(member(one, "name")), member(one, "passed") == true, number(member(one, "value")),
                      number(member(one, "threshold")), count(member(one, "count")), count(member(one, "min_count"))});
  return checks;
}

std::optional<Verdict> verdict_in(const Json& written) {
  const auto decision = parse_deployment_decision(text_of(member(written, "decision")));
  if (!decision) return std::nullopt;
  Verdict verdict;
  verdict.decision = *decision;
  verdict.improvement = number(member(written, "improvement"));
  verdict.lo = verdict.hi = std::numeric_limits<double>::quiet_NaN();
  if (const Json& interval = member(written, "interval"); interval.is_array() && interval.size() == 2) {
    verdict.lo = number(interval[0]);
    verdict.hi = number(interval[1]);
  }
  if (const Json& reasons = member(written, "reasons"); reasons.is_array())
    for (const Json& reason : reasons) verdict.reasons.push_back(text_of(reason));
  verdict.checks = checks_in(member(written, "checks"));
  verdict.conditions = checks_in(member(written, "conditions"));
  return verdict;
}

}  // namespace

Evidence::Evidence(Json document) : document_(std::make_shared<const Json>(std::move(document))) {}

Evidence::Evidence(const Judgement& judgement, const Verdict& verdict, const Verdict& alone)
    : Evidence(judged(judgement, verdict, alone)) {}

Evidence::Evidence(const Judgement& judgement, const Verdict& verdict, const Verdict& alone,
                   std::span<const ModelJudgement> each, const WeightChoice& weights, const MemberComparison& members)
    : Evidence(judged_ensemble(judgement, verdict, alone, each, weights, members)) {}

Evidence Evidence::of_refresh(const Evidence& before, const RefreshCheck& check) {
  const auto earlier = before.refresh();
  Json document = before.to_json().is_object() ? before.to_json() : Json::object();
  document[kRefresh] = {{"recipe", check.recipe},
                        {"accepted_by", earlier ? earlier->accepted_by : check.accepted_by},
                        {"rows", check.rows},
                        {"coverage", check.coverage},
                        {"correlation", check.correlation},
                        {"calibrated_rows", check.calibrated}};
  return Evidence(std::move(document));
}

bool Evidence::is_of_refresh() const { return member(*document_, kRefresh).is_object(); }

std::optional<RefreshCheck> Evidence::refresh() const {
  if (!is_of_refresh()) return std::nullopt;
  const Json& check = member(*document_, kRefresh);
  const auto rows = [&](const char* key) {
    const double count = number(member(check, key));
    return count >= 0 ? static_cast<std::size_t>(count) : 0;
  };
  return RefreshCheck{
      text_of(member(check, "recipe")),  text_of(member(check, "accepted_by")), rows("rows"),
      number(member(check, "coverage")), number(member(check, "correlation")),  rows("calibrated_rows")};
}

Evidence Evidence::of_lineup(std::span<const LineupVote> members, const std::string& why) {
  auto votes = Json::array();
  for (const LineupVote& one : members)
    votes.push_back({{"model_type", one.model_type}, {"version", one.version}, {"weight", one.weight}});
  return Evidence(Json{{kLineup, {{"members", std::move(votes)}, {"why", why}}}});
}

bool Evidence::is_of_lineup() const { return member(*document_, kLineup).is_object(); }
std::string Evidence::why_lineup() const { return text_of(member(member(*document_, kLineup), "why")); }

Evidence Evidence::from_json(std::string_view text) {
  Json document = Json::parse(text, nullptr, false);
  return Evidence(document.is_discarded() ? Json::object() : std::move(document));
}

Evidence Evidence::of_document(Json document) { return Evidence(std::move(document)); }

std::string Evidence::text() const { return document_->dump(); }

bool Evidence::has_judgement() const { return judgement().is_object(); }
const Json& Evidence::judgement() const { return member(*document_, kJudgement); }
const Json& Evidence::each_member() const { return member(*document_, kEach); }
const Json& Evidence::ensemble() const { return member(*document_, kEnsemble); }

std::string Evidence::why_weights() const { return text_of(member(member(ensemble(), "weights"), "reason")); }

std::optional<Verdict> Evidence::verdict() const { return verdict_in(member(*document_, kVerdict)); }
std::optional<Verdict> Evidence::verdict_alone() const { return verdict_in(member(*document_, kAlone)); }

std::optional<StoredRankIc> Evidence::rank_ic() const {
  const Json& candidate = member(judgement(), "candidate");
  const Json& of_label = member(candidate, "label_rank_ic");
  const Json& written = of_label.is_null() ? member(candidate, "rank_ic") : of_label;
  const std::string kind = text_of(member(written, "kind"));
  if (kind != "cross_section" && kind != "time_series") return std::nullopt;
  return StoredRankIc{kind == "cross_section" ? RankSkill::cross_section : RankSkill::time_series,
                      number(member(written, "mean")), number(member(written, "information_ratio")),
                      number(member(written, "standard_error"))};
}

}  // namespace clm
