#include "market/import/gzip_reader.hpp"

#include <isa-l/igzip_lib.h>

#include <string>
#include <vector>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr std::size_t kCompressedChunkBytes = 64 * 1024;

class GzipReader final : public ByteReader {
 public:
  GzipReader(std::unique_ptr<ByteReader> compressed, std::uint64_t max_inflated_bytes, Error beyond)
      : compressed_(std::move(compressed)),
        input_(kCompressedChunkBytes),
        state_(std::make_unique<inflate_state>()),
        left_bytes_(max_inflated_bytes),
        beyond_(std::move(beyond)) {
    start_member();
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    expects(!buffer.empty(), "there is room to inflate into");
    std::size_t filled = 0;
    while (filled < buffer.size() && !ended_) {
      if (state_->avail_in == 0 && !input_ended_)
        if (Status read = refill(); !read) return forward_error(read);
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        if (state_->avail_in == 0) {
          ended_ = true;
          break;
        }
        start_member();
      }
      const std::span<char> rest = buffer.subspan(filled);
      Result<std::size_t> got = inflate_into(rest);
      if (!got) return got;
      filled += *got;
      // With no input left, room in the buffer means that the inflater wants more than there is.
      if (*got < rest.size() && input_ended_ && state_->avail_in == 0 && state_->block_state != ISAL_BLOCK_FINISH)
        return fail(ErrorKind::data, "gzip.truncated", "the compressed data ends in the middle", {},
                    "The file was cut off: copy or download it again.");
    }
    if (filled > left_bytes_) return tl::unexpected<Error>(beyond_);
    left_bytes_ -= filled;
    return filled;
  }

 private:
  void start_member() {
    // The rest of the input stays where it is; everything else begins anew.
    std::uint8_t* const next_in = state_->next_in;
    const std::uint32_t avail_in = state_->avail_in;
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    state_->next_in = next_in;
    state_->avail_in = avail_in;
  }

  Status refill() {
    const Result<std::size_t> got = compressed_->read(input_);
    if (!got) return forward_error(got);
    input_ended_ = *got == 0;
    state_->next_in = reinterpret_cast<std::uint8_t*>(input_.data());
    state_->avail_in = static_cast<std::uint32_t>(*got);
    return {};
  }

  Result<std::size_t> inflate_into(std::span<char> out) {
    const std::size_t room = std::min<std::size_t>(out.size(), std::size_t{1} << 30);
    state_->next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state_->avail_out = static_cast<std::uint32_t>(room);
    const int code = isal_inflate(state_.get());
    if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT && code != ISAL_OUT_OVERFLOW)
      return fail(
          ErrorKind::data, "gzip.corrupt",
          code == ISAL_INCORRECT_CHECKSUM ? "the checksum of the gzip data does not match" : "the gzip data is damaged",
          {}, "The file was altered: copy or download it again.");
    return room - state_->avail_out;
  }

  std::unique_ptr<ByteReader> compressed_;
  std::vector<char> input_;
  std::unique_ptr<inflate_state> state_;
  std::uint64_t left_bytes_;
  Error beyond_;
  bool input_ended_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteReader> gzip_reader(std::unique_ptr<ByteReader> compressed, std::uint64_t max_inflated_bytes,
                                        Error beyond) {
  return std::make_unique<GzipReader>(std::move(compressed), max_inflated_bytes, std::move(beyond));
}

}  // namespace clm
