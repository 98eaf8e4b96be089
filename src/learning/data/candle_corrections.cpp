#include "learning/data/candle_corrections.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "learning/data/protocol.hpp"

namespace clm {
namespace {

constexpr std::size_t kSymbolsTold = 3;

}  // namespace

Result<CandleCorrections> CandleCorrections::open(BatchLog log, const CandleStore& store) {
  auto content = log.read();
  if (!content) return forward_error(content);
  return CandleCorrections(std::move(log), store, std::move(*content));
}

std::string CandleCorrections::position_json() const { return to_json(position_of(log_, content_)).dump(); }

Result<std::optional<std::vector<CorrectedCandles>>> CandleCorrections::of(const Manifest& version) const {
  if (version.batches_json.empty()) return std::optional<std::vector<CorrectedCandles>>();
  const auto position = read_log_position(version.batches_json);
  if (!position) return forward_error(position);
  auto protocol = read_protocol(version.protocol_json);
  if (!protocol) return forward_error(protocol);
  // Of the bar that closed when the first row was decided, until the one whose close made the last label known.
  const Duration bar = protocol->interval.length();
  const TimeRange opens{version.training_span.from - bar, version.learned_until - bar + Duration(1)};
  auto corrected = corrected_since(
      log_, content_, *store_, {*position, protocol->venue, protocol->interval, std::move(protocol->symbols), opens});
  if (!corrected) return forward_error(corrected);
  return std::optional(std::move(*corrected));
}

std::string describe(const std::vector<CorrectedCandles>& corrected) {
  std::string text;
  for (std::size_t i = 0; i < std::min(corrected.size(), kSymbolsTold); ++i) {
    const CorrectedCandles& one = corrected[i];
    text += (i == 0 ? "learned from candles that were corrected since: " : ", ") + std::to_string(one.bars) +
            (one.bars == 1 ? " bar of " : " bars of ") + one.symbol.str() + " from " + to_string(one.first_open) +
            " to " + to_string(one.last_open);
  }
  if (corrected.size() > kSymbolsTold)
    text += ", and bars of " + std::to_string(corrected.size() - kSymbolsTold) + " more symbols";
  return text;
}

nlohmann::json to_json(const std::vector<CorrectedCandles>& corrected) {
  auto list = nlohmann::json::array();
  for (const CorrectedCandles& one : corrected)
    list.push_back({{"symbol", one.symbol.str()},
                    {"bars", one.bars},
                    {"from", to_string(one.first_open)},
                    {"to", to_string(one.last_open)}});
  return list;
}

}  // namespace clm
