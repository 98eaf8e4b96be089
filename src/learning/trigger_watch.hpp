#pragma once
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/regime_detector.hpp"
#include "learning/bar_means.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/learning_options.hpp"
#include "learning/market_tape.hpp"
#include "learning/trigger_drift.hpp"
#include "learning/trigger_performance.hpp"
#include "learning/trigger_regime.hpp"
#include "learning/triggers.hpp"
#include "registry/registry.hpp"

namespace clm {

/// What one trigger sees of one model type, whether or not it fires.
struct Sighting {
  Trigger trigger;  ///< its reason says what is seen
  bool fired = false;
  double value = std::numeric_limits<double>::quiet_NaN();  ///< what is held against the limit; NaN: nothing yet
  double limit = 0;
  /// How often it is expected to fire in a year without a reason; NaN where it goes by the clock or by counting.
  double false_alarms_a_year = std::numeric_limits<double>::quiet_NaN();
};

/// The triggers' eyes: asks their questions of a tape at one bar, and keeps what was learned of the bars before a
/// version's data ended. Nothing after the bar is looked at, and the answers depend on tape, registry, log and options
/// alone, not on what was asked before. Borrows all four. Not thread-safe.
class TriggerWatch {
 public:
  TriggerWatch(const MarketTape& tape, const Registry& registry, const ForecastHistory& log,
               const LearningOptions& options);

  struct Subject {
    std::string model_type;
    VersionId active;                         ///< empty: none is
    Timestamp active_data_end;                ///< of the active version
    std::optional<Timestamp> last_attempt;    ///< end of the data of the last training
    const PerformanceChart* chart = nullptr;  ///< null: nothing was promised, or nobody listened
  };
  /// What the triggers of `kinds` see at the close of `bar`, in that order; of a type that nobody is served by (no
  /// version is active, or it has expired) only whether it is to be tried again (`check_vacancy`), whatever the kinds.
  /// Errors: those of artifacts and the log.
  Result<std::vector<Sighting>> look(const Subject& subject, std::size_t bar, const std::vector<TriggerKind>& kinds);

  /// What the evidence in the registry promises of a version.
  Result<std::optional<RankIcPromise>> promise_of(const VersionId& version) const;
  PerformanceOptions performance_options() const;
  /// In a check for drift, of features or forecasts: `triggers.false_alarm_days` and how often it is made decide.
  double drift_level() const;

 private:
  /// What follows from the moment at which data ended.
  struct Past {
    std::size_t bars = 0;  ///< of the tape that had closed
    std::optional<DriftReference> features;
    std::optional<RegimeModel> regime;
    std::string no_regime;  ///< why not
    bool regime_tried = false;
    std::string shifted_symbols;  ///< in words, at the bar that follows
    std::size_t counted_at = std::numeric_limits<std::size_t>::max();
    std::size_t compared_at = std::numeric_limits<std::size_t>::max();  ///< bar of the finding
    DriftFinding finding;
  };
  /// The spread of a version's forecasts over the symbols.
  struct Spread {
    VersionId version;
    std::optional<DriftReference> held_out;  ///< on bars before its data ended that it was not fitted on
    std::string no_reference;                ///< why not
    std::size_t first_bar = 0;
    std::vector<double> live;  ///< of the bars from `first_bar` on, as they were logged
  };

  Past& past(Timestamp data_end);
  Sighting look_at_vacancy(const Subject& subject, std::size_t bar) const;
  Sighting look_at_age(const Subject& subject, std::size_t bar, TriggerKind kind) const;
  Sighting look_at_performance(const Subject& subject) const;
  Sighting look_at_regime(const Subject& subject, std::size_t bar);
  const std::string& shifted_symbols(Past& known, Timestamp data_end, std::size_t bar) const;
  Result<Sighting> look_at_drift(const Subject& subject, std::size_t bar);
  Result<DriftFinding> compare_spread(const Subject& subject, std::size_t bar, std::string& why_not);
  Status learn_spread(Spread& spread, std::size_t data_bars);
  Status read_live(Spread& spread, std::size_t first, std::size_t end);

  const MarketTape& tape_;
  const Registry& registry_;
  const ForecastHistory& log_;
  const LearningOptions& options_;
  BarMeans means_;
  std::map<Timestamp, Past> pasts_;
  std::map<std::string, Spread> spreads_;  ///< by model type
};

/// Over which bars features, and forecasts' spread, are compared.
DriftOptions feature_drift_options(Interval interval);
DriftOptions spread_drift_options();

/// Whether a question that is asked every `period_hours` falls due between two closes: at the multiples of the period
/// since the epoch, so that nobody has to remember when it was asked last. A period of 0: always.
bool falls_due(Timestamp before, Timestamp now, double period_hours);

}  // namespace clm
