#include "market/import_number.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

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

namespace {

/// Takes characters off the front of a text that has a fixed form.
class FormReader {
 public:
  explicit FormReader(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `digits` digits with a value in [low, high]; otherwise none, and nothing more can be read.
  std::optional<int> number(std::size_t digits, int low, int high) {
    int value = 0;
    const std::string_view text = rest_.substr(0, digits);
    rest_.remove_prefix(text.size());
    for (const char c : text) value = c >= '0' && c <= '9' ? value * 10 + (c - '0') : -1'000'000;
    if (text.size() < digits || value < low || value > high) return std::nullopt;
    return value;
  }
  /// The digits at the front as thousandths, the fourth and later ones dropped.
  int milliseconds() {
    int value = 0;
    int scale = 100;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1), scale /= 10)
      value += (rest_.front() - '0') * scale;
    return value;
  }

 private:
  std::string_view rest_;
};

/// YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][Z|(+|-)HH[:]MM]]
std::optional<Timestamp> parse_iso_time(std::string_view text) {
  FormReader form(text);
  const auto year = form.number(4, 2000, 2099);
  if (!year || !form.take('-')) return std::nullopt;
  const auto month = form.number(2, 1, 12);
  if (!month || !form.take('-')) return std::nullopt;
  const auto day = form.number(2, 1, 31);
  if (!day) return std::nullopt;
  const Timestamp midnight = from_calendar(*year, *month, *day);
  if (calendar_time(midnight).day != *day) return std::nullopt;  // February 30th
  if (form.done()) return midnight;

  if (!form.take('T') && !form.take(' ')) return std::nullopt;
  const auto hour = form.number(2, 0, 23);
  if (!hour || !form.take(':')) return std::nullopt;
  const auto minute = form.number(2, 0, 59);
  if (!minute) return std::nullopt;
  Duration since_midnight = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (form.take(':')) {
    const auto second = form.number(2, 0, 59);
    if (!second) return std::nullopt;
    since_midnight += std::chrono::seconds(*second);
    if (form.take('.')) since_midnight += Duration(form.milliseconds());
  }
  form.take('Z');
  if (const bool ahead = form.take('+'); ahead || form.take('-')) {
    const auto zone_hours = form.number(2, 0, 14);
    form.take(':');
    const auto zone_minutes = form.number(2, 0, 59);
    if (!zone_hours || !zone_minutes) return std::nullopt;
    const Duration offset = std::chrono::hours(*zone_hours) + std::chrono::minutes(*zone_minutes);
    since_midnight -= ahead ? offset : -offset;
  }
  if (!form.done()) return std::nullopt;
  return midnight + since_midnight;
}

}  // namespace

std::optional<Timestamp> parse_market_time(std::string_view text) {
  if (const std::optional<double> count = parse_number(text)) {
    if (!(std::fabs(*count) < 9e18)) return std::nullopt;
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, whole);
    return market_time(code == std::errc{} && rest == end ? whole : static_cast<std::int64_t>(*count));
  }
  return parse_iso_time(text);
}

}  // namespace clm
