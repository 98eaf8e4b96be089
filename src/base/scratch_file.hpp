#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/result.hpp"

namespace clm {

/// Where large arrays are put aside, and from which size on. Results never depend on it.
struct ScratchSpace {
  /// Files without a name are made here; empty: nowhere, every array stays in memory.
  std::filesystem::path directory = {};
  /// An array of up to so many bytes stays in memory, of which nothing is ever written to a disk.
  std::size_t memory_bytes = std::size_t{256} << 20;
};

/// Bytes in a file that has no name, mapped: they are the process's own while it lives and gone with it, however it
/// ends. What has been let go of lies in the file, or in what the kernel has left for files, and is no part of the
/// resident memory until it is read again. On a file system that is itself memory (tmpfs) nothing is gained.
///
/// Letting go never changes a byte and may happen while others read or write; all else is for one thread at a time.
class ScratchFile {
 public:
  /// An empty one. Error `scratch.file` (unavailable) where no file can be made.
  static Result<std::unique_ptr<ScratchFile>> create(const std::filesystem::path& directory);

  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile();

  /// `bytes` from now on, new ones zero, on blocks that are reserved: a full disk is the error `scratch.space`
  /// (unavailable) here and no signal later. `expected_bytes`: how many there may be in the end; up to that `data`
  /// stays where it is, which costs address space only.
  Status grow(std::size_t bytes, std::size_t expected_bytes);
  std::byte* data() { return data_; }

  /// Pages that lie wholly in [begin, end), and are not needed for a while.
  void let_go(std::size_t begin, std::size_t end) const;
  /// Somebody read so many bytes: everything is let go of once for every kReadBytes of them, which bounds what
  /// scattered readers keep resident without asking them where they are.
  void let_go_after(std::size_t bytes) const;
  static constexpr std::size_t kReadBytes = std::size_t{8} << 20;

 private:
  ScratchFile(int descriptor, std::filesystem::path directory);

  int descriptor_;
  std::filesystem::path directory_;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t reserved_bytes_ = 0;  // of the file
  std::size_t mapped_bytes_ = 0;    // of the address space
  mutable std::atomic<std::size_t> read_bytes_{0};
};

}  // namespace clm
