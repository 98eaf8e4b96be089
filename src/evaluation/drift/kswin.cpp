#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/contract.hpp"
#include "base/random.hpp"
#include "evaluation/drift/drift_detectors.hpp"

namespace clm {
namespace {

constexpr double kLeastDistance = 0.1;
constexpr unsigned kWordBits = 64;
constexpr int kExchanges = 2;

/// Farther than any difference of counts can go, and back.
constexpr std::int16_t kNowhere = 2 * Kswin::kMaxWindow;

/// What four ranks in a row do to the difference of the two counts: where it stands after them, and its highest and
/// lowest values in between, where equal values have all been counted.
struct Steps {
  std::int16_t sum = 0;
  std::int16_t highest = -kNowhere;
  std::int16_t lowest = kNowhere;
};

/// By 4 bits each of: taken, recent, last of its equals.
constexpr std::array<Steps, 4096> make_steps() {
  std::array<Steps, 4096> out{};
  for (unsigned key = 0; key < out.size(); ++key) {
    Steps& steps = out[key];
    for (unsigned i = 0; i < 4; ++i) {
      const auto bit = [key, i](unsigned shift) { return static_cast<int>((key >> (shift + i)) & 1U); };
      steps.sum = static_cast<std::int16_t>(steps.sum + bit(8) - bit(4));
      if (bit(0) == 0) continue;
      steps.highest = std::max(steps.highest, steps.sum);
      steps.lowest = std::min(steps.lowest, steps.sum);
    }
  }
  return out;
}
constexpr std::array<Steps, 4096> kSteps = make_steps();

constexpr std::array<std::uint8_t, 256> make_bit_counts() {
  std::array<std::uint8_t, 256> out{};
  for (unsigned byte = 0; byte < out.size(); ++byte) out[byte] = static_cast<std::uint8_t>(std::popcount(byte));
  return out;
}
constexpr std::array<std::uint8_t, 256> kBitsOf = make_bit_counts();

bool bit_of(std::span<const std::uint64_t> bits, std::size_t at) {
  return ((bits[at / kWordBits] >> (at % kWordBits)) & 1U) != 0;
}

void set_bit(std::span<std::uint64_t> bits, std::size_t at, bool value) {
  std::uint64_t& word = bits[at / kWordBits];
  const std::uint64_t mask = std::uint64_t{1} << (at % kWordBits);
  word = (word & ~mask) | (value ? mask : 0);
}

/// The bits of word `w` that stand before `at`.
std::uint64_t before(std::size_t at, std::size_t w) {
  const std::size_t first = w * kWordBits;
  const std::size_t held = std::min<std::size_t>(at > first ? at - first : 0, kWordBits);
  return held == kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << held) - 1;
}

/// Where a bit is taken out at `from` and put in at `to`: the bits of word `w` from the one to the other move by one.
struct BitMove {
  std::uint64_t range;
  bool down;
  std::uint64_t apply(std::uint64_t previous, std::uint64_t word, std::uint64_t next) const {
    const std::uint64_t moved = down ? word >> 1 | next << (kWordBits - 1) : word << 1 | previous >> (kWordBits - 1);
    return (word & ~range) | (moved & range);
  }
};

/// A place below `count`, from 32 random bits. Some places get one of the 2^32 more than others: nothing that shows.
std::size_t pick(std::uint64_t chance, std::size_t count) { return static_cast<std::size_t>((chance * count) >> 32); }

/// Values of `sorted` below `value`. Whole blocks first, then the values of one: comparisons that do not wait for one
/// another are quicker than the fewer ones of a binary search.
std::size_t count_below(std::span<const double> sorted, double value) {
  constexpr std::size_t kBlock = 8;
  std::size_t blocks = 0;
  for (std::size_t i = kBlock - 1; i < sorted.size(); i += kBlock) blocks += sorted[i] < value ? 1U : 0U;
  std::size_t below = blocks * kBlock;
  const std::size_t end = std::min(below + kBlock, sorted.size());
  for (std::size_t i = blocks * kBlock; i < end; ++i) below += sorted[i] < value ? 1U : 0U;
  return below;
}

}  // namespace

double exact_ks_p_value(std::size_t count, std::size_t size) {
  if (count == 0) return 1;
  const auto n = static_cast<double>(size);
  double sum = 0;
  double sign = 1;
  double ratio = 1;  // C(2n, n - m) / C(2n, n)
  std::size_t m = 0;
  for (std::size_t j = 1; j * count <= size; ++j) {
    for (; m < j * count; ++m) ratio *= (n - static_cast<double>(m)) / (n + 1 + static_cast<double>(m));
    sum += sign * ratio;
    sign = -sign;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

Kswin::Kswin(const KswinOptions& options) : options_(options), random_(options.seed) {
  expects(options.alpha > 0 && options.alpha < 1, "KSWIN's alpha lies in (0, 1)");
  expects(options.recent >= 2 && options.window >= 2 * options.recent && options.window <= kMaxWindow,
          "KSWIN's window holds at least twice its recent values and at most 1024");
  critical_count_ = static_cast<std::size_t>(std::floor(kLeastDistance * static_cast<double>(options.recent))) + 1;
  while (critical_count_ <= options.recent && exact_ks_p_value(critical_count_, options.recent) > options.alpha)
    ++critical_count_;
  words_ = (options.window + kWordBits - 1) / kWordBits;
  values_.resize(options.window);
  rank_.resize(options.window);
  sorted_.reserve(options.window);
}

void Kswin::restart() {
  sorted_.clear();
  recent_ = {};
  taken_ = {};
  last_of_equals_ = {};
  next_ = 0;
  restart_due_ = false;
}

void Kswin::replace(std::size_t slot, double value) {
  const std::size_t from = rank_[slot];
  const std::size_t below = count_below(sorted_, value);
  const std::size_t to = below > from ? below - 1 : below;
  const auto at = [this](std::size_t rank) { return sorted_.begin() + static_cast<std::ptrdiff_t>(rank); };
  if (to > from)
    std::copy(at(from + 1), at(to + 1), at(from));
  else
    std::copy_backward(at(to), at(from), at(from + 1));
  sorted_[to] = value;
  values_[slot] = value;

  const auto first = static_cast<std::uint16_t>(to > from ? from + 1 : to);
  const auto moved = static_cast<std::uint16_t>(to > from ? to - from : from - to);
  const auto step = static_cast<std::uint16_t>(to > from ? -1 : 1);
  for (std::uint16_t& rank : rank_)
    rank = static_cast<std::uint16_t>(rank + (static_cast<std::uint16_t>(rank - first) < moved ? step : 0));
  rank_[slot] = static_cast<std::uint16_t>(to);

  // Where the last of its equals leaves, the one before it is the last now; if that one is smaller, it was already.
  if (from > 0) set_bit(last_of_equals_, from - 1, bit_of(last_of_equals_, from - 1) || bit_of(last_of_equals_, from));
  // All three sets at once; no branch depends on the places, which cannot be foretold.
  std::array<std::uint64_t, 3> previous{};
  const std::array<Bits*, 3> sets{&recent_, &taken_, &last_of_equals_};
  for (std::size_t w = 0; w < words_; ++w) {
    const BitMove move{before(std::max(from, to) + 1, w) & ~before(std::min(from, to), w), to > from};
    for (std::size_t k = 0; k < sets.size(); ++k) {
      std::uint64_t& word = (*sets[k])[w];
      const std::uint64_t next = w + 1 < words_ ? (*sets[k])[w + 1] : 0;
      const std::uint64_t after = move.apply(previous[k], word, next);
      previous[k] = word;
      word = after;
    }
  }
  set_bit(recent_, to, true);
  set_bit(taken_, to, false);
  set_bit(last_of_equals_, to, to + 1 == sorted_.size() || value != sorted_[to + 1]);
}

void Kswin::draw() {
  // Selection sampling (Fan, Muller & Rezucha 1962): the i-th older value is taken with a chance of wanted / left.
  std::size_t wanted = options_.recent;
  for (std::size_t age = older(); age > 0; --age) {
    if (pick(splitmix64(random_) >> 32, age) >= wanted) continue;
    set_bit(taken_, rank_of_older(age - 1), true);
    --wanted;
  }
}

void Kswin::stir() {
  // Exchanging any two leaves all sets equally likely.
  for (int exchange = 0; exchange < kExchanges; ++exchange) {
    const std::uint64_t chance = splitmix64(random_);
    const std::size_t a = rank_of_older(pick(chance >> 32, older()));
    const std::size_t b = rank_of_older(pick(chance & kHalfWord, older()));
    const std::uint64_t differ = bit_of(taken_, a) != bit_of(taken_, b) ? 1 : 0;
    taken_[a / kWordBits] ^= differ << (a % kWordBits);
    taken_[b / kWordBits] ^= differ << (b % kWordBits);
  }
}

std::size_t Kswin::rank_of_older(std::size_t age) const {
  const std::size_t slot = next_ + age;
  return rank_[slot >= options_.window ? slot - options_.window : slot];
}

int Kswin::distance_bound() const {
  int walk = 0;
  int highest = 0;
  int lowest = 0;
  for (std::size_t w = 0; w < words_; ++w) {
    const std::size_t held = std::min<std::size_t>(options_.window - w * kWordBits, kWordBits);
    for (std::size_t shift = 0; shift < held; shift += 8) {
      const int up = kBitsOf[(taken_[w] >> shift) & 255U];
      const int down = kBitsOf[(recent_[w] >> shift) & 255U];
      // Between here and eight ranks on, at most all rises come first, or all falls; among equals nothing is compared.
      const int aside = ((last_of_equals_[w] >> shift) & 255U) == 0 ? kNowhere : 0;
      highest = std::max(highest, walk + up - aside);
      lowest = std::min(lowest, walk - down + aside);
      walk += up - down;
    }
  }
  return std::max(highest, -lowest);
}

int Kswin::distance() const {
  int walk = 0;
  int highest = 0;
  int lowest = 0;
  for (std::size_t w = 0; w < words_; ++w)
    for (unsigned shift = 0; shift < kWordBits; shift += 4) {
      const auto four = [shift, w](const Bits& bits) { return (bits[w] >> shift) & 15U; };
      const Steps& steps = kSteps[four(taken_) << 8 | four(recent_) << 4 | four(last_of_equals_)];
      highest = std::max(highest, walk + steps.highest);
      lowest = std::min(lowest, walk + steps.lowest);
      walk += steps.sum;
    }
  return std::max(highest, -lowest);
}

DriftSignal Kswin::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  if (restart_due_) restart();
  const std::size_t slot = next_;
  const bool was_full = sorted_.size() == options_.window;
  const bool oldest_taken = was_full && bit_of(taken_, rank_[slot]);
  if (!was_full) {
    rank_[slot] = static_cast<std::uint16_t>(sorted_.size());
    sorted_.push_back(std::numeric_limits<double>::infinity());
  }
  replace(slot, value);
  next_ = slot + 1 == options_.window ? 0 : slot + 1;
  if (sorted_.size() > options_.recent) {
    const std::size_t back = slot >= options_.recent ? slot : slot + options_.window;
    const std::size_t rank = rank_[back - options_.recent];
    set_bit(recent_, rank, false);
    // What joins the older values takes the place, in or out, of what left them.
    set_bit(taken_, rank, oldest_taken);
  }
  if (sorted_.size() < options_.window) return DriftSignal::none;
  if (was_full)
    stir();
  else
    draw();
  const int critical = static_cast<int>(critical_count_);
  restart_due_ = distance_bound() >= critical && distance() >= critical;
  return restart_due_ ? DriftSignal::drift : DriftSignal::none;
}

DetectorState Kswin::state() const {
  DetectorState out;
  append_word(out, random_);
  out.push_back(restart_due_ ? 1 : 0);
  const std::size_t oldest = sorted_.size() == options_.window ? next_ : 0;
  for (std::size_t age = 0; age < sorted_.size(); ++age) {
    const std::size_t slot = (oldest + age) % options_.window;
    append(out, {values_[slot], bit_of(taken_, rank_[slot]) ? 1.0 : 0.0});
  }
  return out;
}

Status Kswin::restore(std::span<const double> state) {
  StateReader in(state);
  Kswin read(options_);
  const std::uint64_t random = in.word();
  const bool restart_due = in.flag();
  std::vector<bool> taken;
  while (in.good() && in.left() > 0 && taken.size() < options_.window) {
    read.update(in.number());
    read.restart_due_ = false;
    taken.push_back(in.flag());
  }
  if (const Status status = in.finish("KSWIN"); !status) return status;
  for (std::size_t slot = 0; slot < taken.size(); ++slot) set_bit(read.taken_, read.rank_[slot], taken[slot]);
  read.random_ = random;
  read.restart_due_ = restart_due;
  *this = std::move(read);
  return {};
}

}  // namespace clm
