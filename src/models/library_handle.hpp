#pragma once
#include <utility>

namespace clm {

/// Owns one handle of a C interface; `Free` gives it back. Empty until the library writes into `receive()`.
template <int (*Free)(void*)>
class LibraryHandle {
 public:
  LibraryHandle() = default;
  LibraryHandle(LibraryHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  LibraryHandle& operator=(LibraryHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  LibraryHandle(const LibraryHandle&) = delete;
  LibraryHandle& operator=(const LibraryHandle&) = delete;
  ~LibraryHandle() {
    if (handle_ != nullptr) Free(handle_);
  }
  void* get() const { return handle_; }
  void** receive() { return &handle_; }

 private:
  void* handle_ = nullptr;
};

}  // namespace clm
