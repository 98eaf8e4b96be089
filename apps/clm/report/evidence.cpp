#include "report/evidence.hpp"

#include <nlohmann/json.hpp>

namespace clm::app {
namespace {

using Json = nlohmann::json;

const Json& at(const Json& object, const char* key) {
  static const Json kAbsent;
  if (!object.is_object()) return kAbsent;
  const auto found = object.find(key);
  return found == object.end() ? kAbsent : *found;
}

double number(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_number() ? value.get<double>() : kUnknown;
}
std::int64_t integer(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}
std::string text(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

Estimate estimate(const Json& object, const char* value_key) {
  Estimate out{number(object, value_key), kUnknown, kUnknown};
  const Json& interval = at(object, "interval");
  if (interval.is_array() && interval.size() == 2 && interval[0].is_number() && interval[1].is_number()) {
    out.lo = interval[0].get<double>();
    out.hi = interval[1].get<double>();
  }
  return out;
}

/// Every object of an array, read by `read`.
template <typename Read>
auto each(const Json& array, Read read) {
  std::vector<decltype(read(array))> out;
  if (!array.is_array()) return out;
  for (const auto& element : array) out.push_back(read(element));
  return out;
}

/// A share of nothing is not known, whatever number stands there.
Estimate share(const Json& object) { return integer(object, "count") > 0 ? estimate(object, "share") : Estimate{}; }

SliceFigures read_slice(const Json& j) {
  return {text(j, "name"),        number(j, "times"),    number(j, "rows"),
          estimate(j, "rank_ic"), number(j, "hit_rate"), number(j, "bias")};
}

EquityCurve read_curve(const Json& j) {
  EquityCurve out;
  const Json& times = at(j, "time_ms");
  const Json& values = at(j, "return");
  if (!times.is_array() || !values.is_array() || times.size() != values.size()) return out;
  for (std::size_t i = 0; i < times.size(); ++i) {
    out.time_ms.push_back(times[i].is_number() ? times[i].get<double>() : kUnknown);
    out.value.push_back(values[i].is_number() ? values[i].get<double>() : kUnknown);
  }
  return out;
}

ModelFigures read_model(const Json& j) {
  ModelFigures m;
  m.name = text(j, "name");
  m.rank_ic = estimate(at(j, "rank_ic"), "mean");
  m.hit_rate = share(at(j, "directional_accuracy"));
  const Json& errors = at(j, "errors");
  m.rmse = number(errors, "rmse");
  m.rmse_zero = number(errors, "rmse_zero");
  m.mae = number(errors, "mae");
  m.bias = number(errors, "bias");
  const Json& probability = at(j, "probability");
  m.brier = number(probability, "brier");
  m.brier_base = number(probability, "brier_base");
  m.base_rate = number(probability, "base_rate");
  m.calibration_error = number(probability, "calibration_error");
  m.calibration = each(at(probability, "bins"), [](const Json& bin) {
    return CalibrationBin{number(bin, "count"), number(bin, "probability"), number(bin, "share")};
  });
  const Json& positions = at(j, "positions");
  m.trades = number(positions, "trades");
  m.net_bps_per_trade = number(positions, "net_bps_per_trade");
  m.average_r = number(positions, "average_r");
  m.profit_factor = number(positions, "profit_factor");
  m.sharpe = number(positions, "sharpe");
  m.sortino = number(positions, "sortino");
  m.max_drawdown = number(positions, "max_drawdown");
  m.turnover = number(positions, "turnover");
  m.win_rate = share(at(positions, "win_rate"));
  m.positions_equity = read_curve(at(positions, "equity"));
  const Json& book = at(j, "long_short");
  m.rebalances = number(book, "rebalances");
  m.gross_bps = number(book, "gross_bps");
  m.long_short_sharpe = number(book, "sharpe_net");
  m.deflated_sharpe = number(book, "deflated_sharpe");
  m.long_short_turnover = number(book, "turnover");
  m.break_even_cost_bps = number(book, "break_even_cost_bps");
  m.net_bps = estimate(at(book, "net_bps"), "mean");
  m.by_cost = each(at(book, "by_cost"), [](const Json& level) {
    return CostFigures{number(level, "cost_bps"), number(level, "net_bps")};
  });
  m.long_short_equity = read_curve(at(book, "equity_net"));
  m.by_delay = each(at(j, "by_delay"), [](const Json& d) {
    return DelayFigures{static_cast<int>(integer(d, "delay_bars")), estimate(at(d, "rank_ic"), "mean"),
                        number(d, "gross_bps")};
  });
  m.by_month = each(at(j, "by_month"), read_slice);
  m.by_regime = each(at(j, "by_regime"), read_slice);
  return m;
}

DifferenceFigures read_difference(const Json& j) {
  return {text(j, "against"), estimate(at(j, "rank_ic"), "mean"), estimate(at(j, "net_bps"), "mean"),
          estimate(at(j, "squared_error"), "mean")};
}

LimitFigures read_limit(const Json& j) {
  const Json& passed = at(j, "passed");
  return {text(j, "name"), passed.is_boolean() && passed.get<bool>(), number(j, "value"), number(j, "threshold")};
}

}  // namespace

Result<Evidence> read_evidence(std::string_view json_text) {
  const Json document = Json::parse(json_text, nullptr, false);
  const Json& j = at(document, "judgement");
  if (!j.is_object())
    return fail(ErrorKind::data, "report.evidence", "the stored evidence holds no judgement", "evidence",
                "Run clm cycle: it judges anew.");
  Evidence out;
  out.rows = number(j, "rows");
  out.times = number(j, "times");
  out.symbols = number(j, "symbols");
  out.from_ms = integer(j, "from_ms");
  out.to_ms = integer(j, "to_ms");
  out.horizon_bars = static_cast<int>(integer(j, "horizon_bars"));
  out.coverage = number(j, "coverage");
  out.alpha = number(j, "alpha");
  out.candidates_tried = number(j, "candidates_tried");
  out.cost_bps_per_side = number(j, "cost_bps_per_side");
  out.candidate = read_model(at(j, "candidate"));
  out.baselines = each(at(j, "baselines"), read_model);
  if (at(j, "active").is_object()) out.active = read_model(at(j, "active"));
  if (at(j, "against_active").is_object()) out.differences.push_back(read_difference(at(j, "against_active")));
  for (auto& difference : each(at(j, "against_baselines"), read_difference))
    out.differences.push_back(std::move(difference));

  const Json& verdict = at(document, "verdict");
  out.verdict.decision = text(verdict, "decision");
  out.verdict.improvement = estimate(verdict, "improvement");
  out.verdict.reasons = each(at(verdict, "reasons"), [](const Json& reason) {
    return reason.is_string() ? reason.get<std::string>() : std::string();
  });
  out.verdict.checks = each(at(verdict, "checks"), read_limit);
  out.verdict.conditions = each(at(verdict, "conditions"), read_limit);
  return out;
}

}  // namespace clm::app
