#include "adapters/binance/fetch_request.hpp"

#include <algorithm>

#include "base/shown_text.hpp"

namespace clm {
namespace {

constexpr std::size_t kMaxSymbolLength = 40;

bool is_symbol(const Symbol& symbol) {
  // Letters of other scripts are listed too, as UTF-8.
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  const std::string& text = symbol.str();
  return !text.empty() && text.size() <= kMaxSymbolLength && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

Status check_fetch_request(const std::vector<Symbol>& symbols, const TimeRange& range) {
  if (symbols.empty())
    return fail(ErrorKind::usage, "fetch.symbols", "no symbol is given", {}, "Name at least one, such as BTCUSDT.");
  for (const Symbol& symbol : symbols)
    if (!is_symbol(symbol))
      return fail(ErrorKind::usage, "fetch.symbols", "'" + shown(symbol.str()) + "' cannot be a symbol of Binance",
                  shown(symbol.str()), "Write it as the exchange does: capital letters and digits, such as BTCUSDT.");
  if (range.from < Timestamp(0))
    return fail(ErrorKind::usage, "fetch.range", "the range has no beginning", {},
                "Say from when on, such as 2024-01-01.");
  if (range.empty())
    return fail(ErrorKind::usage, "fetch.range", "the range is empty",
                to_string(range.from) + " .. " + to_string(range.to), "Let it end after it begins.");
  return {};
}

void note_received(FetchedSeries& series, Timestamp first, Timestamp last) {
  series.from = series.from ? std::min(*series.from, first) : first;
  series.to = series.to ? std::max(*series.to, last) : last;
}

void note_repaired(FetchedSeries& series, const std::vector<RepairedFile>& repaired) {
  for (const RepairedFile& file : repaired) add_repaired(series.repaired, file);
}

Result<FetchReport> fetch_each(BinanceRest& exchange, std::vector<FetchedSeries> planned, const RunContext& context,
                               const std::function<Status(FetchedSeries&)>& fetch_one) {
  context.progress.begin("fetching", planned.size());
  std::size_t problems = 0;
  for (FetchedSeries& series : planned) {
    const std::int64_t requests_before = exchange.requests();
    Status fetched = context.cancel.check();
    if (fetched) fetched = fetch_one(series);
    series.requests = exchange.requests() - requests_before;
    context.progress.advance();
    if (fetched) continue;
    if (fetched.error().code != "fetch.symbol" && fetched.error().code != "fetch.response") {
      context.progress.end();
      return forward_error(fetched);
    }
    series.problem = fetched.error();
    ++problems;
  }
  context.progress.end();
  if (problems == planned.size() && problems > 0) return tl::unexpected<Error>(*planned.front().problem);
  return FetchReport{std::move(planned)};
}

}  // namespace clm
