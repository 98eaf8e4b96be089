#pragma once
#include <cstddef>

namespace clm {

/// Asks the kernel to back memory that was allocated but not yet written with large pages: a matrix of hundreds of
/// megabytes is then mapped in hundreds of steps instead of a hundred thousand. A hint, ignored where it cannot be
/// followed; contents never change. Thread-safe.
void advise_large_pages(void* data, std::size_t bytes);

}  // namespace clm
