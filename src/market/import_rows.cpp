#include "market/import_rows.hpp"

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

std::string shown(std::string_view text) {
  constexpr std::size_t kMostCharacters = 40;
  std::string clean(text.substr(0, kMostCharacters));
  for (char& c : clean)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > kMostCharacters ? clean + ".." : clean;
}

std::optional<std::string> normal_symbol(std::string_view text) {
  constexpr std::size_t kLongestSymbol = 32;
  constexpr std::size_t kDateDigits = 6;
  const std::size_t mark = text.rfind('_');
  const bool dated = mark != std::string_view::npos && mark > 0 && text.size() - mark - 1 == kDateDigits &&
                     std::all_of(text.begin() + static_cast<std::ptrdiff_t>(mark) + 1, text.end(),
                                 [](char c) { return c >= '0' && c <= '9'; });
  std::string symbol;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= 'a' && c <= 'z')
      symbol += static_cast<char>(c - 'a' + 'A');
    else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (dated && i == mark))
      symbol += c;
    else if (c != '/' && c != '_' && c != '-' && c != ':')
      return std::nullopt;
    if (symbol.size() > kLongestSymbol) return std::nullopt;
  }
  if (symbol.empty()) return std::nullopt;
  return symbol;
}

tl::unexpected<Error> too_many_rows(std::uint64_t max_rows) {
  return fail(ErrorKind::data, "import.too_many_rows", "more than " + std::to_string(max_rows) + " rows in one file",
              {}, "Split the file, or raise the limit max_rows.");
}

}  // namespace clm
