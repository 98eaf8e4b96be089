#pragma once
#include "models/networks/kernels/kernels.hpp"

/// What table.cpp gathers; declared once per instruction set.
namespace clm::CLM_KERNEL_SET {

void multiply(const MatrixProduct& product);
void attention(const AttentionHead& head);
void attention_backward(const AttentionHead& head);
void gelu(std::size_t count, const float* x, float* out, float* slope, const DropoutMask& dropout);
void relu(std::size_t count, const float* x, float* out, const DropoutMask& dropout);
void relu_backward(std::size_t count, const float* out, float* gradient, const DropoutMask& dropout);
void scale_by(std::size_t count, float* x, const float* y);
void add_to(std::size_t count, float* x, const float* y);
void drop(std::size_t count, const float* x, float* out, const DropoutMask& dropout);
void add_dropped(std::size_t count, const float* x, const float* y, float* out, const DropoutMask& dropout);
void column_sums(std::size_t rows, std::size_t columns, const float* x, float* sums);
void column_squares(std::size_t rows, std::size_t columns, const float* x, const float* mean, float* sums);
void normalise(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* gain,
               const float* shift, float* out);
void norm_backward_sums(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* dy,
                        float* sums, float* products);
void norm_backward(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* dy,
                   const float* gain, const float* shift, const float* slope, float* dx);
double squared_norm(std::size_t count, const float* x);
void adam(const AdamStep& step);

}  // namespace clm::CLM_KERNEL_SET
