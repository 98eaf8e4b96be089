#include "models/networks/linear_layer.hpp"

namespace clm {

LinearLayer::LinearLayer(ParameterLayout& layout, const std::string& name, std::size_t inputs, std::size_t outputs)
    : inputs_(inputs),
      outputs_(outputs),
      weight_(layout.add_trained(name + ".weight", {inputs, outputs})),
      bias_(layout.add_trained(name + ".bias", {outputs})) {}

void LinearLayer::initialise(Random& random, std::span<float> parameters) const {
  draw_linear(random, inputs_, parameters.subspan(weight_, inputs_ * outputs_));
  draw_linear(random, inputs_, parameters.subspan(bias_, outputs_));
}

void LinearLayer::forward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x,
                          std::size_t x_stride, float* y) const {
  kernels.multiply({.m = rows,
                    .n = outputs_,
                    .k = inputs_,
                    .a = x,
                    .a_stride = x_stride,
                    .b = parameters + weight_,
                    .b_stride = outputs_,
                    .c = y,
                    .c_stride = outputs_,
                    .bias = parameters + bias_});
}

void LinearLayer::backward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x,
                           std::size_t x_stride, const float* dy, float* gradient, float* dx, std::size_t dx_stride,
                           Into into_dx, Into into_gradient) const {
  kernels.multiply({.m = inputs_,
                    .n = outputs_,
                    .k = rows,
                    .a = x,
                    .a_stride = x_stride,
                    .a_transposed = Transposed::yes,
                    .b = dy,
                    .b_stride = outputs_,
                    .c = gradient + weight_,
                    .c_stride = outputs_,
                    .accumulate = into_gradient == Into::add,
                    .b_sums = gradient + bias_});
  if (dx == nullptr) return;
  kernels.multiply({.m = rows,
                    .n = inputs_,
                    .k = outputs_,
                    .a = dy,
                    .a_stride = outputs_,
                    .b = parameters + weight_,
                    .b_stride = outputs_,
                    .b_transposed = Transposed::yes,
                    .c = dx,
                    .c_stride = dx_stride,
                    .accumulate = into_dx == Into::add});
}

}  // namespace clm
