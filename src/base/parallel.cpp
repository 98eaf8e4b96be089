#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "base/contract.hpp"

namespace clm {

void parallel_for(int jobs, std::size_t count, const std::function<void(std::size_t)>& work) {
  expects(jobs >= 1, "parallel_for needs at least one job");
  const auto workers = std::min<std::size_t>(static_cast<std::size_t>(jobs), count);
  if (workers <= 1) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  const auto drain = [&] {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  };
  std::vector<std::thread> threads;
  threads.reserve(workers - 1);
  for (std::size_t t = 1; t < workers; ++t) threads.emplace_back(drain);
  drain();
  for (auto& thread : threads) thread.join();
}

}  // namespace clm
