#include "features/cross_section.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace clm {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

}  // namespace

CrossSection::CrossSection(const FeatureSet& set) {
  for (const auto& cross : set.cross_columns()) {
    const auto found = std::find(sources_.begin(), sources_.end(), cross.source);
    columns_.push_back({cross.column, static_cast<std::size_t>(found - sources_.begin()), cross.operation, {}});
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
        rank(values, results, column);
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
    if (values[i] != values[i]) continue;
    sum += static_cast<double>(values[i]);
    ++count;
  }
  const double mean = count >= 2 ? sum / count : kMissing;
  for (std::size_t i = 0; i < symbols_; ++i) results[i] = static_cast<float>(static_cast<double>(values[i]) - mean);
}

// Ranks change little from one time to the next, so the last order is nearly sorted: insertion puts it right in about
// linear time. Where it does not, it gives up for the general sort. The result is the same either way.
void CrossSection::rank(const float* values, float* results, Column& column) {
  if (column.order.size() != symbols_) {
    column.order.resize(symbols_);
    std::iota(column.order.begin(), column.order.end(), 0U);
  }
  entries_.resize(symbols_);
  std::size_t count = 0;
  std::size_t moves_left = 8 * symbols_;
  std::size_t absent = symbols_;
  for (const std::uint32_t symbol : column.order) {
    const float value = values[symbol];
    if (value != value) {
      results[symbol] = kNoValue;
      entries_[--absent] = {value, symbol};
      continue;
    }
    std::size_t place = count++;
    for (; place > 0 && moves_left > 0 && value < entries_[place - 1].value; --place, --moves_left)
      entries_[place] = entries_[place - 1];
    entries_[place] = {value, symbol};
  }
  const auto known = entries_.begin() + static_cast<std::ptrdiff_t>(count);
  if (moves_left == 0)
    std::sort(entries_.begin(), known, [](const Entry& a, const Entry& b) { return a.value < b.value; });
  for (std::size_t i = 0; i < symbols_; ++i) column.order[i] = entries_[i].symbol;
  if (count < 2) {
    for (std::size_t i = 0; i < count; ++i) results[entries_[i].symbol] = kNoValue;
    return;
  }
  const double scale = 1.0 / static_cast<double>(count);
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first + 1;
    while (last < count && entries_[last].value == entries_[first].value) ++last;
    // Ranks first + 1 .. last: their mean less a half is the middle of [first, last).
    const auto middle = static_cast<float>(0.5 * static_cast<double>(first + last) * scale - 0.5);
    for (std::size_t i = first; i < last; ++i) results[entries_[i].symbol] = middle;
    first = last;
  }
}

}  // namespace clm
