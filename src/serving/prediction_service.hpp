#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/run_context.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "serving/live_inputs.hpp"
#include "serving/predictor.hpp"

namespace clm {

/// What was predicted at one bar, by whom, and from what: three things of one moment.
struct Answer {
  std::shared_ptr<const Predictor> by;
  std::shared_ptr<const BarInputs> inputs;
  Forecasts forecasts;
};

/// The stored history that a service begins after.
struct ServedHistory {
  const CandleSource& candles;
  const ContextSource* context;  ///< may be null
  Timestamp as_of;               ///< close of the newest bar that had closed
};

/// Keeps what serves loaded and its inputs live, and has the answer of the newest bar ready: what `clm predict` says of
/// a market at the same moment, to the bit. One thread feeds it (every member but answer()); any number may ask
/// answer() meanwhile, and get an answer whose versions, inputs and forecasts belong together.
class PredictionService {
 public:
  /// Loads what serves now, reads the history, and answers, asking up to `run.jobs` models at once. Errors: those of
  /// `Predictor::load` and `LiveInputs::after_history`.
  static Result<std::unique_ptr<PredictionService>> start(const Registry& registry, ServingRules rules,
                                                          std::vector<CanaryShare> canaries,
                                                          const ServedHistory& history, const RunContext& run);

  /// The newest answer; never null. A pointer's copy under a lock.
  std::shared_ptr<const Answer> answer() const;

  /// A bar of the universe closed: advances the inputs and answers. See `LiveInputs::advance`. Cost: that, and one call
  /// of every model: 1.5 ms for 60 symbols and four model types (bench/README.md).
  void advance(Timestamp open_time, std::span<const std::optional<Candle>> candles);
  /// A context point became known. See `LiveInputs::add_context`.
  void add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point);

  enum class Followed {
    unchanged,      ///< the answer is what it was: the registry stands, or what became of others changes nothing here
    swapped,        ///< what serves was loaded anew, and says something else from now on
    history_needed  ///< what serves now has to be shown what was not kept: restart() it
  };
  /// Looks whether versions moved since; if so, loads what serves now and swaps it in. The old one answers until the
  /// new one can, and goes on where an error ends this. Errors: those of `Predictor::load`.
  Result<Followed> follow(const Registry& registry, std::vector<CanaryShare> canaries);

  /// Begins again after a history: its symbols or past bars may be others. The old answer stands until the new one can
  /// be given, and where an error ends this. Errors as `start`.
  Status restart(const Registry& registry, std::vector<CanaryShare> canaries, const ServedHistory& history,
                 const RunContext& run);

 private:
  PredictionService(ServingRules rules, std::shared_ptr<const Predictor> predictor, LiveInputs inputs, int jobs);
  void publish();

  ServingRules rules_;
  std::shared_ptr<const Predictor> predictor_;
  LiveInputs inputs_;
  int jobs_;
  mutable std::mutex mutex_;  ///< of answer_
  std::shared_ptr<const Answer> answer_;
};

}  // namespace clm
