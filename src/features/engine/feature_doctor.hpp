#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "features/engine/feature_engine.hpp"

namespace clm {

struct DoctorOptions {
  int cuts = 16;           ///< moments at which history is cut, >= 1; each costs two computations of the whole set
  std::uint64_t seed = 1;  ///< of where the cuts fall and how the future is changed
};

/// How a feature was caught.
enum class LeakProof {
  history_cut,    ///< the row changed when everything after it was taken away
  future_changed  ///< the row changed when later prices, volumes and context became others
};

/// A feature that knew what was not yet known, with the first row that shows it.
struct LeakFinding {
  std::string feature;
  LeakProof proof;
  Symbol symbol;
  Timestamp open_time;   ///< of the row's bar
  Timestamp cut;         ///< what became known after this moment was taken away or changed; >= the bar's close
  float with_future;     ///< the value that the whole history gives
  float without_future;  ///< the value that what was known gives, or the one after the change
  std::size_t rows = 0;  ///< rows of this feature that changed, over all cuts
};

struct DoctorReport {
  int cuts = 0;
  std::size_t rows_compared = 0;
  std::vector<LeakFinding> findings;  ///< at most one per feature and proof, in column order
  bool clean() const { return findings.empty(); }
};

/// Proves, for the data given, that no feature of `set` looks ahead: cuts the history at many moments and changes the
/// future after them, computes everything again, and compares every earlier row to the bit.
///
/// It sees what reaches features through the engine: a feature that brings data of its own along is beyond it.
/// Cost: 2 cuts + 1 computations; memory: two frames. Errors: those of `compute_features`; `features.too_short` (data)
/// if fewer than two times are stored.
Result<DoctorReport> feature_doctor(const FeatureSet& set, const CandleSource& candles, const ContextSource* context,
                                    const DoctorOptions& options, const RunContext& run);

/// One line for people: "centred_mean of SIM0001USDT at 2024-01-03T04:00:00Z was 1.5, and is 1.25 once ...".
std::string to_string(const LeakFinding& finding);

}  // namespace clm
