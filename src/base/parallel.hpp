#pragma once
#include <cstddef>
#include <functional>

namespace clm {

/// Calls `work(i)` for every i in [0, count), at most `jobs` at once (1 = in this thread, in order). Each call must
/// depend on i alone, so that the outcome does not depend on `jobs`. Returns when all are done; `work` must not throw.
void parallel_for(int jobs, std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace clm
