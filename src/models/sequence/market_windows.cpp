#include "models/sequence/market_windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr double kPriceLimit = 20, kVolumeLimit = 5;
/// A price that moves less than this a bar does not move: it is the rounding of its logarithm. As for labels.
constexpr double kSmallestVariance = 1e-14;

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

float limited(double value, double limit) { return static_cast<float>(std::clamp(value, -limit, limit)); }

/// Measures prices, given from the last close, in units; `origin` is what they are measured from.
void write_prices(std::span<const double> from_last, PriceOrigin origin, double unit, float* out) {
  double centre = 0;
  if (origin == PriceOrigin::window_mean) {
    for (const double price : from_last) centre += price;
    centre /= static_cast<double>(from_last.size());
  }
  for (std::size_t i = 0; i < from_last.size(); ++i) out[i] = limited((from_last[i] - centre) / unit, kPriceLimit);
}

void write_volumes(std::span<const float> log_volume, float* out) {
  double sum = 0, squares = 0, known = 0;
  for (const float value : log_volume)
    if (!std::isnan(value)) sum += static_cast<double>(value), known += 1;
  const double mean = sum / known;
  for (const float value : log_volume)
    if (!std::isnan(value)) squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  const double deviation = std::sqrt(squares / known);
  constexpr double kSmallestDeviation = 1e-6;
  for (std::size_t i = 0; i < log_volume.size(); ++i) {
    const bool says_something = !std::isnan(log_volume[i]) && deviation > kSmallestDeviation;
    out[i] = says_something ? limited((static_cast<double>(log_volume[i]) - mean) / deviation, kVolumeLimit) : 0.0F;
  }
}

}  // namespace

WindowShape MarketWindowLayout::shape() const {
  const std::size_t covariates = !options.covariates ? 0 : reference == PriceReference::universe ? 2 : 1;
  return {1 + covariates, static_cast<std::size_t>(options.input_bars), static_cast<std::size_t>(horizon_bars)};
}

nlohmann::json to_json(const MarketWindowLayout& layout) {
  return {{"input_bars", layout.options.input_bars},
          {"covariates", layout.options.covariates},
          {"reference", layout.reference == PriceReference::universe ? "universe" : "own"},
          {"origin", layout.origin == PriceOrigin::window_mean ? "window_mean" : "last_close"},
          {"horizon_bars", layout.horizon_bars}};
}

Result<MarketWindowLayout> market_window_layout(const nlohmann::json& written) {
  MarketWindowLayout layout;
  layout.options.input_bars = written.at("input_bars").get<int>();
  layout.options.covariates = written.at("covariates").get<bool>();
  layout.horizon_bars = written.at("horizon_bars").get<int>();
  const auto reference = written.at("reference").get<std::string>();
  const auto origin = written.at("origin").get<std::string>();
  layout.reference = reference == "universe" ? PriceReference::universe : PriceReference::own;
  layout.origin = origin == "window_mean" ? PriceOrigin::window_mean : PriceOrigin::last_close;
  if (layout.options.input_bars < 2 || layout.horizon_bars < 1 || to_json(layout) != written)
    return fail(ErrorKind::integrity, "model.load", "the windows it reads are described in an unknown way", {},
                "The version was written by another release; train it again.");
  return layout;
}

UniversePath::UniversePath(const BarHistory& bars, std::int64_t interval_ms, std::int64_t from_ms, std::int64_t to_ms)
    : interval_ms_(interval_ms), first_slot_(floor_divide(from_ms, interval_ms)) {
  expects(from_ms <= to_ms, "a span of time");
  const auto slots = static_cast<std::size_t>(floor_divide(to_ms, interval_ms) - first_slot_) + 1;
  mean_.assign(slots, 0.0);
  std::vector<std::uint32_t> present(slots, 0);
  for (std::size_t symbol = 0; symbol < bars.symbols(); ++symbol) {
    const auto times = bars.open_times_of(symbol);
    const std::size_t begin = bars.symbol_begin[symbol];
    auto at = static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), from_ms) - times.begin());
    for (at = std::max(at, std::size_t{1}); at < times.size() && times[at] <= to_ms; ++at) {
      if (times[at] - times[at - 1] != interval_ms) continue;
      const auto slot = static_cast<std::size_t>(floor_divide(times[at], interval_ms) - first_slot_);
      mean_[slot] += bars.log_close[begin + at] - bars.log_close[begin + at - 1];
      ++present[slot];
    }
  }
  for (std::size_t slot = 0; slot < slots; ++slot)
    mean_[slot] = present[slot] >= 2 ? mean_[slot] / present[slot] : std::numeric_limits<double>::quiet_NaN();
}

double UniversePath::mean_return(std::int64_t open_time_ms) const {
  const std::int64_t slot = floor_divide(open_time_ms, interval_ms_) - first_slot_;
  expects(slot >= 0 && slot < static_cast<std::int64_t>(mean_.size()), "a time of the span");
  return mean_[static_cast<std::size_t>(slot)];
}

MarketWindows::MarketWindows(const RowSet& rows, const MarketWindowLayout& layout, Targets targets)
    : data_(rows.data), frame_(rows.data->frame), layout_(layout), targets_(targets) {
  expects(layout.options.input_bars >= 2 && layout.horizon_bars >= 1, "windows have a past and a future");
  expects(targets == Targets::none || data_->definition.horizon_bars == layout.horizon_bars,
          "the path ends where the label does");
  if (frame_->bars == nullptr || rows.size() == 0) return;
  const std::int64_t interval_ms = frame_->interval.ms();
  const auto open_time = [&](std::uint32_t row) { return frame_->open_time_ms[data_->frame_row[row]]; };
  if (layout.reference == PriceReference::universe) {
    std::int64_t from_ms = open_time(rows.rows.front()), to_ms = from_ms;
    for (const std::uint32_t row : rows.rows) {
      from_ms = std::min(from_ms, open_time(row));
      to_ms = std::max(to_ms, open_time(row));
    }
    const std::int64_t bars_after =
        targets == Targets::none ? 0 : layout.horizon_bars + data_->definition.entry_delay_bars;
    universe_ = std::make_unique<const UniversePath>(*frame_->bars, interval_ms,
                                                     from_ms - layout.options.input_bars * interval_ms,
                                                     to_ms + bars_after * interval_ms);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t row = rows.rows[i];
    const std::size_t symbol = data_->symbol[row];
    const auto times = frame_->bars->open_times_of(symbol);
    const auto found = std::lower_bound(times.begin(), times.end(), open_time(row));
    if (found == times.end() || *found != open_time(row)) continue;  // its candle cannot be used
    add_row(static_cast<std::uint32_t>(i), row,
            frame_->bars->symbol_begin[symbol] + static_cast<std::size_t>(found - times.begin()));
  }
}

void MarketWindows::add_row(std::uint32_t place, std::uint32_t row, std::size_t bar) {
  const std::size_t symbol = data_->symbol[row];
  const double unit = unit_of(bar, frame_->bars->symbol_begin[symbol]);
  if (std::isnan(unit)) return;
  if (targets_ == Targets::labels && !follows_on(bar, frame_->bars->symbol_begin[symbol + 1])) return;
  places_.push_back({bar, place, row, unit});
}

/// NaN where there is no window.
double MarketWindows::unit_of(std::size_t bar, std::size_t symbol_begin) const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const BarHistory& bars = *frame_->bars;
  const auto length = static_cast<std::size_t>(layout_.options.input_bars);
  if (bar + 1 - symbol_begin < length) return kNone;
  const std::size_t first = bar + 1 - length;
  double sum = 0;
  for (std::size_t at = bar; at > first; --at) {
    if (bars.open_time_ms[at] - bars.open_time_ms[at - 1] != frame_->interval.ms()) return kNone;
    if (universe_ != nullptr && std::isnan(universe_->mean_return(bars.open_time_ms[at]))) return kNone;
    sum += bars.log_close[at] - bars.log_close[at - 1];
  }
  const auto returns = static_cast<double>(length - 1);
  double squares = 0;
  for (std::size_t at = bar; at > first; --at) {
    const double centred = bars.log_close[at] - bars.log_close[at - 1] - sum / returns;
    squares += centred * centred;
  }
  const double variance = squares / returns;
  return variance > kSmallestVariance ? std::sqrt(variance * layout_.horizon_bars) : kNone;
}

/// Whether the bars of the path are all there.
bool MarketWindows::follows_on(std::size_t bar, std::size_t symbol_end) const {
  const BarHistory& bars = *frame_->bars;
  const std::size_t last =
      bar + static_cast<std::size_t>(data_->definition.entry_delay_bars + layout_.horizon_bars) - 1;
  if (last >= symbol_end) return false;
  for (std::size_t at = bar + 1; at <= last; ++at) {
    if (bars.open_time_ms[at] - bars.open_time_ms[at - 1] != frame_->interval.ms()) return false;
    if (universe_ != nullptr && std::isnan(universe_->mean_return(bars.open_time_ms[at]))) return false;
  }
  return true;
}

void MarketWindows::read(std::span<const std::uint32_t> windows, WindowBatch& batch) const {
  const WindowShape form = shape();
  batch.resize(form, windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Place& place = places_[windows[i]];
    read_inputs(place, batch.inputs.data() + i * form.input_size());
    float* const targets = batch.targets.data() + i * form.horizon;
    if (targets_ == Targets::labels) {
      read_targets(place, targets);
      batch.weights[i] = data_->weight[place.row];
    } else {
      std::fill_n(targets, form.horizon, 0.0F);
    }
  }
}

void MarketWindows::read_inputs(const Place& place, float* inputs) const {
  const BarHistory& bars = *frame_->bars;
  const auto length = static_cast<std::size_t>(layout_.options.input_bars);
  const std::size_t first = place.bar + 1 - length;
  std::vector<double> prices(length);
  if (universe_ != nullptr) {
    // From the last bar back, so that what came before the window has no part in the rounding.
    double universe = 0;
    for (std::size_t i = length; i-- > 0;) {
      prices[i] = bars.log_close[first + i] - bars.log_close[place.bar] + universe;
      universe += i > 0 ? universe_->mean_return(bars.open_time_ms[first + i]) : 0;
    }
    write_prices(prices, layout_.origin, place.unit, inputs);
    inputs += length;
    if (!layout_.options.covariates) return;
  }
  for (std::size_t i = 0; i < length; ++i) prices[i] = bars.log_close[first + i] - bars.log_close[place.bar];
  write_prices(prices, layout_.origin, place.unit, inputs);
  inputs += length;
  if (layout_.options.covariates) write_volumes(std::span(bars.log_volume).subspan(first, length), inputs);
}

void MarketWindows::read_targets(const Place& place, float* targets) const {
  const BarHistory& bars = *frame_->bars;
  const auto horizon = static_cast<std::size_t>(layout_.horizon_bars);
  const std::size_t entry = place.bar + static_cast<std::size_t>(data_->definition.entry_delay_bars);
  const auto unit = static_cast<double>(data_->volatility[place.row]);
  double universe = 0;
  for (std::size_t step = 1; step < horizon; ++step) {
    if (universe_ != nullptr) universe += universe_->mean_return(bars.open_time_ms[entry + step]);
    const double moved = bars.log_close[entry + step] - bars.log_close[entry] - universe;
    targets[step - 1] = limited(moved / unit, data_->definition.clip);
  }
  targets[horizon - 1] = data_->label[place.row];
}

}  // namespace clm
