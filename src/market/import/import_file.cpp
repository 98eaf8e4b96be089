#include "market/import/import_file.hpp"

#include <algorithm>
#include <array>

#include "market/import/byte_reader.hpp"
#include "market/import/candle_json_reader.hpp"
#include "market/import/columnar_candle_reader.hpp"
#include "market/import/csv_reader.hpp"
#include "market/import/gzip_reader.hpp"

namespace clm {
namespace {

/// Reads what was looked at first, then the rest.
class ResumedReader final : public ByteReader {
 public:
  ResumedReader(std::string head, std::unique_ptr<ByteReader> rest) : head_(std::move(head)), rest_(std::move(rest)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    const std::size_t from_head = std::min(buffer.size(), head_.size() - position_);
    std::copy_n(head_.data() + position_, from_head, buffer.data());
    position_ += from_head;
    if (from_head == buffer.size()) return from_head;
    const Result<std::size_t> got = rest_->read(buffer.subspan(from_head));
    if (!got) return got;
    return from_head + *got;
  }

 private:
  std::string head_;
  std::unique_ptr<ByteReader> rest_;
  std::size_t position_ = 0;
};

constexpr std::size_t kHeadBytes = 512;
/// Kline CSV inflates threefold to fivefold.
constexpr std::uint64_t kUsualInflation = 4;

/// The first bytes of `reader`, which is replaced by one that begins with them again.
Result<std::string> look_ahead(std::unique_ptr<ByteReader>& reader) {
  std::string head(kHeadBytes, '\0');
  const Result<std::size_t> got = reader->read(head);
  if (!got) return forward_error(got);
  head.resize(*got);
  reader = std::make_unique<ResumedReader>(head, std::move(reader));
  return head;
}

tl::unexpected<Error> no_market_data(std::string what) {
  return fail(ErrorKind::data, "import.unknown_format", std::move(what), {},
              "Known are kline CSV, candle JSON, Feather, Parquet and context series, each also as .gz.");
}

bool is_gzip(std::string_view head) { return head.starts_with("\x1F\x8B"); }
bool is_columnar(std::string_view head) { return head.starts_with("ARROW1") || head.starts_with("PAR1"); }

/// Delimited text or JSON, after a gzip wrapper was taken off.
Result<FileContent> read_text(std::unique_ptr<ByteReader> reader, const ImportLimits& limits,
                              std::uint64_t expected_bytes, const BarMeaning& bars) {
  const Result<std::string> head = look_ahead(reader);
  if (!head) return forward_error(head);
  if (head->empty()) return fail(ErrorKind::data, "import.empty", "the file is empty", {}, "Export it again.");
  if (is_gzip(*head)) return no_market_data("gzip within gzip");
  if (is_columnar(*head)) return no_market_data("a columnar file within gzip; unpack it first");
  if (head->starts_with("PK\x03\x04")) return no_market_data("a ZIP archive; unpack it first");
  if (head->find('\0') != std::string::npos) return no_market_data("binary data of an unknown format");
  std::string_view text = *head;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '['))
    return read_candle_json(std::move(reader), limits, bars);
  return read_csv(std::move(reader), limits, expected_bytes, bars);
}

Result<FileContent> read_stream(std::unique_ptr<ByteReader> reader, const ImportLimits& limits,
                                std::uint64_t stored_bytes, const BarMeaning& bars) {
  const Result<std::string> head = look_ahead(reader);
  if (!head) return forward_error(head);
  if (!is_gzip(*head)) return read_text(std::move(reader), limits, stored_bytes, bars);
  Result<FileContent> content =
      read_text(gzip_reader(std::move(reader), limits.max_text_bytes(), too_much_text(limits).value()), limits,
                stored_bytes * kUsualInflation, bars);
  if (content) content->format += ", gzip";
  return content;
}

Result<FileContent> read_any(const std::filesystem::path& path, const ImportLimits& limits, const BarMeaning& bars) {
  Result<std::unique_ptr<ByteReader>> reader = open_file(path);
  if (!reader) return forward_error(reader);
  std::error_code failure;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
  if (!failure && bytes > limits.max_text_bytes()) return too_much_text(limits);
  const Result<std::string> head = look_ahead(*reader);
  if (!head) return forward_error(head);
  if (head->starts_with("ARROW1")) return read_columnar_candles(path, ColumnarFormat::feather, limits, bars);
  if (head->starts_with("\x89HDF\r\n"))
    return fail(ErrorKind::data, "import.hdf5", "an HDF5 file, which is not read", {},
                "Convert it, for example with: freqtrade convert-data --format-from hdf5 --format-to feather");
  if (head->starts_with("PAR1")) return read_columnar_candles(path, ColumnarFormat::parquet, limits, bars);
  return read_stream(*std::move(reader), limits, failure ? 0 : bytes, bars);
}

}  // namespace

Result<FileContent> read_market_file(const std::filesystem::path& path, const ImportLimits& limits,
                                     const BarMeaning& bars) {
  Result<FileContent> content = read_any(path, limits, bars);
  if (!content) {
    Error error = content.error();
    const bool named = error.where.find(path.string()) != std::string::npos;
    if (!named) error.where = error.where.empty() ? path.string() : path.string() + ", " + error.where;
    return tl::unexpected<Error>(std::move(error));
  }
  return content;
}

Result<FileContent> read_market_bytes(std::string_view bytes, const ImportLimits& limits) {
  return read_stream(memory_reader(bytes), limits, bytes.size(), {});
}

}  // namespace clm
