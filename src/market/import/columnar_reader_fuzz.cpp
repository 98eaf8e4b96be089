#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "market/import/columnar_candle_reader.hpp"

namespace {

/// One file in memory where the system has it, written anew for every input.
const std::string& scratch_path() {
  static const std::string path = [] {
    std::string name = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/clm-fuzz-XXXXXX" : "/tmp/clm-fuzz-XXXXXX";
    if (::mkstemp(name.data()) < 0) std::abort();
    static std::string owned = name;
    std::atexit([] { std::remove(owned.c_str()); });
    return name;
  }();
  return path;
}

}  // namespace

/// Any bytes are an error or rows, none lost, read as Feather and as Parquet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::FILE* file = std::fopen(scratch_path().c_str(), "wb");
  if (file == nullptr) std::abort();
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  clm::ImportLimits limits;
  limits.max_memory_bytes = 20'000'000;
  for (const auto format : {clm::ColumnarFormat::feather, clm::ColumnarFormat::parquet}) {
    const clm::Result<clm::FileContent> content = clm::read_columnar_candles(scratch_path(), format, limits);
    if (!content) continue;
    std::size_t candles = 0;
    for (const clm::CandleRows& rows : content->candles) candles += rows.candles.size();
    if (content->context.empty() && candles + content->quarantine.count() != content->rows_read) std::abort();
  }
  return 0;
}
