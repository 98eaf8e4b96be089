#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "base/random.hpp"
#include "models/networks/kernels/kernels.hpp"
#include "models/networks/parameters.hpp"
#include "models/sequence/window_source.hpp"

namespace clm {

/// The working memory of one thread for one network: activations kept between forward and backward.
class NetworkPass {
 public:
  virtual ~NetworkPass() = default;

  /// Forecasts: no dropout, running statistics. `inputs` is [window][channel][bar], the result [window][path][step],
  /// valid until the next call. A window's result does not depend on the others.
  virtual std::span<const float> forward(const float* parameters, const float* inputs, std::size_t windows) = 0;

  /// The same as in training: dropout drawn from `key`, statistics of the batch, which also move the running ones in
  /// `parameters`.
  virtual std::span<const float> forward_training(float* parameters, const float* inputs, std::size_t windows,
                                                  std::uint64_t key) = 0;

  /// After forward_training on the same inputs: writes the gradient of every trained parameter, given the gradient of
  /// the result. `inputs` of that call must still be there.
  virtual void backward(const float* parameters, const float* d_outputs, float* gradient) = 0;
};

/// The structure of a network; its numbers live in one flat array of layout().size() floats.
class Network {
 public:
  virtual ~Network() = default;
  const WindowShape& shape() const { return shape_; }
  std::size_t paths() const { return paths_; }
  std::size_t output_size() const { return paths_ * shape_.horizon; }
  const ParameterLayout& layout() const { return layout_; }

  /// Draws the weights a training begins with; every float of `parameters` is set.
  virtual void initialise(Random& random, std::span<float> parameters) const = 0;
  virtual std::unique_ptr<NetworkPass> make_pass() const = 0;

 protected:
  Network(const Kernels& kernels, const WindowShape& shape, std::size_t paths)
      : kernels_(kernels), shape_(shape), paths_(paths) {}
  const Kernels& kernels_;
  ParameterLayout layout_;

 private:
  WindowShape shape_;
  std::size_t paths_;
};

/// A dropout of probability p at place `site` of a step: its mask depends on both alone.
DropoutMask dropout_mask(std::uint64_t key, std::uint64_t site, double probability);

/// Uniform in +-1/sqrt(inputs), as PyTorch draws the weights and biases of a linear layer.
void draw_linear(Random& random, std::size_t inputs, std::span<float> values);

}  // namespace clm
