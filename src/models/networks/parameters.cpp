#include "models/networks/parameters.hpp"

#include <utility>

#include "base/contract.hpp"

namespace clm {

std::size_t ParameterLayout::add(std::string name, std::vector<std::size_t> shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  const std::size_t offset = size_;
  constexpr std::size_t kStep = CacheAligned<float>::kBytes / sizeof(float);
  size_ = (offset + size + kStep - 1) / kStep * kStep;
  tensors_.push_back({std::move(name), std::move(shape), offset, size});
  return offset;
}

std::size_t ParameterLayout::add_trained(std::string name, std::vector<std::size_t> shape) {
  expects(trained_ == size_, "trained tensors come before kept ones");
  const std::size_t offset = add(std::move(name), std::move(shape));
  trained_ = size_;
  return offset;
}

std::size_t ParameterLayout::add_kept(std::string name, std::vector<std::size_t> shape) {
  return add(std::move(name), std::move(shape));
}

}  // namespace clm
