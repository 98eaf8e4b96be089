#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "market/batches/corrections.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// Whether the candles that a version learned from still are what they were, as the log of batches says. A version's
/// manifest keeps how far the log had come before its candles were read (`Manifest::batches_json`). Borrows the store.
class CandleCorrections {
 public:
  /// Reads the log; what is written later is not known to it. Errors: `file.read` (unavailable). Cost:
  /// `BatchLog::read`.
  static Result<CandleCorrections> open(BatchLog log, const CandleStore& store);

  /// For the manifests of versions whose candles are read from now on.
  std::string position_json() const;

  /// Of the candles between the first row that a version was fitted on and its last label (`Manifest::learned_until`)
  /// those that are others now (`corrected_since`). None: it is not known, of versions of earlier releases and of
  /// ensembles, whose members say it. Errors: those of `corrected_since`, `manifest.*` (integrity).
  Result<std::optional<std::vector<CorrectedCandles>>> of(const Manifest& version) const;

 private:
  CandleCorrections(BatchLog log, const CandleStore& store, LogContent content)
      : log_(std::move(log)), store_(&store), content_(std::move(content)) {}
  BatchLog log_;
  const CandleStore* store_;
  LogContent content_;
};

/// "learned from candles that were corrected since: 3 bars of BTCUSDT from 2024-01-01T00:00:00Z to ..."; empty for
/// none.
std::string describe(const std::vector<CorrectedCandles>& corrected);
/// [{symbol, bars, from, to}], from and to by the open of the first and the last bar
nlohmann::json to_json(const std::vector<CorrectedCandles>& corrected);

}  // namespace clm
