// The market is in another regime than when the active version was trained.
#include <algorithm>
#include <limits>
#include <optional>

#include "learning/triggers/kept_by_data_end.hpp"
#include "learning/triggers/regime_survey.hpp"
#include "learning/triggers/trigger_check.hpp"
#include "learning/triggers/trigger_regime.hpp"

namespace clm {
namespace {

class RegimeCheck final : public TriggerCheck {
 public:
  explicit RegimeCheck(const TriggerPlace& place) : place_(place) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t bar) override {
    TriggerReading reading;
    reading.trigger = {subject.model_type, TriggerKind::regime_shift, Priority::medium, {}};
    reading.limit = 1;
    reading.false_alarms_a_year = kRegimeFalseAlarmsAYear;
    Past& known = pasts_.at(subject.active_as_of, closed_bars(place_.tape, subject.active_as_of));
    const std::size_t end = std::max(bar + 1, known.bars);
    if (!known.watch || known.bars + known.watch->bars_after() > end) {
      const std::size_t most = regime_bars(place_.tape.interval());
      const std::size_t first = known.bars > most ? known.bars - most : 0;
      known.watch.emplace(place_.means.market_returns(first, known.bars), place_.tape.interval());
    }
    known.watch->add(place_.means.market_returns(known.bars + known.watch->bars_after(), end));
    const auto finding = known.watch->finding();
    reading.fired = finding.shifted();
    reading.value = (finding.volatility_shifted ? 1 : 0) + (finding.trend_shifted ? 1 : 0);
    reading.trigger.reason = finding.reason;
    if (reading.fired) reading.trigger.reason += shifted_symbols(known, subject.active_as_of, bar);
    return reading;
  }

 private:
  struct Past {
    explicit Past(std::size_t closed) : bars(closed) {}
    std::size_t bars;                  ///< of the tape that had closed
    std::optional<RegimeWatch> watch;  ///< up to the last bar that was asked about
    std::string shifted_symbols;       ///< in words, at the bar that follows
    std::size_t counted_at = std::numeric_limits<std::size_t>::max();
  };

  const std::string& shifted_symbols(Past& known, Timestamp data_end, std::size_t bar) const {
    if (known.counted_at == bar) return known.shifted_symbols;
    const auto symbols = count_shifted(*place_.tape.frame()->bars, place_.tape.interval(), data_end,
                                       std::max(data_end, place_.tape.close(bar)));
    known.counted_at = bar;
    known.shifted_symbols = "; " + std::to_string(symbols.shifted) + " of the " + std::to_string(symbols.known) +
                            " symbols whose regimes are known have shifted by themselves";
    return known.shifted_symbols;
  }

  TriggerPlace place_;
  KeptByDataEnd<Past> pasts_;
};

}  // namespace

std::unique_ptr<TriggerCheck> make_regime_check(const TriggerPlace& place) {
  return std::make_unique<RegimeCheck>(place);
}

}  // namespace clm
