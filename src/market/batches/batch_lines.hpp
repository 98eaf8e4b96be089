#pragma once
#include <nlohmann/json.hpp>

#include "market/batches/batch_log.hpp"

/// The lines of the batch log: "HASH NUMBER VERB JSON".
namespace clm {

inline constexpr std::size_t kHashDigits = 16;

struct BatchLineHead {
  int batch = 0;
  std::string_view verb, body;
};

struct BatchLine {
  int batch = 0;
  std::string verb;
  nlohmann::json body;
};

std::string encode_line(int batch, std::string_view verb, const std::string& body);
/// None if the line is not what its hash says, or not of this form. Refers to the line.
std::optional<BatchLineHead> decode_head(std::string_view line);
/// The same with its body.
std::optional<BatchLine> decode_line(std::string_view line);

/// Text for a log, which is UTF-8: other bytes become U+FFFD.
std::string dump_for_log(const nlohmann::json& document);

nlohmann::json encode(const BatchStart& start);
nlohmann::json encode(const BatchTotals& totals);
nlohmann::json encode(const BatchUndone& undone);
/// Puts one series of a change line into `document`.
nlohmann::json encode(const CandleChanges& changes);
nlohmann::json encode(const ContextChanges& changes);

/// Adds what a line says. False if it says nothing that is known.
bool take_line(const BatchLine& line, LogContent& content);

inline constexpr std::string_view kBegin = "begin", kCandles = "candles", kContext = "context", kEnd = "end",
                                  kUndone = "undone";

}  // namespace clm
