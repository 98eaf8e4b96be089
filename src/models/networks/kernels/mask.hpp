#pragma once
#include "models/networks/kernels/kernels.hpp"
#include "models/networks/kernels/lanes.hpp"

namespace clm::CLM_KERNEL_SET {

/// The mask of a dropout: whether element `index` of a place is kept is a pure function, so that the backward pass
/// computes it again instead of storing it.
struct Mask {
  CLM_INLINE explicit Mask(const DropoutMask& dropout)
      : first(all_words(static_cast<std::uint32_t>(dropout.key))),
        second(all_words(static_cast<std::uint32_t>(dropout.key >> 32U))),
        least(all_words(dropout.threshold)),
        scale(all(dropout.scale)),
        offset(dropout.first) {}

  /// x / (1 - p) where kept, 0 elsewhere, for the elements index .. index + 15.
  CLM_INLINE Lanes apply(Lanes x, std::uint32_t index) const { return keep(x * scale, index); }

  /// x where kept, 0 elsewhere.
  CLM_INLINE Lanes keep(Lanes x, std::uint32_t index) const {
    // An integer hash with two multiplications (lowbias32: https://github.com/skeeto/hash-prospector), keyed twice.
    Words h = counted_from(offset + index) ^ first;
    h = times(h ^ shifted_down<16>(h), all_words(0x7feb352dU)) ^ second;
    h = times(h ^ shifted_down<15>(h), all_words(0x846ca68bU));
    return kept(x, h ^ shifted_down<16>(h), least);
  }

  Words first, second, least;
  Lanes scale;
  std::uint32_t offset;
};

}  // namespace clm::CLM_KERNEL_SET
