#include "learning/studies/recovery.hpp"

#include <algorithm>

#include "base/contract.hpp"

namespace clm {

std::optional<Recovery> time_to_recover(const TimedSeries& skill, Timestamp changed_at,
                                        const RecoveryOptions& options) {
  expects(options.window >= 1 && options.share > 0 && options.share <= 1, "a window, and a share of the skill");
  const auto change = static_cast<std::size_t>(
      std::lower_bound(skill.time_ms.begin(), skill.time_ms.end(), changed_at.ms()) - skill.time_ms.begin());
  if (change == 0 || change + options.window > skill.value.size()) return std::nullopt;
  Recovery recovery{changed_at, 0, 0, std::nullopt, std::nullopt};
  for (std::size_t i = 0; i < change; ++i) recovery.before += skill.value[i];
  recovery.before /= static_cast<double>(change);
  const auto window = static_cast<double>(options.window);
  double sum = 0;
  for (std::size_t i = change; i < skill.value.size(); ++i) {
    sum += skill.value[i];
    if (i + 1 < change + options.window) continue;
    if (i >= change + options.window) sum -= skill.value[i - options.window];
    const double mean = sum / window;
    recovery.worst = i + 1 == change + options.window ? mean : std::min(recovery.worst, mean);
    if (!recovery.harm_ended && mean >= 0) recovery.harm_ended = i + 1 - change;
    if (!recovery.bars && recovery.before > 0 && mean >= options.share * recovery.before)
      recovery.bars = i + 1 - change;
  }
  return recovery;
}

}  // namespace clm
