#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/contract.hpp"
#include "base/large_pages.hpp"
#include "base/scratch_file.hpp"

namespace clm {

/// A large array of plain values: in memory up to the limit of a `ScratchSpace`, in a file without a name above it.
/// Built in steps, then read; the same values either way. Where it lies in a file, only the pages in use are resident.
/// A copy lies in memory: copy small ones.
///
/// Reading, and letting go, from many threads at once is safe; growing is not.
template <typename T>
class ScratchArray {
  static_assert(std::is_trivially_copyable_v<T>, "values are moved between memory and file as bytes");

 public:
  ScratchArray() = default;
  /// In memory.
  ScratchArray(std::vector<T> values) : memory_(std::move(values)) { in_memory(); }
  ScratchArray(const ScratchArray& other) : ScratchArray(std::vector<T>(other.begin(), other.end())) {}
  ScratchArray(ScratchArray&& other) noexcept { swap(other); }
  ScratchArray& operator=(ScratchArray other) noexcept {
    swap(other);
    return *this;
  }
  ~ScratchArray() = default;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

  /// `size` values from now on; new ones are zero. `expected`: how many there may be in the end, one reservation
  /// instead of several; it decides, too, whether they will fit in memory. Pointers into the array are void after.
  /// Errors `scratch.file`, `scratch.space` (unavailable).
  Status grow(std::size_t size, std::size_t expected, const ScratchSpace& space);

  bool in_file() const { return file_ != nullptr; }
  /// Values [begin, end) are not needed for a while. In memory: nothing happens.
  void let_go(std::size_t begin, std::size_t end) const {
    if (file_ != nullptr) file_->let_go(begin * sizeof(T), end * sizeof(T));
  }
  /// So many values were read, wherever: now and then all are let go of (`ScratchFile::let_go_after`).
  void let_go_after(std::size_t count) const {
    if (file_ != nullptr) file_->let_go_after(count * sizeof(T));
  }

 private:
  void in_memory() {
    data_ = memory_.data();
    size_ = memory_.size();
  }
  void swap(ScratchArray& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(file_, other.file_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  std::vector<T> memory_;
  std::unique_ptr<ScratchFile> file_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

template <typename T>
Status ScratchArray<T>::grow(std::size_t size, std::size_t expected, const ScratchSpace& space) {
  expects(size >= size_, "a scratch array grows");
  expected = std::max(size, expected);
  if (file_ == nullptr && (space.directory.empty() || expected * sizeof(T) <= space.memory_bytes)) {
    if (size > memory_.capacity()) {
      memory_.reserve(expected);
      // Address space that is reserved but never written costs nothing.
      advise_large_pages(memory_.data(), memory_.capacity() * sizeof(T));
    }
    memory_.resize(size);
    in_memory();
    return {};
  }
  const bool moves = file_ == nullptr;
  if (moves) {
    auto file = ScratchFile::create(space.directory);
    if (!file) return forward_error(file);
    file_ = std::move(*file);
  }
  if (auto grown = file_->grow(size * sizeof(T), expected * sizeof(T)); !grown) return grown;
  data_ = reinterpret_cast<T*>(file_->data());
  if (moves) {
    std::copy(memory_.begin(), memory_.end(), data_);
    memory_ = {};
  }
  size_ = size;
  return {};
}

}  // namespace clm
