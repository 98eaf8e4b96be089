#pragma once

namespace clm {

/// Runs `work()` in code compiled for the widest vectors that this machine has.
///
/// Meant for loops over arrays without branches, which the compiler turns into vector instructions: `work` and all
/// that it calls is inlined into one function per instruction set (what cannot be inlined runs as it was compiled). The
/// bits are the same on every machine: each lane does the same additions, multiplications, divisions and roots, which
/// IEEE 754 rounds in one way only, in the order written, and the build forbids fused operations.
#if defined(__x86_64__)
namespace wide_code {
template <typename Work>
[[gnu::target("avx2"), gnu::flatten, gnu::noinline]] void run_avx2(const Work& work) {
  work();
}
template <typename Work>
[[gnu::flatten, gnu::noinline]] void run_baseline(const Work& work) {
  work();
}
}  // namespace wide_code

template <typename Work>
inline void run_wide(const Work& work) {
  if (__builtin_cpu_supports("avx2"))
    wide_code::run_avx2(work);
  else
    wide_code::run_baseline(work);
}
#else
template <typename Work>
inline void run_wide(const Work& work) {
  work();
}
#endif

}  // namespace clm
