#include "models/networks/kernels/kernels.hpp"

namespace clm {

Result<const Kernels*> processor_kernels() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return &avx512::kKernels;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2::kKernels;
  return fail(ErrorKind::unavailable, "network.cpu", "the processor has neither AVX-512 nor AVX2 with FMA", {},
              "Train networks on an x86-64-v3 processor (2013 or later); tree models need no such thing.");
}

}  // namespace clm
