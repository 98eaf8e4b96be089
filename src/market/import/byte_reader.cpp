#include "market/import/byte_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/contract.hpp"

namespace clm {
namespace {

class FileReader final : public ByteReader {
 public:
  FileReader(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  ~FileReader() override { ::close(descriptor_); }
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  Result<std::size_t> read(std::span<char> buffer) override {
    expects(!buffer.empty(), "there is room to read into");
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const ssize_t got = ::read(descriptor_, buffer.data() + filled, buffer.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        return fail(ErrorKind::unavailable, "import.read", std::string("cannot read the file: ") + std::strerror(errno),
                    name_, "Check the disk, then import the file again.");
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return filled;
  }

 private:
  int descriptor_;
  std::string name_;
};

class MemoryReader final : public ByteReader {
 public:
  explicit MemoryReader(std::string_view bytes) : rest_(bytes) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    expects(!buffer.empty(), "there is room to read into");
    const std::size_t count = std::min(buffer.size(), rest_.size());
    std::copy_n(rest_.data(), count, buffer.data());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

tl::unexpected<Error> cannot_open(const std::filesystem::path& path, int number) {
  if (number == ENOENT || number == ENOTDIR)
    return fail(ErrorKind::unavailable, "import.missing", "there is no such file", path.string(), "Check the path.");
  if (number == EACCES || number == EPERM)
    return fail(ErrorKind::unavailable, "import.permission", "no permission to read the file", path.string(),
                "Make it readable for the user who imports.");
  return fail(ErrorKind::unavailable, "import.read", std::string("cannot open the file: ") + std::strerror(number),
              path.string(), "Check the path and the disk.");
}

}  // namespace

Result<std::unique_ptr<ByteReader>> open_file(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return cannot_open(path, errno);
  if (!S_ISREG(info.st_mode))
    return fail(ErrorKind::data, "import.not_a_file",
                S_ISDIR(info.st_mode) ? "is a directory, not a file" : "is not a regular file", path.string(),
                "Give a file with market data.");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot_open(path, errno);
  return std::unique_ptr<ByteReader>(new FileReader(descriptor, path.string()));
}

std::unique_ptr<ByteReader> memory_reader(std::string_view bytes) { return std::make_unique<MemoryReader>(bytes); }

}  // namespace clm
