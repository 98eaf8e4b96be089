#pragma once
#include <span>
#include <string>

#include "models/networks/network.hpp"

namespace clm {

/// y = x W + b on rows, W stored [input][output]. Holds where its numbers lie, not the numbers.
class LinearLayer {
 public:
  LinearLayer() = default;
  /// Adds NAME.weight [inputs][outputs] and NAME.bias [outputs].
  LinearLayer(ParameterLayout& layout, const std::string& name, std::size_t inputs, std::size_t outputs);

  std::size_t inputs() const { return inputs_; }
  std::size_t outputs() const { return outputs_; }
  void initialise(Random& random, std::span<float> parameters) const;

  /// Rows of x are `x_stride` floats apart; y is [rows][outputs].
  void forward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x, std::size_t x_stride,
               float* y) const;
  /// Writes the gradients of weight and bias, and dx ([rows], `dx_stride` apart) unless it is null. Where asked, adds
  /// to them instead: rows may come in parts.
  enum class Into { overwrite, add };
  void backward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x, std::size_t x_stride,
                const float* dy, float* gradient, float* dx, std::size_t dx_stride, Into into_dx = Into::overwrite,
                Into into_gradient = Into::overwrite) const;

  std::size_t weight() const { return weight_; }
  std::size_t bias() const { return bias_; }

 private:
  std::size_t inputs_ = 0, outputs_ = 0, weight_ = 0, bias_ = 0;
};

}  // namespace clm
