#pragma once
#include <vector>

#include "features/engine/cross_rank.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

/// Fills the cross-section columns of the rows of one time. The columns that are ranked are first gathered column by
/// column, the ones that lose their mean row by row, so that either work walks along memory. Reuses its memory; one
/// per thread.
class CrossSection {
 public:
  explicit CrossSection(const FeatureSet& set);

  /// Forgets the rows of the last time.
  void begin() { rows_.clear(); }
  /// Hands in the row of the next symbol; it must stay where it is until `finish`.
  void add_row(float* row) { rows_.push_back(row); }
  /// Computes the time and writes the cross-section columns of the rows handed in. The columns read hold no infinity.
  void finish();

 private:
  struct Column {
    std::size_t target, source;  // columns of the set
  };
  void subtract_means();

  std::vector<Column> ranked_, relative_;
  std::vector<float*> rows_;
  std::vector<CrossRank> ranks_;  // per ranked column
  std::vector<float> values_, results_;
  std::vector<double> sums_;
  std::vector<int> counts_;
};

}  // namespace clm
