#include "market/import/import_series.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

namespace clm {
namespace {

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

bool same_values(const Candle& a, const Candle& b) {
  return same_bits(a.open, b.open) && same_bits(a.high, b.high) && same_bits(a.low, b.low) &&
         same_bits(a.close, b.close) && same_bits(a.volume, b.volume) && same_bits(a.quote_volume, b.quote_volume) &&
         same_bits(a.trades, b.trades) && same_bits(a.taker_buy_volume, b.taker_buy_volume) &&
         same_bits(a.taker_buy_quote_volume, b.taker_buy_quote_volume);
}

bool same_values(const std::pair<Timestamp, double>& a, const std::pair<Timestamp, double>& b) {
  return same_bits(a.second, b.second);
}

Timestamp time_of(const Candle& candle) { return candle.open_time; }
Timestamp time_of(const std::pair<Timestamp, double>& value) { return value.first; }

struct OrderResult {
  std::uint64_t moved = 0;  // rows that stood before an earlier one
  std::uint64_t duplicates = 0;
};

/// Sorts by time and removes what is there already; of two rows that disagree, the first of the file stays.
template <typename Row>
OrderResult put_in_order(std::vector<Row>& rows, std::vector<std::uint32_t>& lines, Quarantine& quarantine) {
  OrderResult result;
  bool repeated = false;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    result.moved += time_of(rows[i]) < time_of(rows[i - 1]) ? 1u : 0u;
    repeated = repeated || time_of(rows[i]) == time_of(rows[i - 1]);
  }
  if (result.moved == 0 && !repeated) return result;

  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return time_of(rows[a]) < time_of(rows[b]); });
  std::vector<Row> sorted;
  std::vector<std::uint32_t> sorted_lines;
  sorted.reserve(rows.size());
  sorted_lines.reserve(rows.size());
  for (const std::size_t i : order) {
    if (sorted.empty() || time_of(sorted.back()) != time_of(rows[i])) {
      sorted.push_back(rows[i]);
      sorted_lines.push_back(lines[i]);
    } else if (same_values(sorted.back(), rows[i])) {
      ++result.duplicates;
    } else {
      quarantine.add(lines[i], "contradicts line " + std::to_string(sorted_lines.back()) + ", which has the same time");
    }
  }
  rows = std::move(sorted);
  lines = std::move(sorted_lines);
  return result;
}

/// Quarantines rows of which what they describe, `length` long, is not over yet.
template <typename Row>
void leave_out_future(std::vector<Row>& rows, std::vector<std::uint32_t>& lines, Duration length, Timestamp now,
                      Quarantine& quarantine) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (time_of(rows[i]) + length > now) {
      quarantine.add(lines[i], "lies in the future: its time is " + to_string(time_of(rows[i])) +
                                   (length.count() > 0 ? ", and " + to_string(length) + " later is" : ", which is") +
                                   " after " + to_string(now) + " by the clock");
      continue;
    }
    if (kept != i) {
      rows[kept] = rows[i];
      lines[kept] = lines[i];
    }
    ++kept;
  }
  rows.resize(kept);
  lines.resize(kept);
}

/// How far the rows are apart: each distance with how often it occurs.
using Spacings = std::map<std::int64_t, std::size_t>;

Spacings count_spacings(const std::vector<Candle>& candles) {
  Spacings spacings;
  std::int64_t last = 0;
  std::size_t* last_count = nullptr;
  for (std::size_t i = 1; i < candles.size(); ++i) {
    const std::int64_t distance = (candles[i].open_time - candles[i - 1].open_time).count();
    if (last_count == nullptr || distance != last) {
      last_count = &spacings[distance];
      last = distance;
    }
    ++*last_count;
  }
  return spacings;
}

tl::unexpected<Error> mixed(const CandleRows& rows, std::size_t row, const Interval& interval,
                            const std::string& what) {
  const std::string line = std::to_string(rows.lines[row]);
  return fail(ErrorKind::data, "import.mixed_intervals",
              "rows of more than one interval: from line " + line + " on, rows " + what + " the " + interval.name() +
                  " of the rest",
              "line " + line, "Split the file into one file for each interval.");
}

Result<Interval> choose_interval(const Spacings& spacings, const std::optional<Interval>& stated) {
  if (spacings.empty()) {
    if (stated) return *stated;
    return fail(ErrorKind::data, "import.interval_unknown", "a single row does not tell its interval", {},
                "Name the file SYMBOL-INTERVAL, or give the interval.");
  }
  std::size_t total = 0;
  auto commonest = spacings.begin();
  for (auto at = spacings.begin(); at != spacings.end(); ++at) {
    total += at->second;
    if (at->second > commonest->second) commonest = at;
  }
  const Duration apart(commonest->first);
  if (!stated) {
    const Result<Interval> inferred = Interval::from_length(apart);
    if (inferred) return inferred;
    return fail(ErrorKind::data, "import.interval_unknown",
                "rows are " + to_string(apart) + " apart: no known interval", {},
                "Known are 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w.");
  }
  const auto confirming = spacings.find(stated->ms());
  const std::size_t confirmed = confirming == spacings.end() ? 0 : confirming->second;
  // Holes make distances longer, never shorter, and rarely of one length.
  constexpr std::size_t kFewestToJudge = 3;
  const bool refuted = total >= kFewestToJudge ? confirmed * 20 < total && commonest->second * 2 > total
                                               : confirmed == 0 && apart.count() % stated->ms() != 0;
  if (refuted)
    return fail(ErrorKind::data, "import.interval_mismatch",
                "rows are " + to_string(apart) + " apart, but the interval is said to be " + stated->name(), {},
                "Correct the file's name, its interval field, or the interval given.");
  return *stated;
}

/// A long run of rows at one wider interval in a file that is otherwise without holes.
std::optional<std::size_t> find_wider_run(const std::vector<Candle>& candles, const Interval& interval) {
  constexpr std::size_t kRunAmongHoles = 12;
  constexpr std::size_t kRunOtherwise = 5;
  std::size_t best = 0;
  std::size_t best_begin = 0;
  std::size_t exact = 0;
  std::size_t run = 0;
  std::int64_t run_distance = 0;
  for (std::size_t i = 1; i < candles.size(); ++i) {
    const std::int64_t distance = (candles[i].open_time - candles[i - 1].open_time).count();
    run = distance == run_distance ? run + 1 : 1;
    run_distance = distance;
    exact += distance == interval.ms() ? 1u : 0u;
    if (distance > interval.ms() && run > best && Interval::from_length(Duration(distance))) {
      best = run;
      best_begin = i - run + 1;
    }
  }
  const std::size_t others = candles.size() - 1 - exact;
  const bool few_holes = (others - best) * 20 <= candles.size();
  if (best >= kRunAmongHoles || (best >= kRunOtherwise && few_holes)) return best_begin;
  return std::nullopt;
}

/// Quarantines single rows off the grid that the others stand on; many of them are a mixture.
Status keep_to_grid(CandleRows& rows, const Interval& interval, Quarantine& quarantine) {
  std::map<std::int64_t, std::size_t> phases;
  for (const Candle& candle : rows.candles) ++phases[candle.open_time.ms() % interval.ms()];
  if (phases.size() <= 1) return {};
  const std::int64_t phase = std::max_element(phases.begin(), phases.end(), [](const auto& a, const auto& b) {
                               return a.second < b.second;
                             })->first;
  const std::size_t off_grid = rows.candles.size() - phases[phase];

  constexpr std::size_t kRunOfMixture = 3;
  std::size_t run = 0;
  std::optional<std::size_t> first_off;
  std::optional<std::size_t> run_begin;
  for (std::size_t i = 0; i < rows.candles.size(); ++i) {
    const bool off = rows.candles[i].open_time.ms() % interval.ms() != phase;
    if (off && !first_off) first_off = i;
    run = i > 0 && (rows.candles[i].open_time - rows.candles[i - 1].open_time) < interval.length() ? run + 1 : 0;
    if (run >= kRunOfMixture && !run_begin) run_begin = i - run;
  }
  if (run_begin) return mixed(rows, *run_begin, interval, "stand closer than");
  if (off_grid > std::max<std::size_t>(2, rows.candles.size() / 100))
    return mixed(rows, *first_off, interval, "do not stand on the grid of");

  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.candles.size(); ++i) {
    if (rows.candles[i].open_time.ms() % interval.ms() != phase) {
      quarantine.add(rows.lines[i], "opens at " + to_string(rows.candles[i].open_time) + ", off the " +
                                        interval.name() + " grid of the other rows");
      continue;
    }
    rows.candles[kept] = rows.candles[i];
    rows.lines[kept++] = rows.lines[i];
  }
  rows.candles.resize(kept);
  rows.lines.resize(kept);
  return {};
}

}  // namespace

Result<SettledCandles> settle_candles(CandleRows&& rows, const std::optional<Interval>& stated, Timestamp now,
                                      Quarantine& quarantine) {
  SettledCandles settled;
  // As long as the interval is not settled, only what opens later is surely in the future.
  leave_out_future(rows.candles, rows.lines, Duration(0), now, quarantine);
  if (rows.candles.empty()) return settled;
  const OrderResult order = put_in_order(rows.candles, rows.lines, quarantine);
  settled.rows_duplicate = order.duplicates;
  if (order.moved > 0)
    settled.findings.push_back(std::to_string(order.moved) + " times a row stood before an earlier one: sorted");

  const Spacings spacings = count_spacings(rows.candles);
  const Result<Interval> interval = choose_interval(spacings, stated);
  if (!interval) return forward_error(interval);
  settled.interval = *interval;
  const bool without_holes = spacings.size() <= 1 && (spacings.empty() || spacings.begin()->first == interval->ms());
  if (!without_holes) {
    if (Status kept = keep_to_grid(rows, *interval, quarantine); !kept) return forward_error(kept);
    if (const std::optional<std::size_t> begin = find_wider_run(rows.candles, *interval))
      return mixed(rows, *begin, *interval, "stand farther apart than");
  }
  leave_out_future(rows.candles, rows.lines, interval->length(), now, quarantine);
  settled.candles = std::move(rows.candles);
  return settled;
}

std::uint64_t settle_context(ContextRows& rows, Duration label_to_end, Timestamp now, Quarantine& quarantine) {
  leave_out_future(rows.values, rows.lines, label_to_end, now, quarantine);
  return put_in_order(rows.values, rows.lines, quarantine).duplicates;
}

}  // namespace clm
