// The market is in another regime than when the active version was trained.
#include <algorithm>
#include <utility>

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
    const auto years =
        static_cast<std::size_t>(kRegimeYears * kDaysAYear * 24 / in_hours(place_.tape.interval().length()));
    const std::size_t first = known.bars > years ? known.bars - years : 0;
    if (!known.regime_tried) {
      known.regime_tried = true;
      auto fitted = fit_regimes(place_.means.market_returns(first, known.bars), place_.tape.interval());
      if (fitted) known.regime = std::move(*fitted);
      if (!fitted) known.no_regime = fitted.error().message;
    }
    if (!known.regime) {
      reading.trigger.reason =
          "no regimes could be learned from the bars up to the end of the data: " + known.no_regime;
      return reading;
    }
    const std::size_t end = std::max(bar + 1, known.bars);
    const auto finding = check_regime(*known.regime, place_.means.market_returns(first, end), known.bars - first);
    reading.fired = finding.shifted();
    reading.value = (finding.volatility_shifted ? 1 : 0) + (finding.trend_shifted ? 1 : 0);
    reading.trigger.reason = finding.reason;
    if (reading.fired) reading.trigger.reason += shifted_symbols(known, subject.active_as_of, bar);
    return reading;
  }

 private:
  struct Past {
    explicit Past(std::size_t closed) : bars(closed) {}
    std::size_t bars;  ///< of the tape that had closed
    std::optional<RegimeModel> regime;
    std::string no_regime;  ///< why not
    bool regime_tried = false;
    std::string shifted_symbols;  ///< in words, at the bar that follows
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
