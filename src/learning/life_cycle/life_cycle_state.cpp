#include "learning/life_cycle/life_cycle_state.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

using Json = nlohmann::json;

Json counts_of(const Behaviour& b) { return {b.bars, b.rows, b.calls, b.hits, b.up, b.constant_bars, b.spread}; }
Behaviour read_behaviour(const Json& json) {
  Behaviour b;
  b.bars = json.at(0).get<std::size_t>();
  b.rows = json.at(1).get<std::size_t>();
  b.calls = json.at(2).get<std::size_t>();
  b.hits = json.at(3).get<std::size_t>();
  b.up = json.at(4).get<std::size_t>();
  b.constant_bars = json.at(5).get<std::size_t>();
  b.spread = json.at(6).get<double>();
  return b;
}

Json to_json(const std::optional<Timestamp>& time) { return time ? Json(time->ms()) : Json(); }
std::optional<Timestamp> read_time(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(Timestamp(json.get<std::int64_t>()));
}

Json to_json(const std::vector<EarlierVintage>& earlier) {
  auto all = Json::array();
  for (const EarlierVintage& one : earlier) all.push_back({{"version", one.version.str()}, {"until", one.until.ms()}});
  return all;
}
/// A state of before they were noted has none.
std::vector<EarlierVintage> read_earlier(const Json& json, const char* key) {
  std::vector<EarlierVintage> earlier;
  for (const Json& one : json.value(key, Json::array()))
    earlier.push_back(
        {VersionId(one.at("version").get<std::string>()), Timestamp(one.at("until").get<std::int64_t>())});
  return earlier;
}

/// In the order of `Route` and `StageMove`.
constexpr std::array<std::string_view, 2> kRouteNames{"direct", "through_canary"};
constexpr std::array<std::string_view, 6> kMoveNames{"stay", "go_on", "refuse", "retreat", "undo", "succeed"};

/// By name; by its number in a state of before it was stored by name.
template <typename Enum>
Result<Enum> read_named(const Json& json, std::span<const std::string_view> names) {
  const auto place =
      json.is_string()
          ? static_cast<std::size_t>(std::find(names.begin(), names.end(), json.get<std::string>()) - names.begin())
          : json.get<std::size_t>();
  if (place >= names.size())
    return fail(ErrorKind::integrity, "life_cycle.state", json.dump() + " is no route or proposal of a trial");
  return static_cast<Enum>(place);
}

Json to_json(const Trial& trial) {
  return {{"model_type", trial.model_type},
          {"challenger", trial.challenger.str()},
          {"reference", trial.reference.str()},
          {"stage", to_string(trial.stage)},
          {"started", trial.started.ms()},
          {"losses", trial.losses.state()},
          {"challenger_behaviour", counts_of(trial.challenger_behaviour)},
          {"reference_behaviour", counts_of(trial.reference_behaviour)},
          {"route", kRouteNames[static_cast<std::size_t>(trial.route)]},
          {"fit_alone", trial.fit_alone},
          {"proposed", kMoveNames[static_cast<std::size_t>(trial.proposed)]},
          {"earlier_references", to_json(trial.earlier_references)}};
}

Json to_json(const TypeState& type) {
  return {{"registry_event", type.registry_event ? Json(*type.registry_event) : Json()},
          {"last_attempt", to_json(type.last_attempt)},
          {"rolled_back_at", to_json(type.rolled_back_at)},
          {"chart", type.chart ? type.chart->state() : Json()},
          {"charted", type.charted.str()},
          {"charted_since", type.charted_since.ms()},
          {"earlier_charted", to_json(type.earlier_charted)},
          {"lost", type.lost}};
}

Result<TypeState> read_type(const Json& json, const LabelOptions& label, Interval interval) {
  TypeState type;
  if (const auto event = json.find("registry_event"); event != json.end()) {
    if (!event->is_null()) type.registry_event = event->get<std::int64_t>();
  } else {
    type.active = VersionId(json.at("active").get<std::string>());
  }
  type.last_attempt = read_time(json.at("last_attempt"));
  type.rolled_back_at = read_time(json.at("rolled_back_at"));
  type.lost = json.value("lost", std::string());  // as in a state of before it was noted
  // A state that was written before there were charts has none.
  if (!json.contains("charted")) return type;
  type.charted = VersionId(json.at("charted").get<std::string>());
  type.charted_since = Timestamp(json.at("charted_since").get<std::int64_t>());
  type.earlier_charted = read_earlier(json, "earlier_charted");
  if (json.at("chart").is_null()) return type;
  auto chart = PerformanceChart::from_state(json.at("chart"), label.horizon_bars, interval);
  if (!chart) return forward_error(chart);
  type.chart = std::move(*chart);
  return type;
}

/// A state of before anybody was watched has none.
Status read_watches(const Json& json, const LabelOptions& label, Interval interval, LifeCycleState& state) {
  const auto read = [&](const Json& one) { return SkillWatch::from_state(one, label.horizon_bars, interval); };
  if (const Json served = json.value("served_watch", Json()); !served.is_null()) {
    auto watch = read(served);
    if (!watch) return forward_error(watch);
    state.served_watch = std::move(*watch);
  }
  const Json voters = json.value("voter_watches", Json::object());
  for (const auto& [version, one] : voters.items()) {
    auto watch = read(one);
    if (!watch) return forward_error(watch);
    state.voter_watches.emplace(VersionId(version), std::move(*watch));
  }
  for (const Json& one : json.value("withdrawals", Json::array())) {
    auto withdrawal = read_withdrawal(one, label.horizon_bars, interval);
    if (!withdrawal) return forward_error(withdrawal);
    state.withdrawals.push_back(std::move(*withdrawal));
  }
  return {};
}

}  // namespace

bool is_vacant(const TypeState& type, Timestamp now, const ServingOptions& options) {
  return type.active.empty() || is_expired(type.active_learned_until, now, max_data_age(options));
}

std::string to_json_text(const LifeCycleState& state) {
  auto types = Json::object();
  for (const auto& [name, type] : state.types) types[name] = to_json(type);
  auto trials = Json::array();
  for (const auto& trial : state.trials) trials.push_back(to_json(trial));
  auto voters = Json::object();
  for (const auto& [version, watch] : state.voter_watches) voters[version.str()] = watch.state();
  auto withdrawals = Json::array();
  for (const Withdrawal& one : state.withdrawals) withdrawals.push_back(to_json(one));
  auto first_lineup = Json::object();
  for (const auto& [slot, version] : state.first_lineup) first_lineup[slot] = version.str();
  return Json{{"last_close", to_json(state.last_close)},
              {"last_look", to_json(state.last_look)},
              {"events", state.events},
              {"plans", state.plans},
              {"jobs", state.jobs},
              {"types", types},
              {"trials", trials},
              {"served_watch", state.served_watch ? state.served_watch->state() : Json()},
              {"voter_watches", voters},
              {"withdrawals", withdrawals},
              {"first_lineup", first_lineup}}
      .dump();
}

Result<LifeCycleState> read_life_cycle_state(const std::string& text, const StageOptions& stages,
                                             const LabelOptions& label, Interval interval) {
  try {
    const Json json = Json::parse(text);
    LifeCycleState state;
    state.last_close = read_time(json.at("last_close"));
    state.last_look = read_time(json.at("last_look"));
    state.events = json.at("events").get<std::int64_t>();
    state.plans = json.at("plans").get<std::int64_t>();
    state.jobs = json.at("jobs").get<std::int64_t>();
    for (const auto& [name, one] : json.at("types").items()) {
      auto type = read_type(one, label, interval);
      if (!type) return forward_error(type);
      state.types[name] = std::move(*type);
    }
    const Json first_lineup = json.value("first_lineup", Json::object());  // none before it was noted
    for (const auto& [slot, version] : first_lineup.items())
      state.first_lineup[slot] = VersionId(version.get<std::string>());
    for (const auto& one : json.at("trials")) {
      const auto name = one.at("stage").get<std::string>();
      const auto stage = parse_stage(name);
      if (!stage) return fail(ErrorKind::integrity, "life_cycle.state", "\"" + name + "\" is not a stage of a trial");
      const auto route = read_named<Route>(one.at("route"), kRouteNames);
      if (!route) return forward_error(route);
      const auto proposed = read_named<StageMove>(one.at("proposed"), kMoveNames);
      if (!proposed) return forward_error(proposed);
      Trial trial{one.at("model_type").get<std::string>(),
                  VersionId(one.at("challenger").get<std::string>()),
                  VersionId(one.at("reference").get<std::string>()),
                  *stage,
                  Timestamp(one.at("started").get<std::int64_t>()),
                  PairedTrial(trial_options(*stage, stages, label, interval)),
                  read_behaviour(one.at("challenger_behaviour")),
                  read_behaviour(one.at("reference_behaviour")),
                  *route,
                  one.value("fit_alone", false),  // as in a state of before it was asked
                  *proposed,
                  read_earlier(one, "earlier_references")};
      trial.losses.restore(one.at("losses"));
      state.trials.push_back(std::move(trial));
    }
    if (auto watches = read_watches(json, label, interval, state); !watches) return forward_error(watches);
    return state;
  } catch (const std::exception& error) {
    return fail(ErrorKind::integrity, "life_cycle.state",
                "the stored state of the life cycle cannot be read: " + std::string(error.what()), {},
                "Restore clm.db from a copy.");
  }
}

}  // namespace clm
