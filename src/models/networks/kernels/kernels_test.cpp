#include "models/networks/kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

using Floats = std::vector<float>;

Floats normals(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  Floats values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

/// Every set of kernels that this processor can run.
std::vector<const Kernels*> runnable() {
  std::vector<const Kernels*> sets;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&avx2::kKernels);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    sets.push_back(&avx512::kKernels);
  return sets;
}

bool same_bits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct ProductCase {
  std::size_t m, n, k;
};

class Products : public ::testing::TestWithParam<ProductCase> {};

TEST_P(Products, EqualTheDefinitionInEveryLayoutAndOnEverySet) {
  const auto [m, n, k] = GetParam();
  const Floats a = normals(m * k, 1), b = normals(k * n, 2), bias = normals(n, 3), before = normals(m * n, 4);
  const auto at = [](const Floats& x, Transposed way, std::size_t rows, std::size_t columns, std::size_t r,
                     std::size_t c) { return way == Transposed::no ? x[r * columns + c] : x[c * rows + r]; };
  for (const Transposed ta : {Transposed::no, Transposed::yes}) {
    for (const Transposed tb : {Transposed::no, Transposed::yes}) {
      for (const bool accumulate : {false, true}) {
        Floats first;
        for (const Kernels* kernels : runnable()) {
          Floats c = before, sums = bias;
          kernels->multiply({.m = m,
                             .n = n,
                             .k = k,
                             .a = a.data(),
                             .a_stride = ta == Transposed::no ? k : m,
                             .a_transposed = ta,
                             .b = b.data(),
                             .b_stride = tb == Transposed::no ? n : k,
                             .b_transposed = tb,
                             .c = c.data(),
                             .c_stride = n,
                             .bias = accumulate ? nullptr : bias.data(),
                             .accumulate = accumulate,
                             .b_sums = sums.data()});
          for (std::size_t column = 0; column < n; ++column) {
            double sum = accumulate ? static_cast<double>(bias[column]) : 0;
            for (std::size_t i = 0; i < k; ++i) sum += static_cast<double>(at(b, tb, k, n, i, column));
            ASSERT_NEAR(static_cast<double>(sums[column]), sum, 5e-5) << kernels->name << " " << column;
          }
          if (first.empty()) first = sums;
          EXPECT_TRUE(same_bits(sums, first)) << kernels->name;
          for (std::size_t row = 0; row < m; ++row) {
            for (std::size_t column = 0; column < n; ++column) {
              // The promise behind reproducible bits: one chain of fused multiply-adds in the order of k.
              float sum = accumulate ? before[row * n + column] : bias[column];
              for (std::size_t i = 0; i < k; ++i)
                sum = std::fma(at(a, ta, m, k, row, i), at(b, tb, k, n, i, column), sum);
              ASSERT_EQ(c[row * n + column], sum) << kernels->name << " " << row << "," << column;
            }
          }
        }
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, Products,
                         ::testing::Values(ProductCase{1, 1, 1}, ProductCase{7, 5, 3}, ProductCase{17, 48, 33},
                                           ProductCase{16, 96, 300}, ProductCase{25, 50, 513}, ProductCase{3, 130, 17},
                                           ProductCase{64, 16, 64}, ProductCase{283, 35, 140}));

TEST(Gelu, EqualsTheNormalDistributionToFloatRounding) {
  Floats x;
  for (double value = -12; value < 12; value += 0.00371) x.push_back(static_cast<float>(value));
  for (const Kernels* kernels : runnable()) {
    Floats out(x.size()), slope(x.size());
    kernels->gelu(x.size(), x.data(), out.data(), slope.data(), {});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double v = static_cast<double>(x[i]);
      const double distribution = .5 * std::erfc(-v / std::sqrt(2.0));
      const double density = std::exp(-v * v / 2) / std::sqrt(2 * M_PI);
      ASSERT_NEAR(static_cast<double>(out[i]), v * distribution, 3e-7 * std::max(1.0, std::abs(v))) << v;
      ASSERT_NEAR(static_cast<double>(slope[i]), distribution + v * density, 5e-7) << v;
    }
  }
}

TEST(Dropout, KeepsTheRightShareScalesItAndRepeatsItself) {
  const std::size_t count = 200'003;
  const Floats ones(count, 1.0F);
  Random keys(9);
  const DropoutMask mask{keys.next(), static_cast<std::uint32_t>(.3 * 0x1.0p32), static_cast<float>(1 / .7)};
  DropoutMask other = mask;
  other.key = keys.next();
  for (const Kernels* kernels : runnable()) {
    Floats out(count), again(count), elsewhere(count);
    kernels->drop(count, ones.data(), out.data(), mask);
    kernels->drop(count, ones.data(), again.data(), mask);
    kernels->drop(count, ones.data(), elsewhere.data(), other);
    EXPECT_TRUE(same_bits(out, again));
    DropoutMask rest = mask;
    rest.first = 1001;
    Floats in_parts(count);
    kernels->drop(rest.first, ones.data(), in_parts.data(), mask);
    kernels->drop(count - rest.first, ones.data(), in_parts.data() + rest.first, rest);
    EXPECT_TRUE(same_bits(out, in_parts));
    std::size_t kept = 0, both = 0, neighbours = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(out[i] == 0.0F || out[i] == mask.scale);
      kept += out[i] > 0 ? 1U : 0U;
      both += out[i] > 0 && elsewhere[i] > 0 ? 1U : 0U;
      neighbours += i > 0 && out[i] > 0 && out[i - 1] > 0 ? 1U : 0U;
    }
    // Five standard deviations; independent of the other key and of the neighbour.
    EXPECT_NEAR(static_cast<double>(kept) / count, .7, 5 * std::sqrt(.21 / count));
    EXPECT_NEAR(static_cast<double>(both) / count, .49, 5 * std::sqrt(.25 / count));
    EXPECT_NEAR(static_cast<double>(neighbours) / count, .49, 5 * std::sqrt(.5 / count));
  }
}

TEST(Adam, TakesTheStepOfThePaper) {
  for (const Kernels* kernels : runnable()) {
    Floats p{1.0F, -2.0F, 0.5F}, m(3), v(3);
    const Floats g{0.5F, -4.0F, 0.0F};
    // First step: m-hat = g, v-hat = g^2, so the step is rate * sign(g).
    kernels->adam({.count = 3,
                   .parameters = p.data(),
                   .gradient = g.data(),
                   .first_moment = m.data(),
                   .second_moment = v.data(),
                   .rate = .01F / .1F,
                   .root_correction = std::sqrt(.001F)});
    EXPECT_NEAR(p[0], .99, 1e-6);
    EXPECT_NEAR(p[1], -1.99, 1e-6);
    EXPECT_EQ(p[2], .5F);
    EXPECT_NEAR(m[0], .05, 1e-7);
    EXPECT_NEAR(v[1], .016, 1e-6);
  }
}

/// Attention of one head in doubles, straight from the definition: scores of two layers, values of the second.
struct PlainAttention {
  std::size_t tokens, width;
  Floats q[2], k[2], v;
  std::vector<double> mask;  // [key][query]: 0 or 1 / (1 - p)

  std::vector<double> weights() const {
    std::vector<double> result(tokens * tokens);
    for (std::size_t i = 0; i < tokens; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < tokens; ++j) {
        double dot = 0;
        for (std::size_t layer = 0; layer < 2; ++layer)
          for (std::size_t d = 0; d < width; ++d)
            dot += static_cast<double>(q[layer][i * width + d]) * static_cast<double>(k[layer][j * width + d]);
        result[j * tokens + i] = std::exp(dot / std::sqrt(static_cast<double>(width)));
        sum += result[j * tokens + i];
      }
      for (std::size_t j = 0; j < tokens; ++j) result[j * tokens + i] /= sum;
    }
    return result;
  }
  std::vector<double> out() const {
    const std::vector<double> w = weights();
    std::vector<double> result(tokens * width);
    for (std::size_t i = 0; i < tokens; ++i)
      for (std::size_t j = 0; j < tokens; ++j)
        for (std::size_t d = 0; d < width; ++d)
          result[i * width + d] += w[j * tokens + i] * mask[j * tokens + i] * static_cast<double>(v[j * width + d]);
    return result;
  }
  /// sum of out * direction
  double along(const Floats& direction) const {
    const std::vector<double> mixed = out();
    double total = 0;
    for (std::size_t i = 0; i < mixed.size(); ++i) total += mixed[i] * static_cast<double>(direction[i]);
    return total;
  }
};

struct AttentionCase {
  std::size_t tokens, width;
  double dropout;
};
class Attention : public ::testing::TestWithParam<AttentionCase> {};

/// Two layers of attention as the kernels compute them, forward and backward, and the memory they do it in.
struct KernelAttention {
  KernelAttention(const Kernels& with, const PlainAttention& plain, std::size_t padded, const DropoutMask& mask)
      : kernels(with), size(plain.tokens * plain.width) {
    head.tokens = plain.tokens;
    head.padded = padded;
    head.width = plain.width;
    head.scale = 1 / std::sqrt(static_cast<float>(plain.width));
    head.stride = plain.width;
    scratch.resize(head.scratch_size());
    d_scores.resize(plain.tokens * padded);
    for (std::size_t layer = 0; layer < 2; ++layer) {
      records[layer].resize(head.record_size());
      head.records[layer] = records[layer].data();
    }
    head.dropout = mask;
    head.out = out.data();
    head.out_stride = plain.width;
    head.scratch = scratch.data();
  }

  void forward(const PlainAttention& plain) {
    for (std::size_t layer = 0; layer < 2; ++layer) {  // the first writes its record, which the second reads
      head.layers = layer + 1;
      head.q = plain.q[layer].data();
      head.k = plain.k[layer].data();
      head.v = plain.v.data();
      kernels.attention(head);
    }
  }

  void backward(const Floats& direction) {
    head.d_out = direction.data();
    head.d_q = d_q.data();
    head.d_k = d_k.data();
    head.d_v = d_v.data();
    head.d_scores = d_scores.data();
    kernels.attention_backward(head);
    // The layer before gets the gradient of its scores handed down; its own values reach nothing here.
    AttentionHead before = head;
    const Floats nothing(size);
    Floats ignored(size);
    before.layers = 1;
    before.d_out = nothing.data();
    before.out = ignored.data();
    before.d_q = d_q_before.data();
    before.d_k = d_k_before.data();
    before.d_v = ignored.data();
    before.d_scores_above = d_scores.data();
    before.d_scores = nullptr;
    kernels.attention_backward(before);
  }

  const Kernels& kernels;
  std::size_t size;
  AttentionHead head;
  Floats records[2], scratch;
  Floats out = Floats(size), d_q = Floats(size), d_k = Floats(size), d_v = Floats(size);
  Floats d_q_before = Floats(size), d_k_before = Floats(size), d_scores;
};

/// Whether `got` is the slope of the definition's output along `direction` in each of `values`, a value of the
/// definition.
void expect_slopes(const PlainAttention& plain, Floats& values, const Floats& got, const Floats& direction,
                   const char* what) {
  for (std::size_t at = 0; at < values.size(); at += 11) {
    const float kept = values[at];
    values[at] = kept + 1e-3F;
    const double up = plain.along(direction), upper = static_cast<double>(values[at]);
    values[at] = kept - 1e-3F;
    const double slope = (up - plain.along(direction)) / (upper - static_cast<double>(values[at]));
    values[at] = kept;
    ASSERT_NEAR(static_cast<double>(got[at]), slope, 2e-4 + 2e-4 * std::abs(slope)) << what << " " << at;
  }
}

TEST_P(Attention, EqualsTheDefinitionForwardAndBackwardOnEverySet) {
  const auto [tokens, width, dropout] = GetParam();
  const std::size_t padded = (tokens + 15) / 16 * 16, size = tokens * width;
  PlainAttention plain{
      tokens, width, {normals(size, 1), normals(size, 2)}, {normals(size, 3), normals(size, 4)}, normals(size, 5), {}};
  const Floats direction = normals(size, 6);
  DropoutMask mask;
  if (dropout > 0) mask = {77, static_cast<std::uint32_t>(dropout * 0x1.0p32), static_cast<float>(1 / (1 - dropout))};
  Floats first_out, first_gradient;
  for (const Kernels* kernels : runnable()) {
    Floats ones(tokens * padded, 1.0F), drawn(tokens * padded);
    kernels->drop(drawn.size(), ones.data(), drawn.data(), mask);
    plain.mask.assign(tokens * tokens, 1);
    for (std::size_t i = 0; i < tokens; ++i)
      for (std::size_t j = 0; j < tokens; ++j) plain.mask[j * tokens + i] = static_cast<double>(drawn[j * padded + i]);

    KernelAttention got(*kernels, plain, padded, mask);
    got.forward(plain);
    const std::vector<double> expected = plain.out();
    for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(static_cast<double>(got.out[i]), expected[i], 3e-5);
    got.backward(direction);
    expect_slopes(plain, plain.q[1], got.d_q, direction, "q");
    expect_slopes(plain, plain.k[1], got.d_k, direction, "k");
    expect_slopes(plain, plain.v, got.d_v, direction, "v");
    expect_slopes(plain, plain.q[0], got.d_q_before, direction, "q of the layer before");
    expect_slopes(plain, plain.k[0], got.d_k_before, direction, "k of the layer before");
    if (first_out.empty()) {
      first_out = got.out;
      first_gradient = got.d_q_before;
    }
    EXPECT_TRUE(same_bits(got.out, first_out) && same_bits(got.d_q_before, first_gradient)) << kernels->name;
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, Attention,
                         ::testing::Values(AttentionCase{5, 4, 0}, AttentionCase{42, 8, 0}, AttentionCase{42, 4, .3},
                                           AttentionCase{20, 12, .1}, AttentionCase{35, 16, .2},
                                           AttentionCase{16, 24, 0}, AttentionCase{70, 8, .1}));

TEST(Columns, NormaliseAndItsBackwardPassEqualTheDefinition) {
  const std::size_t rows = 600, columns = 21;
  const Floats x = normals(rows * columns, 1), dy = normals(rows * columns, 2);
  Floats earlier;
  for (const Kernels* kernels : runnable()) {
    Floats sums(columns), squares(columns), mean(columns), d_sums(columns), products(columns);
    kernels->column_sums(rows, columns, x.data(), sums.data());
    for (std::size_t c = 0; c < columns; ++c) mean[c] = sums[c] / static_cast<float>(rows);
    kernels->column_squares(rows, columns, x.data(), mean.data(), squares.data());
    kernels->norm_backward_sums(rows, columns, x.data(), mean.data(), dy.data(), d_sums.data(), products.data());
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0, square = 0, product = 0;
      for (std::size_t r = 0; r < rows; ++r) sum += static_cast<double>(x[r * columns + c]);
      for (std::size_t r = 0; r < rows; ++r) {
        const double centred = static_cast<double>(x[r * columns + c]) - sum / rows;
        square += centred * centred;
        product += centred * static_cast<double>(dy[r * columns + c]);
      }
      ASSERT_NEAR(static_cast<double>(sums[c]), sum, 1e-4);
      ASSERT_NEAR(static_cast<double>(squares[c]), square, 1e-3);
      ASSERT_NEAR(static_cast<double>(products[c]), product, 1e-3);
    }
    if (earlier.empty()) earlier = products;
    EXPECT_TRUE(same_bits(products, earlier)) << kernels->name;
  }
}

}  // namespace
}  // namespace clm
