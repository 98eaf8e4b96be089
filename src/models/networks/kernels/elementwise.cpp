// Activations and dropout.
#include "models/networks/kernels/mask.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

/// The normal distribution function and density at x. Phi(-a) = exp(-a^2/2) t P(t) with t = 1 / (1 + .24 a), P fitted
/// to 3e-9 (the form of Abramowitz & Stegun 26.2.17); in floats within 2e-7.
CLM_INLINE void normal_distribution(Lanes x, Lanes& distribution, Lanes& density) {
  const Lanes raised = exponential(x * x * all(-0.5F));
  const Lanes t = all(1) / fma(magnitude(x), all(0.24F), all(1));
  Lanes p = all(0.0254733553F);
  p = fma(p, t, all(-0.124334606F));
  p = fma(p, t, all(0.204723749F));
  p = fma(p, t, all(-0.143193241F));
  p = fma(p, t, all(0.140487859F));
  p = fma(p, t, all(0.0287142753F));
  p = fma(p, t, all(0.087551775F));
  p = fma(p, t, all(0.0889836179F));
  p = fma(p, t, all(0.0958507775F));
  p = fma(p, t, all(0.0957424386F));
  const Lanes tail = p * t * raised;
  distribution = where_positive(x, all(1) - tail, tail);
  density = raised * all(0.398942280F);
}

template <typename Work>
CLM_INLINE void each(std::size_t count, Work work) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) work(i, kLanes);
  if (i < count) work(i, count - i);
}

}  // namespace

void gelu(std::size_t count, const float* x, float* out, float* slope, const DropoutMask& dropout) {
  const Mask mask(dropout);
  each(count, [&](std::size_t i, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes input = load_part(x + i, n);
    Lanes distribution, density;
    normal_distribution(input, distribution, density);
    Lanes value = input * distribution;
    Lanes derivative = fma(input, density, distribution);
    if (dropout.threshold != 0) {
      value = mask.apply(value, static_cast<std::uint32_t>(i));
      derivative = mask.apply(derivative, static_cast<std::uint32_t>(i));
    }
    store_part(out + i, value, n);
    if (slope != nullptr) store_part(slope + i, derivative, n);
  });
}

void relu(std::size_t count, const float* x, float* out, const DropoutMask& dropout) {
  const Mask mask(dropout);
  each(count, [&](std::size_t i, std::size_t n) CLM_INLINE_LAMBDA {
    Lanes value = greater(load_part(x + i, n), all(0));
    if (dropout.threshold != 0) value = mask.apply(value, static_cast<std::uint32_t>(i));
    store_part(out + i, value, n);
  });
}

void relu_backward(std::size_t count, const float* out, float* gradient, const DropoutMask& dropout) {
  const Lanes scale = all(dropout.scale);
  each(count, [&](std::size_t i, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes passed = load_part(gradient + i, n) * scale;
    store_part(gradient + i, where_positive(load_part(out + i, n), passed, all(0)), n);
  });
}

void scale_by(std::size_t count, float* x, const float* y) {
  each(count, [&](std::size_t i, std::size_t n)
                  CLM_INLINE_LAMBDA { store_part(x + i, load_part(x + i, n) * load_part(y + i, n), n); });
}

void add_to(std::size_t count, float* x, const float* y) {
  each(count, [&](std::size_t i, std::size_t n)
                  CLM_INLINE_LAMBDA { store_part(x + i, load_part(x + i, n) + load_part(y + i, n), n); });
}

void drop(std::size_t count, const float* x, float* out, const DropoutMask& dropout) {
  const Mask mask(dropout);
  each(count, [&](std::size_t i, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes value = load_part(x + i, n);
    store_part(out + i, dropout.threshold == 0 ? value : mask.apply(value, static_cast<std::uint32_t>(i)), n);
  });
}

void add_dropped(std::size_t count, const float* x, const float* y, float* out, const DropoutMask& dropout) {
  const Mask mask(dropout);
  each(count, [&](std::size_t i, std::size_t n) CLM_INLINE_LAMBDA {
    Lanes value = load_part(y + i, n);
    if (dropout.threshold != 0) value = mask.apply(value, static_cast<std::uint32_t>(i));
    store_part(out + i, load_part(x + i, n) + value, n);
  });
}

}  // namespace clm::CLM_KERNEL_SET
