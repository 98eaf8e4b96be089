#pragma once
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace clm {

/// Memory on cache-line boundaries: a vector load never straddles two lines.
template <typename T>
struct CacheAligned {
  using value_type = T;
  static constexpr std::size_t kBytes = 64;
  CacheAligned() = default;
  template <typename U>
  explicit CacheAligned(const CacheAligned<U>&) {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kBytes}));
  }
  void deallocate(T* data, std::size_t) { ::operator delete (data, std::align_val_t{kBytes}); }
  template <typename U>
  bool operator==(const CacheAligned<U>&) const {
    return true;
  }
};
using Floats = std::vector<float, CacheAligned<float>>;

/// Where each tensor of a network lies in one flat array: first what is trained, then what is only kept along (running
/// statistics of batch norms). One array makes an optimizer step, a checkpoint and a copy of the best weights one pass.
class ParameterLayout {
 public:
  struct Tensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::size_t offset = 0, size = 0;
    bool operator==(const Tensor&) const = default;
  };

  /// Each returns the offset of the tensor, on a cache line. Trained ones come before kept ones.
  std::size_t add_trained(std::string name, std::vector<std::size_t> shape);
  std::size_t add_kept(std::string name, std::vector<std::size_t> shape);

  const std::vector<Tensor>& tensors() const { return tensors_; }
  std::size_t trained_size() const { return trained_; }
  std::size_t size() const { return size_; }
  bool operator==(const ParameterLayout&) const = default;

 private:
  std::size_t add(std::string name, std::vector<std::size_t> shape);
  std::vector<Tensor> tensors_;
  std::size_t trained_ = 0, size_ = 0;
};

}  // namespace clm
