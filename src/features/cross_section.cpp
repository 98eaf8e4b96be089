#include "features/cross_section.hpp"

#include <algorithm>
#include <limits>

namespace clm {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

}  // namespace

CrossSection::CrossSection(const FeatureSet& set) {
  for (const auto& cross : set.cross_columns()) {
    const auto found = std::find(sources_.begin(), sources_.end(), cross.source);
    columns_.push_back(
        {cross.column, static_cast<std::size_t>(found - sources_.begin()), cross.operation, CrossRank{}});
    if (found == sources_.end()) sources_.push_back(cross.source);
  }
}

void CrossSection::begin(std::size_t times, std::size_t symbols) {
  times_ = times;
  symbols_ = symbols;
  rows_.clear();
  values_.assign(sources_.size() * times * symbols, kNoValue);
  results_.resize(columns_.size() * times * symbols);
}

void CrossSection::add_row(std::size_t time, std::size_t symbol, float* row) {
  const std::size_t slot = time * symbols_ + symbol;
  const std::size_t plane = times_ * symbols_;
  for (std::size_t i = 0; i < sources_.size(); ++i) values_[i * plane + slot] = row[sources_[i]];
  rows_.push_back({slot, row});
}

void CrossSection::finish() {
  const std::size_t plane = times_ * symbols_;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Column& column = columns_[c];
    for (std::size_t t = 0; t < times_; ++t) {
      const float* const values = values_.data() + column.gathered * plane + t * symbols_;
      float* const results = results_.data() + c * plane + t * symbols_;
      if (column.operation == CrossOperation::rank)
        column.rank.compute(values, results, symbols_);
      else
        subtract_mean(values, results);
    }
  }
  for (const Row& row : rows_)
    for (std::size_t c = 0; c < columns_.size(); ++c) row.row[columns_[c].target] = results_[c * plane + row.slot];
}

void CrossSection::subtract_mean(const float* values, float* results) const {
  double sum = 0.0;
  int count = 0;
  for (std::size_t i = 0; i < symbols_; ++i) {
    const bool known = values[i] == values[i];
    sum += known ? static_cast<double>(values[i]) : 0.0;
    count += known ? 1 : 0;
  }
  const double mean = count >= 2 ? sum / count : kMissing;
  for (std::size_t i = 0; i < symbols_; ++i) results[i] = static_cast<float>(static_cast<double>(values[i]) - mean);
}

}  // namespace clm
