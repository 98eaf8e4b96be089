#include "market/import_name.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "market/import_rows.hpp"

namespace clm {
namespace {

struct Word {
  std::string text;
  char before = '\0';  // the character that parts it from the word before
};

std::vector<Word> words_of(std::string_view stem) {
  std::vector<Word> words;
  char before = '\0';
  while (true) {
    const std::size_t end = stem.find_first_of("-_. ");
    words.push_back({std::string(stem.substr(0, end)), before});
    if (end == std::string_view::npos) return words;
    before = stem[end];
    stem.remove_prefix(end + 1);
  }
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Capitals and digits, a capital among them: how exchanges write symbols and currencies. Letters of other scripts, which
/// exchanges list too, count as capitals.
bool is_ticker(std::string_view text) {
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; };
  return std::any_of(text.begin(), text.end(), is_capital) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_capital(c) || (c >= '0' && c <= '9'); });
}

std::string stem_of(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view extension : {".gz", ".csv", ".json", ".jsonl", ".feather", ".arrow", ".parquet", ".txt"})
    if (name.size() > extension.size() && lower(name).ends_with(extension)) name.resize(name.size() - extension.size());
  return name;
}

bool ends_in_quote_currency(std::string_view text) {
  constexpr std::string_view kQuoteCurrencies[] = {"usdt", "usdc", "busd", "fdusd", "usd", "btc", "eth", "bnb", "eur"};
  return std::any_of(std::begin(kQuoteCurrencies), std::end(kQuoteCurrencies),
                     [&](std::string_view quote) { return text.size() > quote.size() && text.ends_with(quote); });
}

std::optional<std::string> symbol_from(std::vector<Word> words, bool has_interval) {
  // A name in small letters is a symbol only where interval and quote currency show that the file is named after one.
  if (has_interval && ends_in_quote_currency(words[0].text) && lower(words[0].text) == words[0].text)
    for (char& c : words[0].text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  std::size_t count = 0;
  while (count < words.size() && count < 3 && is_ticker(words[count].text) && !Interval::parse(words[count].text))
    ++count;
  if (count == 0) return std::nullopt;
  std::string symbol = words[0].text;
  if (count >= 2) symbol += words[1].text;
  // freqtrade's perpetuals name the settlement currency behind the pair; the exchange's symbol does not.
  if (count == 3 && words[2].text != words[1].text) symbol += words[2].text;
  constexpr std::size_t kDateDigits = 6;
  if (count < words.size() && words[count].before == '_' && words[count].text.size() == kDateDigits &&
      all_digits(words[count].text))
    symbol += "_" + words[count].text;
  return normal_symbol(symbol);
}

std::optional<std::string> venue_from(const std::filesystem::path& path) {
  constexpr int kPartsRead = 3;
  std::filesystem::path rest = path;
  for (int part = 0; part < kPartsRead && rest.has_filename(); ++part, rest = rest.parent_path()) {
    const std::string name = lower(rest.filename().string());
    const bool of_futures = lower(rest.parent_path().filename().string()) == "futures";
    if (name.starts_with("um-") || (name == "um" && of_futures)) return "binance-um";
    if (name.starts_with("cm-") || (name == "cm" && of_futures)) return "binance-cm";
    if (name.starts_with("spot-") || name == "spot") return "binance-spot";
    if (name == "freqtrade") return "freqtrade";
    if (part > 0) continue;
    for (const Word& word : words_of(stem_of(rest)))
      if (lower(word.text) == "futures" || lower(word.text) == "perp") return "import-futures";
  }
  return std::nullopt;
}

}  // namespace

NameHints hints_from_path(const std::filesystem::path& path) {
  NameHints hints;
  const std::vector<Word> words = words_of(stem_of(path));
  for (const Word& word : words)
    if (const Result<Interval> interval = Interval::parse(word.text); interval && !hints.interval)
      hints.interval = *interval;
  hints.symbol = symbol_from(words, hints.interval.has_value());
  hints.venue = venue_from(path);
  return hints;
}

}  // namespace clm
