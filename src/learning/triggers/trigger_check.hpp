#pragma once
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "learning/data/bar_means.hpp"
#include "learning/data/candle_corrections.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/options/hours.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/triggers/feature_drift.hpp"
#include "learning/triggers/trigger_performance.hpp"
#include "learning/triggers/triggers.hpp"
#include "registry/registry.hpp"

namespace clm {

/// What one trigger sees of one model type, whether or not it fires.
struct TriggerReading {
  Trigger trigger;  ///< its reason says what is seen
  bool fired = false;
  double value = std::numeric_limits<double>::quiet_NaN();  ///< what is held against the limit; NaN: nothing yet
  double limit = 0;
  /// How often it is expected to fire in a year without a reason; NaN where it goes by the clock or by counting.
  double false_alarms_a_year = std::numeric_limits<double>::quiet_NaN();
  std::optional<FeatureDrift> feature_drift;  ///< of drift_detected: what it saw of every feature
};

/// The model type that a trigger is asked about.
struct TriggerSubject {
  std::string model_type;
  VersionId active;                         ///< empty: none is
  Timestamp active_as_of;                   ///< as of when it was trained; it was judged on bars until then
  Timestamp active_learned_until;           ///< `Manifest::learned_until`: its age
  std::optional<Timestamp> last_attempt;    ///< as of when the last training was made
  const PerformanceChart* chart = nullptr;  ///< null: nothing was promised, or nobody listened
};

/// What a trigger may look at; all of it is borrowed.
struct TriggerPlace {
  const MarketTape& tape;
  const Registry& registry;
  const ForecastHistory& log;
  const LearningOptions& options;
  BarMeans& means;
  const CandleCorrections* corrections = nullptr;  ///< null: candles are what they were
};

/// One trigger: asks its question of a tape at one bar, and may keep what was learned of the bars before a version was
/// trained. Nothing after the bar is looked at, and the answer does not depend on what was asked before.
class TriggerCheck {
 public:
  virtual ~TriggerCheck() = default;
  /// Of a type whose active version has a vote. Errors: those of artifacts and the log.
  virtual Result<TriggerReading> look(const TriggerSubject& subject, std::size_t bar) = 0;
};

/// So many bars of the tape had closed at `time`.
inline std::size_t closed_bars(const MarketTape& tape, Timestamp time) {
  return tape.bar_at_or_after(time + Duration(1));
}

// Each in a file of its own, with its row in trigger_types.cpp.
std::unique_ptr<TriggerCheck> make_age_check(const TriggerPlace& place);
std::unique_ptr<TriggerCheck> make_new_bars_check(const TriggerPlace& place);
std::unique_ptr<TriggerCheck> make_performance_check(const TriggerPlace& place);
std::unique_ptr<TriggerCheck> make_drift_check(const TriggerPlace& place);
std::unique_ptr<TriggerCheck> make_regime_check(const TriggerPlace& place);
std::unique_ptr<TriggerCheck> make_correction_check(const TriggerPlace& place);

}  // namespace clm
