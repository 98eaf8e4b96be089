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

  /// What rows are normalised by.
  struct Moments {
    Floats mean, deviation;  ///< deviation = sqrt(variance + epsilon)
  };
  /// The running ones.
  Moments kept(const float* parameters) const;
  /// Those of a batch, which move the running ones in `parameters`.
  Moments measure(const Kernels& kernels, float* parameters, std::size_t rows, const float* x) const;

  /// out = norm(x), for any of the rows; may be x.
  void forward(const Kernels& kernels, const float* parameters, const Moments& moments, std::size_t rows,
               const float* x, float* out) const;

  /// The gradients of gain and shift from all rows of the batch.
  void backward_parameters(const Kernels& kernels, const Moments& moments, std::size_t rows, const float* x,
                           const float* dy, float* gradient) const;
  /// After it, for any `rows` of the batch's `all_rows`: dy becomes dx.
  void backward(const Kernels& kernels, const float* parameters, const Moments& moments, std::size_t all_rows,
                std::size_t rows, const float* x, float* dy, const float* gradient) const;

 private:
  std::string name_;
  std::size_t columns_ = 0, gain_ = 0, shift_ = 0, mean_ = 0, variance_ = 0;
};

}  // namespace clm
