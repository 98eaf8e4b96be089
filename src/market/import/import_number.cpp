#include "market/import/import_number.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

#include "base/iso_time.hpp"

namespace clm {

const char* scan_long_decimal(const char* p, double& value) {
  constexpr std::ptrdiff_t kMostDigits = 19;
  const char* const start = p;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (*p == '-') ++p;
  std::ptrdiff_t digits = 0;
  for (; is_digit(*p); ++p) ++digits;
  if (*p == '.')
    for (++p; is_digit(*p); ++p) ++digits;
  if (digits == 0 || digits > kMostDigits) return nullptr;
  const auto [end, code] = std::from_chars(start, p, value);
  return code == std::errc{} && end == p ? p : nullptr;
}

std::optional<double> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || rest != end) return std::nullopt;
  return value;
}

std::optional<Timestamp> parse_market_time(std::string_view text) {
  if (const std::optional<double> count = parse_number(text)) {
    if (!(std::fabs(*count) < 9e18)) return std::nullopt;
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, whole);
    return market_time(code == std::errc{} && rest == end ? whole : static_cast<std::int64_t>(*count));
  }
  const std::optional<Timestamp> time = parse_iso_time(text);
  return time && *time >= kEarliestMarketTime && *time < kLatestMarketTime ? time : std::nullopt;
}

}  // namespace clm
