#pragma once
#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "adapters/http/http_client.hpp"
#include "adapters/http/pause.hpp"
#include "base/cancel.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace clm {

/// Binance's spot market, and its futures margined in USDT and USDC ("USD-M").
enum class BinanceMarket { spot, usd_margined };

struct BinanceOptions {
  std::string spot_url = "https://api.binance.com";
  std::string usd_margined_url = "https://fapi.binance.com";
  int max_attempts = 6;               ///< of one request; >= 1
  Duration first_backoff{1'000};      ///< doubles with every attempt; the wait is drawn from its upper half
  Duration max_backoff{60'000};       ///< of one wait that we choose ourselves
  Duration max_retry_after{300'000};  ///< a longer Retry-After ends the fetch with an error that says when to come back
  int spot_weight_per_minute = 6'000;
  int usd_margined_weight_per_minute = 2'400;
  double weight_share = 0.8;  ///< of these limits that we use before waiting for the next minute, 0 .. 1
  Duration history_spacing{
      600};  ///< between requests for funding and open interest, which have a limit of their own: 500 in 5 min
  Duration timeout{20'000};  ///< of one request
  std::size_t max_body_bytes = 16U << 20;
  std::uint64_t seed = 1;  ///< of the jitter in the waits
};

/// Binance's public REST interface as one function that asks until it has an answer: within the exchange's weight
/// limits (header X-MBX-USED-WEIGHT-1M), waiting as told by Retry-After on 429 and 418, and with growing jittered
/// waits on 5xx, timeouts and broken connections. Borrows its collaborators; one thread at a time.
class BinanceRest {
 public:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  BinanceRest(HttpClient& http, Pause& pause, const Clock& clock, const BinanceOptions& options = {});

  /// The parsed body of GET `path`, e.g. "/api/v3/klines". Errors, each with the URL:
  /// - `fetch.symbol` (data): the exchange does not know the symbol (its code -1121);
  /// - `fetch.rejected` (usage): the exchange refused the request, with its words;
  /// - `fetch.response` (data): the answer is not JSON;
  /// - `fetch.rate_limited`, `fetch.blocked`, `fetch.server`, `fetch.network` (unavailable): still no answer after
  ///   `max_attempts`, or a wait longer than `max_retry_after`, or access denied (403, 451);
  /// - `cancelled` (interrupted).
  Result<nlohmann::json> get(BinanceMarket market, const std::string& path, const Parameters& parameters,
                             const CancelToken& cancel);

  /// Requests sent so far, retries included.
  std::int64_t requests() const { return requests_; }

 private:
  Status wait_for_limits(BinanceMarket market, const std::string& path, const CancelToken& cancel);
  void note_weight(BinanceMarket market, const HttpResponse& response);
  Duration backoff(int attempt);

  HttpClient& http_;
  Pause& pause_;
  const Clock& clock_;
  BinanceOptions options_;
  Random jitter_;
  std::array<Timestamp, 2> not_before_{};  ///< per market: when the used weight is forgotten
  Timestamp next_history_;                 ///< when funding or open interest may be asked for again
  std::int64_t requests_ = 0;
};

}  // namespace clm
