#pragma once
#include <span>
#include <vector>

#include "features/cross_rank.hpp"
#include "features/feature_set.hpp"

namespace clm {

/// Fills the cross-section columns of rows. The rows come symbol by symbol, as they lie in a frame, and are worked on
/// time by time: the columns needed are first gathered into a small table, so that rows are walked along, not across.
/// Reuses its memory; one per thread.
class CrossSection {
 public:
  explicit CrossSection(const FeatureSet& set);

  /// Times that are worked on together: as many as keep the rows of 60 symbols in the second cache.
  static constexpr std::size_t kBlockTimes = 32;

  /// Begins a block of `times` times of a universe of `symbols`.
  void begin(std::size_t times, std::size_t symbols);
  /// Hands in the row of a symbol at a time of the block; the row must stay where it is until `finish`.
  void add_row(std::size_t time, std::size_t symbol, float* row);
  /// Computes the block and writes the cross-section columns of the rows handed in.
  void finish();

 private:
  struct Column {
    std::size_t target, gathered;  // column of the set, index into sources_
    CrossOperation operation;
    CrossRank rank;
  };
  struct Row {
    std::size_t slot;  // time * symbols + symbol
    float* row;
  };
  void subtract_mean(const float* values, float* results) const;

  std::vector<std::size_t> sources_;  // columns that are read
  std::vector<Column> columns_;
  std::size_t times_ = 0, symbols_ = 0;
  std::vector<Row> rows_;
  std::vector<float> values_;   // [source][time][symbol], NaN where there is no row
  std::vector<float> results_;  // [column][time][symbol]
};

}  // namespace clm
