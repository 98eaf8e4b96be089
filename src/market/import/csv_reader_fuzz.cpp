#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "market/import/csv_reader.hpp"

/// Any bytes are an error or rows of which every one is a sound candle with a line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const clm::Result<clm::FileContent> content = clm::read_csv(clm::memory_reader(bytes), {}, size);
  if (!content) return content.error().code.empty() ? std::abort(), 0 : 0;
  for (const clm::CandleRows& rows : content->candles) {
    if (rows.candles.size() != rows.lines.size()) std::abort();
    for (const clm::Candle& candle : rows.candles)
      if (!clm::is_sound(candle)) std::abort();
  }
  return 0;
}
