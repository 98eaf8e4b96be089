#include "features/engine/cross_section.hpp"

#include "base/wide_code.hpp"

namespace clm {

CrossSection::CrossSection(const FeatureSet& set) {
  for (const auto& cross : set.cross_columns())
    (cross.operation == CrossOperation::rank ? ranked_ : relative_).push_back({cross.column, cross.source});
  ranks_.resize(ranked_.size());
  sums_.resize(relative_.size());
  counts_.resize(relative_.size());
}

// A column that is ranked may be one that the other operation reads, and the reverse, as a column of its own: what is
// read is gathered before anything is written.
void CrossSection::finish() {
  const std::size_t size = rows_.size(), width = relative_.size();
  values_.resize(size * (ranked_.size() + width));
  results_.resize(size * ranked_.size());
  for (std::size_t s = 0; s < size; ++s) {
    const float* const row = rows_[s];
    for (std::size_t c = 0; c < ranked_.size(); ++c) values_[c * size + s] = row[ranked_[c].source];
    float* const gathered = values_.data() + size * ranked_.size() + s * width;
    for (std::size_t c = 0; c < width; ++c) gathered[c] = row[relative_[c].source];
  }
  for (std::size_t c = 0; c < ranked_.size(); ++c)
    ranks_[c].compute(values_.data() + c * size, results_.data() + c * size, size);
  run_wide([this] { subtract_means(); });
  for (std::size_t s = 0; s < size; ++s) {
    float* const row = rows_[s];
    for (std::size_t c = 0; c < ranked_.size(); ++c) row[ranked_[c].target] = results_[c * size + s];
    const float* const gathered = values_.data() + size * ranked_.size() + s * width;
    for (std::size_t c = 0; c < width; ++c) row[relative_[c].target] = gathered[c];
  }
}

// All columns of a row at once; the sum of a column is taken in the order of the symbols.
void CrossSection::subtract_means() {
  const std::size_t size = rows_.size(), width = relative_.size();
  float* const values = values_.data() + size * ranked_.size();
  double* const sums = sums_.data();
  int* const counts = counts_.data();
  for (std::size_t c = 0; c < width; ++c) {
    sums[c] = 0.0;
    counts[c] = 0;
  }
  for (std::size_t s = 0; s < size; ++s)
    for (std::size_t c = 0; c < width; ++c) {
      const float value = values[s * width + c];
      const bool known = value == value;
      sums[c] += known ? static_cast<double>(value) : 0.0;
      counts[c] += known ? 1 : 0;
    }
  for (std::size_t c = 0; c < width; ++c) sums[c] = counts[c] >= 2 ? sums[c] / counts[c] : kMissing;
  for (std::size_t s = 0; s < size; ++s)
    for (std::size_t c = 0; c < width; ++c) {
      float& value = values[s * width + c];
      value = static_cast<float>(static_cast<double>(value) - sums[c]);
    }
}

}  // namespace clm
