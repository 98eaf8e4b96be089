#include "base/scratch_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/contract.hpp"
#include "base/file_io.hpp"

namespace clm {
namespace {

// Growing by less would be many calls for little.
constexpr std::size_t kStepBytes = std::size_t{1} << 20;

std::size_t round_up(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// Not every file system makes files without a name: there the name is taken away at once.
int open_nameless(const std::filesystem::path& directory) {
#ifdef O_TMPFILE
  const int nameless = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (nameless >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return nameless;
#endif
  std::string name = (directory / (std::string(kAsidePrefix) + "scratch-XXXXXX")).string();
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

// In one call what would be a fault for every page that is written first. A kernel that does not know it makes the
// faults.
void prepare_pages([[maybe_unused]] std::byte* begin, [[maybe_unused]] std::byte* end) {
#ifdef MADV_POPULATE_WRITE
  const std::size_t page = page_bytes();
  const auto first = reinterpret_cast<std::uintptr_t>(begin) / page * page;
  ::madvise(reinterpret_cast<void*>(first), reinterpret_cast<std::uintptr_t>(end) - first, MADV_POPULATE_WRITE);
#endif
}

std::string megabytes(std::size_t bytes) { return std::to_string((bytes + (1U << 20) - 1) >> 20) + " MB"; }

}  // namespace

Result<std::unique_ptr<ScratchFile>> ScratchFile::create(const std::filesystem::path& directory) {
  const int descriptor = open_nameless(directory);
  if (descriptor < 0)
    return fail(ErrorKind::unavailable, "scratch.file",
                std::string("cannot make a file to put features aside in: ") + std::strerror(errno), directory.string(),
                "Check the directory and its permissions, or raise features.memory_mb so that none is needed.");
  return std::unique_ptr<ScratchFile>(new ScratchFile(descriptor, directory));
}

ScratchFile::ScratchFile(int descriptor, std::filesystem::path directory)
    : descriptor_(descriptor), directory_(std::move(directory)) {}

ScratchFile::~ScratchFile() {
  if (data_ != nullptr) ::munmap(data_, mapped_bytes_);
  ::close(descriptor_);
}

Status ScratchFile::grow(std::size_t bytes, std::size_t expected_bytes) {
  const auto no_room = [&](int error) {
    return fail(ErrorKind::unavailable, "scratch.space",
                "cannot put " + megabytes(bytes) + " of features aside: " + std::strerror(error), directory_.string(),
                "Make room there, learn from a shorter history or fewer symbols, or raise features.memory_mb.");
  };
  expects(bytes >= bytes_, "a scratch file grows");
  if (bytes > reserved_bytes_) {
    const std::size_t wanted = round_up(bytes, kStepBytes);
    int refused = 0;
    do
      refused = ::posix_fallocate(descriptor_, static_cast<off_t>(reserved_bytes_),
                                  static_cast<off_t>(wanted - reserved_bytes_));
    while (refused == EINTR);
    if (refused != 0) return no_room(refused);
    reserved_bytes_ = wanted;
  }
  if (bytes > mapped_bytes_) {
    const std::size_t wanted = round_up(std::max(bytes, expected_bytes), kStepBytes);
    void* const place = data_ == nullptr ? ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0)
                                         : ::mremap(data_, mapped_bytes_, wanted, MREMAP_MAYMOVE);
    if (place == MAP_FAILED) return no_room(errno);
    data_ = static_cast<std::byte*>(place);
    mapped_bytes_ = wanted;
  }
  prepare_pages(data_ + bytes_, data_ + bytes);
  bytes_ = bytes;
  return {};
}

void ScratchFile::let_go(std::size_t begin, std::size_t end) const {
  expects(begin <= end && end <= mapped_bytes_, "what is let go of was mapped");
  const std::size_t page = page_bytes();
  const std::size_t first = round_up(begin, page), last = end / page * page;
  if (first < last) ::madvise(data_ + first, last - first, MADV_DONTNEED);
}

void ScratchFile::let_go_after(std::size_t bytes) const {
  if (read_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes < kReadBytes) return;
  read_bytes_.store(0, std::memory_order_relaxed);
  let_go(0, mapped_bytes_);
}

}  // namespace clm
