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

BatchNorm::Moments BatchNorm::kept(const float* parameters) const {
  Moments moments{Floats(columns_), Floats(columns_)};
  for (std::size_t i = 0; i < columns_; ++i) {
    moments.mean[i] = parameters[mean_ + i];
    moments.deviation[i] = std::sqrt(parameters[variance_ + i] + kEpsilon);
  }
  return moments;
}

BatchNorm::Moments BatchNorm::measure(const Kernels& kernels, float* parameters, std::size_t rows,
                                      const float* x) const {
  Moments moments{Floats(columns_), Floats(columns_)};
  const auto count = static_cast<float>(rows);
  kernels.column_sums(rows, columns_, x, moments.mean.data());
  for (float& mean : moments.mean) mean /= count;
  kernels.column_squares(rows, columns_, x, moments.mean.data(), moments.deviation.data());
  for (std::size_t i = 0; i < columns_; ++i) {
    const float variance = moments.deviation[i] / count;
    const float unbiased = rows > 1 ? moments.deviation[i] / (count - 1) : variance;
    parameters[mean_ + i] += kMomentum * (moments.mean[i] - parameters[mean_ + i]);
    parameters[variance_ + i] += kMomentum * (unbiased - parameters[variance_ + i]);
    moments.deviation[i] = std::sqrt(variance + kEpsilon);
  }
  return moments;
}

void BatchNorm::forward(const Kernels& kernels, const float* parameters, const Moments& moments, std::size_t rows,
                        const float* x, float* out) const {
  Floats gain(columns_);
  for (std::size_t i = 0; i < columns_; ++i) gain[i] = parameters[gain_ + i] / moments.deviation[i];
  kernels.normalise(rows, columns_, x, moments.mean.data(), gain.data(), parameters + shift_, out);
}

void BatchNorm::backward_parameters(const Kernels& kernels, const Moments& moments, std::size_t rows, const float* x,
                                    const float* dy, float* gradient) const {
  kernels.norm_backward_sums(rows, columns_, x, moments.mean.data(), dy, gradient + shift_, gradient + gain_);
  for (std::size_t i = 0; i < columns_; ++i) gradient[gain_ + i] /= moments.deviation[i];
}

void BatchNorm::backward(const Kernels& kernels, const float* parameters, const Moments& moments, std::size_t all_rows,
                         std::size_t rows, const float* x, float* dy, const float* gradient) const {
  Floats gain(columns_), shift(columns_), slope(columns_);
  const auto count = static_cast<float>(all_rows);
  for (std::size_t i = 0; i < columns_; ++i) {
    gain[i] = parameters[gain_ + i] / moments.deviation[i];
    shift[i] = gain[i] * gradient[shift_ + i] / count;
    slope[i] = gain[i] * gradient[gain_ + i] / (count * moments.deviation[i]);
  }
  kernels.norm_backward(rows, columns_, x, moments.mean.data(), dy, gain.data(), shift.data(), slope.data(), dy);
}

}  // namespace clm
