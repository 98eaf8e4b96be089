#pragma once
// Sixteen floats side by side, as one AVX-512 register or two AVX2 ones. Every operation is rounded as IEEE 754 says
// and lanes do not mix, so that both give the same bits. Included only by files that are compiled once per instruction
// set (see CMakeLists.txt); these use no inline function of the standard library, since the linker would keep one copy
// of it for everybody.
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#define CLM_INLINE __attribute__((always_inline)) inline
#define CLM_INLINE_LAMBDA __attribute__((always_inline))

namespace clm::CLM_KERNEL_SET {

inline constexpr std::size_t kLanes = 16;

#if defined(__AVX512F__)

struct Lanes {
  __m512 v;
};
struct Words {
  __m512i v;
};

CLM_INLINE Lanes load(const float* p) { return {_mm512_loadu_ps(p)}; }
CLM_INLINE void store(float* p, Lanes a) { _mm512_storeu_ps(p, a.v); }
CLM_INLINE Lanes joined(__m256 low, __m256 high) { return {_mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1)}; }
CLM_INLINE Lanes all(float x) { return {_mm512_set1_ps(x)}; }
CLM_INLINE Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.v, b.v)}; }
CLM_INLINE Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.v, b.v)}; }
CLM_INLINE Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.v, b.v)}; }
CLM_INLINE Lanes operator/(Lanes a, Lanes b) { return {_mm512_div_ps(a.v, b.v)}; }
/// a * b + c, rounded once.
CLM_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
CLM_INLINE Lanes greater(Lanes a, Lanes b) { return {_mm512_max_ps(a.v, b.v)}; }
CLM_INLINE Lanes lesser(Lanes a, Lanes b) { return {_mm512_min_ps(a.v, b.v)}; }
CLM_INLINE Lanes root(Lanes a) { return {_mm512_sqrt_ps(a.v)}; }
CLM_INLINE Lanes magnitude(Lanes a) { return {_mm512_abs_ps(a.v)}; }
/// `yes` where x > 0, else `no`.
CLM_INLINE Lanes where_positive(Lanes x, Lanes yes, Lanes no) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_GT_OQ), no.v, yes.v)};
}
/// 2^n for whole n in -126 .. 127.
CLM_INLINE Lanes power_of_two(Lanes n) {
  return {
      _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127)), 23))};
}
/// x * 2^n where x >= 2^-126 and the product too; n are the low bits of `counted`, as adding 1.5 * 2^23 leaves them.
CLM_INLINE Lanes raised_by(Lanes x, Lanes counted) {
  return {_mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(x.v), _mm512_slli_epi32(_mm512_castps_si512(counted.v), 23)))};
}
CLM_INLINE Lanes nearest_whole(Lanes a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

CLM_INLINE Words all_words(std::uint32_t x) { return {_mm512_set1_epi32(static_cast<int>(x))}; }
CLM_INLINE Words counted_from(std::uint32_t first) {
  return {_mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)),
                           _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))};
}
CLM_INLINE Words operator^(Words a, Words b) { return {_mm512_xor_si512(a.v, b.v)}; }
CLM_INLINE Words times(Words a, Words b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
template <int kBits>
CLM_INLINE Words shifted_down(Words a) {
  return {_mm512_srli_epi32(a.v, kBits)};
}
/// x where word >= least (unsigned), else 0.
CLM_INLINE Lanes kept(Lanes x, Words word, Words least) {
  return {_mm512_maskz_mov_ps(_mm512_cmpge_epu32_mask(word.v, least.v), x.v)};
}

#else

struct Lanes {
  __m256 a, b;
};
struct Words {
  __m256i a, b;
};

CLM_INLINE Lanes load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
CLM_INLINE void store(float* p, Lanes x) {
  _mm256_storeu_ps(p, x.a);
  _mm256_storeu_ps(p + 8, x.b);
}
CLM_INLINE Lanes joined(__m256 low, __m256 high) { return {low, high}; }
CLM_INLINE Lanes all(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
CLM_INLINE Lanes operator+(Lanes x, Lanes y) { return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
CLM_INLINE Lanes operator-(Lanes x, Lanes y) { return {_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
CLM_INLINE Lanes operator*(Lanes x, Lanes y) { return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
CLM_INLINE Lanes operator/(Lanes x, Lanes y) { return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
CLM_INLINE Lanes fma(Lanes x, Lanes y, Lanes z) {
  return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
CLM_INLINE Lanes greater(Lanes x, Lanes y) { return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
CLM_INLINE Lanes lesser(Lanes x, Lanes y) { return {_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)}; }
CLM_INLINE Lanes root(Lanes x) { return {_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)}; }
CLM_INLINE Lanes magnitude(Lanes x) {
  const __m256 sign = _mm256_set1_ps(-0.0F);
  return {_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
CLM_INLINE Lanes where_positive(Lanes x, Lanes yes, Lanes no) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_blendv_ps(no.a, yes.a, _mm256_cmp_ps(x.a, zero, _CMP_GT_OQ)),
          _mm256_blendv_ps(no.b, yes.b, _mm256_cmp_ps(x.b, zero, _CMP_GT_OQ))};
}
CLM_INLINE __m256 power_of_two(__m256 n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
CLM_INLINE Lanes power_of_two(Lanes n) { return {power_of_two(n.a), power_of_two(n.b)}; }
CLM_INLINE __m256 raised_by(__m256 x, __m256 counted) {
  return _mm256_castsi256_ps(
      _mm256_add_epi32(_mm256_castps_si256(x), _mm256_slli_epi32(_mm256_castps_si256(counted), 23)));
}
CLM_INLINE Lanes raised_by(Lanes x, Lanes counted) { return {raised_by(x.a, counted.a), raised_by(x.b, counted.b)}; }
CLM_INLINE Lanes nearest_whole(Lanes x) {
  constexpr int kMode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(x.a, kMode), _mm256_round_ps(x.b, kMode)};
}

CLM_INLINE Words all_words(std::uint32_t x) {
  const __m256i each = _mm256_set1_epi32(static_cast<int>(x));
  return {each, each};
}
CLM_INLINE Words counted_from(std::uint32_t first) {
  const __m256i base = _mm256_set1_epi32(static_cast<int>(first));
  return {_mm256_add_epi32(base, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
          _mm256_add_epi32(base, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
}
CLM_INLINE Words operator^(Words x, Words y) { return {_mm256_xor_si256(x.a, y.a), _mm256_xor_si256(x.b, y.b)}; }
CLM_INLINE Words times(Words x, Words y) { return {_mm256_mullo_epi32(x.a, y.a), _mm256_mullo_epi32(x.b, y.b)}; }
template <int kBits>
CLM_INLINE Words shifted_down(Words x) {
  return {_mm256_srli_epi32(x.a, kBits), _mm256_srli_epi32(x.b, kBits)};
}
CLM_INLINE __m256 kept(__m256 x, __m256i word, __m256i least) {
  const __m256i at_least = _mm256_cmpeq_epi32(_mm256_max_epu32(word, least), word);
  return _mm256_and_ps(x, _mm256_castsi256_ps(at_least));
}
CLM_INLINE Lanes kept(Lanes x, Words word, Words least) {
  return {kept(x.a, word.a, least.a), kept(x.b, word.b, least.b)};
}

#endif

/// The first `count` <= 16 floats at p; the other lanes are 0.
CLM_INLINE Lanes load_part(const float* p, std::size_t count) {
  if (count == kLanes) return load(p);
  alignas(64) float padded[kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) padded[i] = p[i];
  return load(padded);
}
CLM_INLINE void store_part(float* p, Lanes x, std::size_t count) {
  if (count == kLanes) return store(p, x);
  alignas(64) float padded[kLanes];
  store(padded, x);
  for (std::size_t i = 0; i < count; ++i) p[i] = padded[i];
}
CLM_INLINE std::size_t at_most_lanes(std::size_t left) { return left < kLanes ? left : kLanes; }

/// e^x within 1.5 units in the last place; below -87.3 it is 2^-126 or so, above 88 about 1.6e38.
CLM_INLINE Lanes exponential(Lanes x) {
  x = greater(lesser(x, all(88.0F)), all(-87.33654F));
  const Lanes n = nearest_whole(x * all(1.44269504F));
  // ln 2 in two parts, so that the remainder is exact (Cody & Waite 1980); the polynomial is that of Cephes' expf.
  Lanes r = fma(n, all(-0.693359375F), x);
  r = fma(n, all(2.12194440e-4F), r);
  Lanes p = all(1.9875691500e-4F);
  p = fma(p, r, all(1.3981999507e-3F));
  p = fma(p, r, all(8.3334519073e-3F));
  p = fma(p, r, all(4.1665795894e-2F));
  p = fma(p, r, all(1.6666665459e-1F));
  p = fma(p, r, all(5.0000001201e-1F));
  p = fma(p, r * r, r) + all(1.0F);
  return p * power_of_two(n);
}

/// 2^x for x <= 0, within 1.2 units in the last place; below -125 it is 2^-125.
CLM_INLINE Lanes power_of_two_below_1(Lanes x) {
  const Lanes counter = all(12582912.0F);  // 1.5 * 2^23: what is added to it is rounded to a whole number
  x = greater(x, all(-125.0F));
  const Lanes counted = x + counter;
  const Lanes r = x - (counted - counter);
  // (2^r - 1) / r on [-.5, .5] at Chebyshev's points; relative error of the whole 5e-9 before rounding.
  Lanes p = all(1.5461447765119374e-4F);
  p = fma(p, r, all(1.3390866806730628e-3F));
  p = fma(p, r, all(9.618056938052177e-3F));
  p = fma(p, r, all(5.5503569543361664e-2F));
  p = fma(p, r, all(0.24022650718688965F));
  p = fma(p, r, all(0.6931471824645996F));
  p = fma(p, r, all(1.0F));
  return raised_by(p, counted);
}

}  // namespace clm::CLM_KERNEL_SET
