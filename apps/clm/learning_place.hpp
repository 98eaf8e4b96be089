#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "features/context_source.hpp"
#include "learning/protocol.hpp"
#include "learning/universe.hpp"
#include "serving/data_lateness.hpp"
#include "serving/predictor.hpp"
#include "session.hpp"

namespace clm::app {

/// The candles and context that a command learns from or predicts on, as known at one moment.
struct LearningPlace {
  std::unique_ptr<StoredUniverse> candles;
  std::unique_ptr<StoreContextSource> context;
  Timestamp as_of;
  DataLateness lateness;
};

/// `as_of` as the person wrote it; empty: now. What counts is the newest bar that had closed by then.
Result<LearningPlace> open_learning_place(Program& program, Session& session, const std::string& as_of);
/// The same for a command whose answer is for acting on: warns where the candles are later than the clock by more than
/// `serving.max_late_bars`, or the clock is behind them.
Result<LearningPlace> open_live_place(Program& program, Session& session, const std::string& as_of);

/// Symbols as a person wrote them in `--symbol`, as the universe names them. Errors of stored_symbol(), under
/// `unknown_code` for one that is not in it; `universe.damaged` (integrity) for one that is left out because a stored
/// file is damaged.
Result<std::vector<Symbol>> stored_symbols(const std::vector<std::string>& asked, const StoredUniverse& candles,
                                           const char* unknown_code);

/// The same for a stored protocol, whatever the settings say today.
Result<std::unique_ptr<CandleSource>> open_protocol_candles(Session& session, const Protocol& protocol);

/// `--models` takes the place of `training.models`; empty: the setting stands. Error `model.type` (usage), which names
/// the flag or the setting and the types that are known.
Status choose_models(LearningOptions& options, const std::vector<std::string>& asked);

/// Weights, their bounds and costs for a predictor, as the settings have them.
Result<PredictorOptions> predictor_options(const LearningOptions& learning);

/// Who forecasts, in words: the ensemble, or without one the active versions.
std::string voters(const VersionId& ensemble);

/// What this program was built from, for manifests.
std::string program_version();
std::string git_commit();

}  // namespace clm::app
