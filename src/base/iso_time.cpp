#include "base/iso_time.hpp"

#include <cstddef>

namespace clm {
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

}  // namespace

std::optional<Timestamp> parse_iso_time(std::string_view text) {
  FormReader form(text);
  const auto year = form.number(4, 0, 9999);
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

}  // namespace clm
