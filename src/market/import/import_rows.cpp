#include "market/import/import_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace clm {
namespace {

std::string text_of(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", value);
  return buffer;
}

struct NamedValue {
  const char* name;
  double value;
};

}  // namespace

std::optional<std::string> candle_fault(const Candle& c) {
  if (is_sound(c)) return std::nullopt;
  for (const NamedValue& price : {NamedValue{"open", c.open}, NamedValue{"high", c.high}, NamedValue{"low", c.low},
                                  NamedValue{"close", c.close}}) {
    if (!std::isfinite(price.value)) return std::string(price.name) + " is not a finite number";
    if (price.value <= 0.0) return std::string(price.name) + " " + text_of(price.value) + " is not positive";
  }
  for (const NamedValue& amount : {NamedValue{"volume", c.volume}, NamedValue{"quote_volume", c.quote_volume},
                                   NamedValue{"trades", c.trades}, NamedValue{"taker_buy_volume", c.taker_buy_volume},
                                   NamedValue{"taker_buy_quote_volume", c.taker_buy_quote_volume}}) {
    if (std::isinf(amount.value)) return std::string(amount.name) + " is not a finite number";
    if (amount.value < 0.0) return std::string(amount.name) + " " + text_of(amount.value) + " is negative";
  }
  if (c.high < c.low) return "high " + text_of(c.high) + " is below low " + text_of(c.low);
  const bool open_outside = c.open > c.high || c.open < c.low;
  return std::string(open_outside ? "open " : "close ") + text_of(open_outside ? c.open : c.close) +
         " lies outside low " + text_of(c.low) + " and high " + text_of(c.high);
}

bool may_be_negative(std::string_view context_name) {
  return context_name.starts_with("funding") || context_name.starts_with("premium");
}

namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;

std::string set_limit(std::uint64_t megabytes) {
  const std::string number = std::to_string(megabytes);
  return "Set max_file_mb = " + number + " under [import] in clm.toml (or CLM_IMPORT_MAX_FILE_MB=" + number +
         "), or split the file.";
}

}  // namespace

tl::unexpected<Error> too_many_rows(std::uint64_t rows, std::uint64_t row_bytes, RowsCounted counted,
                                    const ImportLimits& limits) {
  const std::uint64_t most_rows = std::numeric_limits<std::uint64_t>::max() / 2 / row_bytes;
  const std::uint64_t needed = (std::min(rows, most_rows) * row_bytes + kMegabyte) / kMegabyte;
  const std::string about = counted == RowsCounted::at_least ? "at least " : "";
  return fail(ErrorKind::data, "import.too_many_rows",
              about + std::to_string(rows) + " rows in one file, which need " + about + std::to_string(needed) +
                  " MB of memory; the limit is " + std::to_string(limits.max_memory_bytes / kMegabyte) + " MB",
              {},
              counted == RowsCounted::all ? set_limit(needed)
                                          : "If that many are meant, " +
                                                std::string("split the file, or set max_file_mb under [import] in "
                                                            "clm.toml to more than ") +
                                                std::to_string(needed) + ".");
}

tl::unexpected<Error> too_much_text(const ImportLimits& limits) {
  return fail(ErrorKind::data, "import.too_large",
              "the file holds more than " + std::to_string(limits.max_text_bytes() / kMegabyte) + " MB of text", {},
              set_limit(2 * std::max<std::uint64_t>(1, limits.max_memory_bytes / kMegabyte)));
}

}  // namespace clm
