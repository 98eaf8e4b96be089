#pragma once
#include <cstddef>

namespace clm {

/// Mean and standard deviation (population, 1e-5 added to the variance) of one window of one channel.
struct WindowScale {
  float mean = 0;
  float deviation = 1;
};

/// out = (values - mean) / deviation over `length` values (Kim et al. 2022, ICLR, reversible instance normalisation
/// without its affine part). out may be values.
WindowScale normalise_window(const float* values, std::size_t length, float* out);

}  // namespace clm
