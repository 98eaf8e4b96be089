#include "models/networks/batch_norm.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace clm {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr float kMomentum = 0.1F;

}  // namespace

BatchNorm::BatchNorm(ParameterLayout& layout, std::string name, std::size_t columns)
    : name_(std::move(name)),
      columns_(columns),
      gain_(layout.add_trained(name_ + ".gain", {columns})),
      shift_(layout.add_trained(name_ + ".shift", {columns})) {}

void BatchNorm::add_kept(ParameterLayout& layout) {
  mean_ = layout.add_kept(name_ + ".mean", {columns_});
  variance_ = layout.add_kept(name_ + ".variance", {columns_});
}

void BatchNorm::initialise(std::span<float> parameters) const {
  const auto fill = [&](std::size_t offset, float value) {
    std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(offset), columns_, value);
  };
  fill(gain_, 1);
  fill(shift_, 0);
  fill(mean_, 0);
  fill(variance_, 1);
}

void BatchNorm::forward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x,
                        float* out) const {
  Floats gain(columns_);
  for (std::size_t i = 0; i < columns_; ++i)
    gain[i] = parameters[gain_ + i] / std::sqrt(parameters[variance_ + i] + kEpsilon);
  kernels.normalise(rows, columns_, x, parameters + mean_, gain.data(), parameters + shift_, out);
}

void BatchNorm::forward_training(const Kernels& kernels, float* parameters, std::size_t rows, const float* x,
                                 float* out, Moments& moments) const {
  const auto count = static_cast<float>(rows);
  moments.mean.resize(columns_);
  moments.deviation.resize(columns_);
  kernels.column_sums(rows, columns_, x, moments.mean.data());
  for (float& mean : moments.mean) mean /= count;
  kernels.column_squares(rows, columns_, x, moments.mean.data(), moments.deviation.data());
  Floats gain(columns_);
  for (std::size_t i = 0; i < columns_; ++i) {
    const float variance = moments.deviation[i] / count;
    const float unbiased = rows > 1 ? moments.deviation[i] / (count - 1) : variance;
    parameters[mean_ + i] += kMomentum * (moments.mean[i] - parameters[mean_ + i]);
    parameters[variance_ + i] += kMomentum * (unbiased - parameters[variance_ + i]);
    moments.deviation[i] = std::sqrt(variance + kEpsilon);
    gain[i] = parameters[gain_ + i] / moments.deviation[i];
  }
  kernels.normalise(rows, columns_, x, moments.mean.data(), gain.data(), parameters + shift_, out);
}

void BatchNorm::backward(const Kernels& kernels, const float* parameters, std::size_t rows, const float* x,
                         const Moments& moments, float* dy, float* gradient) const {
  Floats products(columns_), gain(columns_), shift(columns_), slope(columns_);
  kernels.norm_backward_sums(rows, columns_, x, moments.mean.data(), dy, gradient + shift_, products.data());
  const auto count = static_cast<float>(rows);
  for (std::size_t i = 0; i < columns_; ++i) {
    const float deviation = moments.deviation[i];
    gradient[gain_ + i] = products[i] / deviation;
    gain[i] = parameters[gain_ + i] / deviation;
    shift[i] = gain[i] * gradient[shift_ + i] / count;
    slope[i] = gain[i] * products[i] / (count * deviation * deviation);
  }
  kernels.norm_backward(rows, columns_, x, moments.mean.data(), dy, gain.data(), shift.data(), slope.data(), dy);
}

}  // namespace clm
