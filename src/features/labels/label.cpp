#include "features/labels/label.hpp"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"

namespace clm {
namespace {

bool adjacent(const CandleSeries& series, std::size_t earlier) {
  return series.candles[earlier + 1].open_time - series.candles[earlier].open_time == series.key.interval.length();
}

}  // namespace

Result<LabelTarget> parse_label_target(const std::string& name) {
  for (const auto target : {LabelTarget::plain, LabelTarget::relative, LabelTarget::rank, LabelTarget::blend})
    if (name == to_string(target)) return target;
  return fail(ErrorKind::usage, "label.target", "'" + name + "' is not a label target", {},
              "Choose plain, relative, rank or blend.");
}

std::string to_string(LabelTarget target) {
  switch (target) {
    case LabelTarget::plain: return "plain";
    case LabelTarget::relative: return "relative";
    case LabelTarget::rank: return "rank";
    case LabelTarget::blend: return "blend";
  }
  return {};
}

nlohmann::json to_json(const LabelOptions& options) {
  return {{"horizon_bars", options.horizon_bars},       {"target", to_string(options.target)},
          {"rank_weight", options.rank_weight},         {"entry_delay_bars", options.entry_delay_bars},
          {"volatility_bars", options.volatility_bars}, {"clip", options.clip}};
}

bool are_judged_alike(const LabelOptions& a, const LabelOptions& b) {
  return a.horizon_bars == b.horizon_bars && a.volatility_bars == b.volatility_bars &&
         (a.target == LabelTarget::plain) == (b.target == LabelTarget::plain);
}

Result<LabelOptions> read_label_options(std::string_view json_text) {
  const auto unreadable = [](const std::string& what) {
    return fail(ErrorKind::integrity, "label.definition", what, "manifest.json",
                "The version was written by another release; train it again.");
  };
  try {
    const auto document = nlohmann::json::parse(json_text);
    LabelOptions label;
    label.horizon_bars = document.at("horizon_bars").get<int>();
    const auto target = parse_label_target(document.at("target").get<std::string>());
    if (!target) return unreadable(target.error().message);
    label.target = *target;
    label.rank_weight = document.at("rank_weight").get<double>();
    label.entry_delay_bars = document.at("entry_delay_bars").get<int>();
    label.volatility_bars = document.at("volatility_bars").get<int>();
    label.clip = document.at("clip").get<double>();
    return label;
  } catch (const nlohmann::json::exception& error) {
    return unreadable(error.what());
  }
}

ForwardReturns forward_returns(const CandleSeries& series, int horizon_bars, int entry_delay_bars, Timestamp as_of) {
  expects(horizon_bars >= 1 && entry_delay_bars >= 0, "a label looks forward");
  const auto& candles = series.candles;
  const std::size_t bars = candles.size();
  ForwardReturns out{std::vector<float>(bars, kUnknownLabel), std::vector<std::int64_t>(bars, 0)};
  const auto entry_offset = static_cast<std::size_t>(1 + entry_delay_bars);
  const auto exit_offset = entry_offset + static_cast<std::size_t>(horizon_bars);
  std::size_t unbroken_bars = 0;  // how many bars in a row, ending at the exit bar, have their predecessor
  for (std::size_t exit = 1; exit < bars && series.known_at(exit) <= as_of; ++exit) {
    unbroken_bars = adjacent(series, exit - 1) ? unbroken_bars + 1 : 0;
    if (unbroken_bars < exit_offset) continue;
    const std::size_t t = exit - exit_offset;
    const double entry_price = candles[t + entry_offset].open;
    const double exit_price = candles[exit].open;
    if (!(entry_price > 0) || !(exit_price > 0)) continue;
    out.log_return[t] = static_cast<float>(std::log(exit_price / entry_price));
    out.known_at_ms[t] = series.known_at(exit).ms();
  }
  return out;
}

}  // namespace clm
