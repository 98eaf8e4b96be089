#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// What a detector says of the stream after its newest value.
enum class DriftSignal { none, warning, drift };
std::string_view to_string(DriftSignal signal);

/// Which changes of a mean are looked for.
enum class ChangeSide { increase, decrease, both };

/// Everything that a detector remembers, as finite numbers that any text format keeps to the bit: `restore(state())` on
/// a detector of the same options goes on as the first would have. Detectors check the length and what cannot be
/// (error "drift.state"); options are not part of it.
using DetectorState = std::vector<double>;

/// Counts up to here are exact in a double.
inline constexpr std::uint64_t kMostCount = std::uint64_t{1} << 53;
/// The lower half of 64 bits.
inline constexpr std::uint64_t kHalfWord = 0xffffffffULL;

/// Reads a state back in the order in which it was written. A number that is missing, not finite, or not the whole
/// number that was asked for makes the reading fail as a whole, which `finish` says.
class StateReader {
 public:
  explicit StateReader(std::span<const double> state) : rest_(state) {}

  double number();
  /// A whole number in [0, most], most <= 2^53.
  std::uint64_t whole(std::uint64_t most);
  /// 64 bits that `append_word` wrote.
  std::uint64_t word();
  bool flag() { return whole(1) == 1; }
  void numbers(std::span<double> out);
  /// For what the caller finds wrong.
  void reject() { good_ = false; }
  std::size_t left() const { return rest_.size(); }
  bool good() const { return good_; }
  /// Fine where everything was there and nothing is left over. `detector` is named in the error.
  Status finish(std::string_view detector) const;

 private:
  std::span<const double> rest_;
  bool good_ = true;
};

void append(DetectorState& state, std::initializer_list<double> numbers);
/// 64 bits as two whole numbers: a double holds only 53 exactly.
void append_word(DetectorState& state, std::uint64_t word);

}  // namespace clm
