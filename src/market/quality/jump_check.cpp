#include "market/quality/jump_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace clm {
namespace {

constexpr std::size_t kClosesAtSeam = 5;

std::string price(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

bool is_off(double a, double b, double factor) { return a > b * factor || b > a * factor; }

double median_close(std::span<const Candle> bars) {
  std::vector<double> closes;
  for (const Candle& bar : bars) closes.push_back(bar.close);
  const auto middle = closes.begin() + static_cast<std::ptrdiff_t>(closes.size() / 2);
  std::nth_element(closes.begin(), middle, closes.end());
  return *middle;
}

/// Two runs of bars that follow each other, one stored and one fresh; `fresh_first` tells which comes first.
struct Seam {
  std::span<const Candle> before, after;
  bool fresh_first = false;
};

std::span<const Candle> first_of(std::span<const Candle> run) { return run.first(std::min(run.size(), kClosesAtSeam)); }
std::span<const Candle> last_of(std::span<const Candle> run) { return run.last(std::min(run.size(), kClosesAtSeam)); }

/// The places where stored and fresh bars meet, none of them at the same time.
std::vector<Seam> seams_of(std::span<const Candle> fresh, std::span<const Candle> stored) {
  std::vector<Seam> seams;
  std::span<const Candle> last_run;
  while (!fresh.empty() || !stored.empty()) {
    const bool takes_fresh = stored.empty() || (!fresh.empty() && fresh.front().open_time < stored.front().open_time);
    std::span<const Candle>& from = takes_fresh ? fresh : stored;
    const std::span<const Candle>& other = takes_fresh ? stored : fresh;
    const auto end =
        other.empty() ? from.end() : std::partition_point(from.begin(), from.end(), [&](const Candle& bar) {
          return bar.open_time < other.front().open_time;
        });
    const auto run = from.first(static_cast<std::size_t>(end - from.begin()));
    from = from.subspan(run.size());
    if (!last_run.empty()) seams.push_back({last_of(last_run), first_of(run), !takes_fresh});
    last_run = run;
  }
  return seams;
}

JumpVerdict check_seams(std::span<const Candle> fresh, std::span<const Candle> stored, const JumpLimits& limits) {
  JumpVerdict verdict;
  const std::vector<Seam> seams = seams_of(fresh, stored);
  std::size_t off = 0;
  for (const Seam& seam : seams) {
    const double before = median_close(seam.before), after = median_close(seam.after);
    const Duration gap = seam.after.front().open_time - seam.before.back().open_time;
    const double allowed = limits.most_step * std::exp(std::sqrt(static_cast<double>(gap.count()) / kDayMs));
    const bool neighbours_fit = !is_off(seam.before.back().close, seam.after.front().close, allowed);
    if (neighbours_fit || !is_off(before, after, allowed)) continue;
    if (++off > 1) continue;
    const double of_file = seam.fresh_first ? before : after, of_store = seam.fresh_first ? after : before;
    const Timestamp at = seam.fresh_first ? seam.before.back().open_time : seam.after.front().open_time;
    verdict.whole = "closes of about " + price(of_file) + " at " + to_string(at) + " beside stored ones of about " +
                    price(of_store) + ", " + to_string(gap) + " apart: more than a factor of " + price(allowed);
  }
  if (off * 2 <= seams.size()) verdict.whole.clear();
  return verdict;
}

}  // namespace

bool have_common_bar(std::span<const Candle> fresh, std::span<const Candle> stored) {
  auto at = stored.begin();
  for (const Candle& bar : fresh) {
    at = std::partition_point(at, stored.end(), [&](const Candle& other) { return other.open_time < bar.open_time; });
    if (at == stored.end()) return false;
    if (at->open_time == bar.open_time) return true;
  }
  return false;
}

JumpVerdict check_jump(std::span<const Candle> fresh, std::span<const Candle> stored, const JumpLimits& limits) {
  JumpVerdict verdict;
  std::size_t shared = 0;
  auto at = stored.begin();
  for (std::size_t i = 0; i < fresh.size() && at != stored.end(); ++i) {
    if (at->open_time < fresh[i].open_time)
      at =
          std::partition_point(at, stored.end(), [&](const Candle& bar) { return bar.open_time < fresh[i].open_time; });
    if (at == stored.end() || at->open_time != fresh[i].open_time) continue;
    ++shared;
    if (is_off(fresh[i].close, at->close, limits.most_correction)) {
      if (verdict.rows.empty())
        verdict.row_reason = "close " + price(fresh[i].close) + " at " + to_string(fresh[i].open_time) + " where " +
                             price(at->close) + " is stored: more than a factor of " + price(limits.most_correction);
      verdict.rows.push_back(i);
    }
    ++at;
  }
  if (shared == 0) return stored.empty() ? verdict : check_seams(fresh, stored, limits);
  if (verdict.rows.size() * 2 > shared) {
    verdict.whole = verdict.row_reason + ", and so " + std::to_string(verdict.rows.size()) + " of the " +
                    std::to_string(shared) + " bars that both have";
    verdict.rows.clear();
    verdict.row_reason.clear();
  }
  return verdict;
}

}  // namespace clm
