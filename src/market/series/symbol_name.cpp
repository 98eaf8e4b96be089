#include "market/series/symbol_name.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/shown_text.hpp"

namespace clm {
namespace {

constexpr std::size_t kLongestSymbol = 32;
constexpr std::size_t kMostBytes = 64;
constexpr std::string_view kSeparators = "/_-:";

bool is_date(std::string_view text) {
  return text.size() == kDateDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Letters and digits, small letters of ours made capitals; none for anything else.
std::optional<std::string> capitals(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t bytes = static_cast<unsigned char>(c) >= 0x80 ? visible_character(text) : 1;
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (bytes == 0 || (bytes == 1 && !letter && !(c >= '0' && c <= '9'))) return std::nullopt;
    if (c >= 'a' && c <= 'z')
      out += static_cast<char>(c - 'a' + 'A');
    else
      out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

struct Part {
  std::string text;
  char before = '\0';  ///< the separator
};

/// Parted at separators, empty parts left out; none if a part is not of letters and digits.
std::optional<std::vector<Part>> parts_of(std::string_view text) {
  std::vector<Part> parts;
  char before = '\0';
  while (true) {
    const std::size_t end = text.find_first_of(kSeparators);
    auto part = capitals(text.substr(0, end));
    if (!part) return std::nullopt;
    if (!part->empty()) parts.push_back({std::move(*part), before});
    if (end == std::string_view::npos) return parts;
    before = text[end];
    text.remove_prefix(end + 1);
  }
}

bool looks_like_a_path(std::string_view text) {
  constexpr std::string_view kExtensions[] = {".csv",   ".gz",      ".json", ".jsonl", ".feather",
                                              ".arrow", ".parquet", ".txt",  ".zip"};
  if (text.find('\\') != std::string_view::npos || std::count(text.begin(), text.end(), '/') > 1) return true;
  if (text.starts_with('/') || text.starts_with('.') || text.starts_with('~')) return true;
  return std::any_of(std::begin(kExtensions), std::end(kExtensions),
                     [&](std::string_view extension) { return text.ends_with(extension); });
}

}  // namespace

std::optional<std::string> normal_symbol(std::string_view text) {
  if (text.starts_with('/')) return std::nullopt;  // a path, whoever wrote it
  auto parts = parts_of(text);
  if (!parts || parts->empty()) return std::nullopt;
  std::string date;
  const char before_date = parts->back().before;
  if (parts->size() > 1 && is_date(parts->back().text) && (before_date == '_' || before_date == '-')) {
    date = "_" + parts->back().text;
    parts->pop_back();
  }
  // What a perpetual is settled in stands behind the pair and is no part of the exchange's symbol.
  if (parts->size() == 3 && (parts->back().before == ':' || (*parts)[2].text == (*parts)[1].text)) parts->pop_back();
  std::string symbol;
  for (const Part& part : *parts) symbol += part.text;
  symbol += date;
  if (characters_in(symbol) > kLongestSymbol || symbol.size() > kMostBytes) return std::nullopt;
  return symbol;
}

Result<Symbol> asked_symbol(std::string_view text, std::string_view where) {
  if (looks_like_a_path(text))
    return fail(ErrorKind::usage, "symbol.path", "'" + shown(text) + "' is the path of a file, not a symbol",
                std::string(where),
                "Name the symbol, such as BTCUSDT or BTC/USDT; `clm import PATH` brings in what a file holds.");
  const auto symbol = normal_symbol(text);
  if (!symbol)
    return fail(ErrorKind::usage, "symbol.name", "'" + shown(text) + "' is not a symbol", std::string(where),
                "A symbol is 1 to 32 letters and digits, such as BTCUSDT or BTC/USDT.");
  return Symbol(*symbol);
}

Result<Symbol> stored_symbol(std::string_view text, std::span<const Symbol> stored, std::string_view where) {
  for (const Symbol& symbol : stored)
    if (symbol.str() == text) return symbol;
  const auto asked = asked_symbol(text, where);
  if (!asked) return asked;
  std::vector<Symbol> meant;
  for (const Symbol& symbol : stored)
    if (normal_symbol(symbol.str()) == asked->str()) meant.push_back(symbol);
  if (meant.size() == 1) return meant.front();
  if (meant.empty())
    return fail(ErrorKind::usage, "universe.unknown_symbol", "there are no candles of " + shown(text) + " to read",
                std::string(where), "`clm data` lists what is stored and what of it is left out.");
  std::string names;
  for (const Symbol& symbol : meant) names += (names.empty() ? "" : " and ") + shown(symbol.str());
  return fail(ErrorKind::usage, "symbol.ambiguous", "'" + shown(text) + "' may be " + names + ", which are both stored",
              std::string(where), "Write it exactly as one of them.");
}

}  // namespace clm
