#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/run_context.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "learning/data/protocol.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Whether a version trained again, from its manifest and the stored candles alone, has the same bits.
struct Reproduction {
  VersionId version;
  bool identical = false;
  std::string expected;  ///< version id, which covers every file
  std::string got;
  std::string difference;  ///< in words; empty if identical
  /// What is wrong with the stored bytes, or that retention removed them; nothing where they are whole.
  std::optional<Error> stored;
  std::optional<StagedArtifact> again;  ///< the files, for `Registry::put_back`; only where identical
};

/// Opens the candles that a protocol names, as they were known at its `as_of`.
using OpenCandles = std::function<Result<std::unique_ptr<CandleSource>>(const Protocol&)>;

/// Trains the version again beside the store (nothing is entered) and compares; of an ensemble the weights are chosen
/// again, from its members as they are stored; one that began with the weights of another begins with them as they are
/// stored. Candles that are not the ones it was trained on, or too few, give `identical = false` with the reason, not
/// an error. Errors: those of the registry, of reading candles and of training.
Result<Reproduction> reproduce(const Registry& registry, const VersionRecord& record, const OpenCandles& open_candles,
                               const ContextSource* context, const RunContext& run);

}  // namespace clm
