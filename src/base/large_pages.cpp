#include "base/large_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace clm {

void advise_large_pages(void* data, std::size_t bytes) {
  constexpr std::uintptr_t kLargePage = 2U << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t first = (begin + kLargePage - 1) / kLargePage * kLargePage;
  const std::uintptr_t last = (begin + bytes) / kLargePage * kLargePage;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace clm
