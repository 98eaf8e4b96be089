#include "market/import/import_name.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "market/import/freqtrade_name.hpp"
#include "market/import/import_rows.hpp"
#include "market/series/symbol_name.hpp"

namespace clm {
namespace {
namespace fs = std::filesystem;

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

/// Whether a word can be nothing but the length of a bar, such as 1H, 60m or 1M, known or not.
bool says_a_length(std::string_view word) {
  constexpr std::size_t kMostDigits = 3;
  const std::size_t digits = word.find_first_not_of("0123456789");
  return digits != 0 && digits <= kMostDigits && digits + 1 == word.size() &&
         std::string_view("smhdwSMHDW").find(word.back()) != std::string_view::npos;
}

/// The length that a word says. Capitals are as good, but for M, which is a month.
std::optional<Interval> length_from(const std::string& word) {
  if (const Result<Interval> exact = Interval::parse(word)) return *exact;
  if (!says_a_length(word) || word.back() == 'M') return std::nullopt;
  const Result<Interval> meant = Interval::parse(lower(word));
  return meant ? std::optional(*meant) : std::nullopt;
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
  while (count < words.size() && count < 3 && is_ticker(words[count].text) && !says_a_length(words[count].text))
    ++count;
  if (count == 0) return std::nullopt;
  std::string symbol = words[0].text;
  if (count >= 2) symbol += words[1].text;
  // Perpetuals may name the settlement currency behind the pair; the exchange's symbol does not.
  if (count == 3 && words[2].text != words[1].text) symbol += words[2].text;
  if (count < words.size() && words[count].before == '_' && words[count].text.size() == kDateDigits &&
      all_digits(words[count].text))
    symbol += "_" + words[count].text;
  return normal_symbol(symbol);
}

/// Words that say what is inside, as Binance's dumps write them.
constexpr std::array<std::pair<std::string_view, NamedContent>, 13> kDumpWords{
    {{"klines", NamedContent::unsaid},
     {"markPriceKlines", NamedContent::mark_price},
     {"indexPriceKlines", NamedContent::index_price},
     {"premiumIndexKlines", NamedContent::premium_index},
     {"markPrice", NamedContent::mark_price},
     {"indexPrice", NamedContent::index_price},
     {"premiumIndex", NamedContent::premium_index},
     {"fundingRate", NamedContent::funding_rate},
     {"aggTrades", NamedContent::trades},
     {"trades", NamedContent::trades},
     {"bookTicker", NamedContent::trades},
     {"bookDepth", NamedContent::trades},
     {"liquidationSnapshot", NamedContent::trades}}};

std::optional<NamedContent> dump_word(std::string_view word) {
  const auto* known =
      std::find_if(kDumpWords.begin(), kDumpWords.end(), [&](const auto& w) { return w.first == word; });
  if (known == kDumpWords.end()) return std::nullopt;
  return known->second;
}

/// What the words behind the symbol say.
std::optional<NamedContent> content_from(const std::vector<Word>& words, bool has_symbol) {
  bool behind_interval = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i].text;
    const bool behind_symbol = i > 0 && has_symbol;
    if (const auto content = dump_word(word); content && behind_symbol) return content;
    if (behind_interval && word == "index") return NamedContent::index_price;
    if (behind_interval && word == "premium") return NamedContent::premium_index;
    if ((behind_interval || behind_symbol) && word == "mark") return NamedContent::mark_price;
    if ((behind_interval || behind_symbol) && word == "funding") return NamedContent::funding_rate;
    behind_interval = behind_interval || says_a_length(word);
  }
  return std::nullopt;
}

/// The folder of a dump that says what is inside: .../[futures/]MARKET/monthly|daily/KIND/SYMBOL/[INTERVAL/]FILE, or
/// none. Symbol and interval may be left out by whoever unpacked it.
std::optional<fs::path> dump_folder(const fs::path& path) {
  constexpr int kPartsRead = 3;
  fs::path folder = path.parent_path();
  for (int part = 0; part < kPartsRead && folder.has_filename(); ++part, folder = folder.parent_path())
    // A folder "trades" or "klines" may be anybody's.
    if (const std::string name = folder.filename().string(); dump_word(name)) {
      const std::string above = folder.parent_path().filename().string();
      const bool in_dump = above == "monthly" || above == "daily";
      if (in_dump || (name != "trades" && name != "klines")) return folder;
    }
  return std::nullopt;
}

std::optional<std::string> venue_of_dump(const fs::path& kind_folder) {
  fs::path market = kind_folder.parent_path();
  if (market.filename() == "monthly" || market.filename() == "daily") market = market.parent_path();
  if (market.filename() == "um") return "binance-um";
  if (market.filename() == "cm") return "binance-cm";
  if (market.filename() == "spot") return "binance-spot";
  return std::nullopt;
}

/// From the folders `path` lies in, the nearest that tells; and, of the first part, from its name.
std::optional<std::string> venue_from(const fs::path& path) {
  constexpr int kPartsRead = 3;
  fs::path rest = path;
  for (int part = 0; part < kPartsRead && rest.has_filename(); ++part, rest = rest.parent_path()) {
    const std::string name = lower(rest.filename().string());
    const bool of_futures = lower(rest.parent_path().filename().string()) == "futures";
    if (name.starts_with("um-") || (name == "um" && of_futures)) return "binance-um";
    if (name.starts_with("cm-") || (name == "cm" && of_futures)) return "binance-cm";
    if (name.starts_with("spot-") || name == "spot") return "binance-spot";
    if (name == "freqtrade") return "freqtrade";
    if (part > 0) continue;
    for (const Word& word : words_of(data_file_stem(rest)))
      if (lower(word.text) == "futures" || lower(word.text) == "perp") return "import-futures";
  }
  return std::nullopt;
}

NameHints hints_of(const FreqtradeName& name, const fs::path& path) {
  using Type = FreqtradeName::Type;
  NameHints hints;
  hints.symbol = name.symbol;
  if (const Result<Interval> interval = Interval::parse(name.timeframe)) hints.interval = *interval;
  const bool spot = name.type == Type::spot || name.type == Type::trades;
  if (name.exchange) {
    hints.venue = *name.exchange + (spot ? "-spot" : name.settled_in_base ? "-cm" : "-um");
  } else {
    const std::string with_futures = spot ? "" : "-futures";
    hints.venue = venue_from(path.parent_path() / "PAIR");
    if (hints.venue == "freqtrade") *hints.venue += with_futures;
    if (!hints.venue && !spot) hints.venue = "import-futures";
  }
  switch (name.type) {
    case Type::mark: hints.content = NamedContent::mark_price; break;
    case Type::index: hints.content = NamedContent::index_price; break;
    case Type::premium_index: hints.content = NamedContent::premium_index; break;
    case Type::funding_rate: hints.content = NamedContent::funding_rate; break;
    case Type::trades: hints.content = NamedContent::trades; break;
    case Type::option: hints.content = NamedContent::option; break;
    case Type::spot:
    case Type::futures: break;
  }
  return hints;
}

}  // namespace

NameHints hints_from_path(const fs::path& given) {
  std::error_code failure;
  const fs::path absolute = fs::absolute(given, failure);
  const fs::path path = (failure ? given : absolute).lexically_normal();
  if (const std::optional<FreqtradeName> name = freqtrade_name(path)) return hints_of(*name, path);

  NameHints hints;
  const std::vector<Word> words = words_of(data_file_stem(path));
  for (const Word& word : words)
    if (!hints.interval) hints.interval = length_from(word.text);
  hints.symbol = symbol_from(words, hints.interval.has_value());
  hints.venue = venue_from(path);
  if (const std::optional<fs::path> folder = dump_folder(path)) {
    hints.content = dump_word(folder->filename().string()).value_or(NamedContent::unsaid);
    if (const auto venue = venue_of_dump(*folder)) hints.venue = *venue;
  }
  if (const auto content = content_from(words, hints.symbol.has_value())) hints.content = *content;
  return hints;
}

}  // namespace clm
