#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "evaluation/drift/drift_detectors.hpp"

namespace clm {
namespace {

/// More levels than this would hold more values than a double can count.
constexpr std::uint64_t kMaxLevels = 52;

double values_at(std::size_t level) { return std::ldexp(1.0, static_cast<int>(level)); }

/// By how much the sum of squared deviations grows when parts of n_0 and n_1 values with these means are joined (Chan,
/// Golub & LeVeque 1983).
double between(double n_0, double mean_0, double n_1, double mean_1) {
  return n_0 * n_1 / (n_0 + n_1) * (mean_0 - mean_1) * (mean_0 - mean_1);
}

}  // namespace

Adwin::Adwin(const AdwinOptions& options) : options_(options) {
  expects(options.delta > 0 && options.delta < 1, "ADWIN's delta lies in (0, 1)");
  expects(options.clock >= 1 && options.max_buckets >= 2 && options.min_part >= 1,
          "ADWIN needs clock >= 1, max_buckets >= 2 and min_part >= 1");
}

void Adwin::restart() { *this = Adwin(options_); }

std::span<const Adwin::Bucket> Adwin::level(std::size_t index) const {
  return std::span<const Bucket>(buckets_).subspan(index * (options_.max_buckets + 1), counts_[index]);
}

std::size_t Adwin::buckets() const {
  std::size_t out = 0;
  for (const std::size_t count : counts_) out += count;
  return out;
}

void Adwin::push(std::size_t index, const Bucket& bucket) {
  if (index == counts_.size()) {
    counts_.push_back(0);
    buckets_.resize(counts_.size() * (options_.max_buckets + 1));
  }
  buckets_[index * (options_.max_buckets + 1) + counts_[index]] = bucket;
  ++counts_[index];
}

void Adwin::drop_oldest(std::size_t index, std::size_t count) {
  const auto first = buckets_.begin() + static_cast<std::ptrdiff_t>(index * (options_.max_buckets + 1));
  std::copy(first + static_cast<std::ptrdiff_t>(count), first + static_cast<std::ptrdiff_t>(counts_[index]), first);
  counts_[index] -= count;
}

void Adwin::insert(double value) {
  if (width_ > 0) variance_ += between(width_, total_ / width_, 1, value);
  width_ += 1;
  total_ += value;
  push(0, {value, 0});
  for (std::size_t k = 0; counts_[k] > options_.max_buckets; ++k) {
    const Bucket older = level(k)[0];
    const Bucket newer = level(k)[1];
    const double size = values_at(k);
    drop_oldest(k, 2);
    push(k + 1, {older.total + newer.total,
                 older.variance + newer.variance + between(size, older.total / size, size, newer.total / size)});
  }
}

void Adwin::forget_oldest() {
  const std::size_t k = counts_.size() - 1;
  const Bucket oldest = level(k)[0];
  const double size = values_at(k);
  width_ -= size;
  total_ -= oldest.total;
  const double lost = oldest.variance + between(size, oldest.total / size, width_, total_ / width_);
  variance_ = std::max(variance_ - lost, 0.0);
  drop_oldest(k, 1);
  while (counts_.back() == 0) counts_.pop_back();
}

bool Adwin::parts_differ() const {
  const double confidence = std::log(2 * std::log(width_) / options_.delta);
  const double spread = 2 * variance() * confidence;
  const auto least = static_cast<double>(options_.min_part);
  double n_0 = 0;
  double total_0 = 0;
  for (std::size_t k = counts_.size(); k-- > 0;) {
    const double size = values_at(k);
    for (const Bucket& bucket : level(k)) {
      n_0 += size;
      total_0 += bucket.total;
      const double n_1 = width_ - n_0;
      if (n_1 < least) return false;
      if (n_0 < least) continue;
      const double inverse_m = 1 / (n_0 - least + 1) + 1 / (n_1 - least + 1);
      const double change = std::abs(total_0 / n_0 - (total_ - total_0) / n_1);
      // change > sqrt(spread / m) + ..., without the root.
      const double excess = change - 2.0 / 3.0 * confidence * inverse_m;
      if (excess > 0 && excess * excess > spread * inverse_m) return true;
    }
  }
  return false;
}

DriftSignal Adwin::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  if (restart_due_) restart();
  insert(value);
  ++ticks_;
  if (ticks_ % options_.clock != 0 || width_ <= static_cast<double>(options_.grace_values)) return DriftSignal::none;
  while (parts_differ()) {
    forget_oldest();
    restart_due_ = true;
  }
  return restart_due_ ? DriftSignal::drift : DriftSignal::none;
}

DetectorState Adwin::state() const {
  DetectorState out{static_cast<double>(ticks_),        width_, total_, variance_, restart_due_ ? 1.0 : 0.0,
                    static_cast<double>(counts_.size())};
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    out.push_back(static_cast<double>(counts_[k]));
    for (const Bucket& bucket : level(k)) append(out, {bucket.total, bucket.variance});
  }
  return out;
}

Status Adwin::restore(std::span<const double> state) {
  StateReader in(state);
  Adwin read(options_);
  read.ticks_ = in.whole(kMostCount);
  read.width_ = static_cast<double>(in.whole(kMostCount));
  read.total_ = in.number();
  read.variance_ = in.number();
  read.restart_due_ = in.flag();
  const std::uint64_t levels = in.whole(kMaxLevels);
  double held = 0;
  for (std::size_t k = 0; k < levels && in.good(); ++k) {
    const std::uint64_t count = in.whole(options_.max_buckets);
    for (std::uint64_t i = 0; i < count; ++i) {
      const double total = in.number();
      read.push(k, {total, in.number()});
    }
    if (count == 0) in.reject();
    held += static_cast<double>(count) * values_at(k);
  }
  if (held != read.width_) in.reject();
  const Status status = in.finish("ADWIN");
  if (status) *this = std::move(read);
  return status;
}

}  // namespace clm
