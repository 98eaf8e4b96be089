#pragma once
#include <span>
#include <string>

#include "models/networks/network.hpp"

namespace clm {

/// Batch norm per column over all rows (Ioffe & Szegedy 2015), epsilon 1e-5, running statistics with momentum .1, as
/// PyTorch's BatchNorm1d. Holds where its numbers lie, not the numbers.
class BatchNorm {
 public:
  BatchNorm() = default;
  /// Adds NAME.gain and NAME.shift; add_kept() must follow once all trained tensors are there.
  BatchNorm(ParameterLayout& layout, std::string name, std::size_t columns);
  /// Adds NAME.mean and NAME.variance.
  void add_kept(ParameterLayout& layout);
  void initialise(std::span<float> parameters) const;

  /// What the backward pass needs of one forward pass.
  struct Moments {
    Floats mean, deviation;  ///< of the batch; deviation = sqrt(variance + epsilon)
  };

  /// out = norm(x) by running statistics; may be x.
  void forward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x, float* out) const;
  /// By the statistics of the rows themselves, which move the running ones; out may not be x.
  void forward_training(const Kernels& kernels, float* parameters, std::size_t rows, const float* x, float* out,
                        Moments& moments) const;
  /// x as in the forward pass; dy becomes dx. Writes the gradients of gain and shift.
  void backward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x,
                const Moments& moments, float* dy, float* gradient) const;

 private:
  std::string name_;
  std::size_t columns_ = 0, gain_ = 0, shift_ = 0, mean_ = 0, variance_ = 0;
};

}  // namespace clm
