#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "market/series/candle.hpp"

namespace clm::testing {

/// An exchange on a free port of 127.0.0.1 that answers as Binance's REST interface does: klines, funding rates and
/// open interest of the symbols that a test lists, with its limits, error codes and weight headers; and, on request,
/// with everything that goes wrong between a client and an exchange. Serves one connection after the other on a thread
/// of its own, from construction to destruction. All members may be called while it serves.
class ExchangeServer {
 public:
  enum class Delivery {
    whole,
    truncated,  ///< announces the whole body, sends half of it and hangs up
    never,      ///< reads the request and stays silent until the client gives up
    dropped     ///< hangs up without a word
  };
  struct Answer {
    unsigned status = 200;
    std::string body;
    std::map<std::string, std::string> headers;
    Delivery delivery = Delivery::whole;
  };
  enum class PageOrder { ascending, shuffled, overlapping };

  ExchangeServer();
  ~ExchangeServer();
  ExchangeServer(const ExchangeServer&) = delete;
  ExchangeServer& operator=(const ExchangeServer&) = delete;

  /// "http://127.0.0.1:PORT"
  std::string url() const;

  void list_candles(const std::string& symbol, std::vector<Candle> candles);
  /// Value at time in ms.
  void list_funding(const std::string& symbol, std::map<std::int64_t, double> rates);
  void list_open_interest(const std::string& symbol, std::map<std::int64_t, double> values);
  /// The exchange's own clock, for how far back it keeps open interest.
  void set_now(Timestamp now);
  /// The order of rows within pages; `overlapping` begins each page with two bars that were not asked for.
  void set_page_order(PageOrder order);
  /// What the next requests meet instead of the exchange, first in, first out.
  void answer_next(Answer answer);
  void answer_next(unsigned status, const std::string& body = "");
  /// Reported from now on as the weight used in this minute.
  void set_used_weight(int weight);

  /// Path and query of every request so far.
  std::vector<std::string> requests() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clm::testing
