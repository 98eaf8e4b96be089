#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "market/import/candle_json_reader.hpp"

/// Any bytes are an error or rows, none lost: every row read is a sound candle or in quarantine.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const clm::Result<clm::FileContent> content = clm::read_candle_json(clm::memory_reader(bytes), {});
  if (!content) return 0;
  const clm::CandleRows& rows = content->candles.front();
  if (rows.candles.size() + content->quarantine.count() != content->rows_read) std::abort();
  for (const clm::Candle& candle : rows.candles)
    if (!clm::is_sound(candle)) std::abort();
  return 0;
}
