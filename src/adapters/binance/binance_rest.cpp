#include "adapters/binance/binance_rest.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/contract.hpp"
#include "base/log.hpp"

namespace clm {
namespace {

constexpr std::size_t kShownBodyBytes = 200;
constexpr int kUnknownSymbol = -1121;  // Binance error codes: "Invalid symbol."

/// Why an attempt failed that may be made again.
struct Retry {
  Error error;
  Duration retry_after{0};  ///< 0: the exchange did not say
};

std::optional<std::int64_t> header_number(const HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  if (found == response.headers.end()) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = found->second.data() + found->second.size();
  const auto parsed = std::from_chars(found->second.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 0) return std::nullopt;
  return value;
}

/// The beginning of a body that was not understood, without control characters, for the error message.
std::string shown(const std::string& body) {
  std::string text = body.substr(0, kShownBodyBytes);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
  return text.empty() ? "(empty)" : "\"" + text + (body.size() > kShownBodyBytes ? "\"..." : "\"");
}

/// What is no plain letter, digit or mark is written as its bytes (RFC 3986).
std::string escaped(const std::string& value) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~')) {
      out += c;
    } else {
      out += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
    }
  }
  return out;
}

std::string whole_url(const std::string& base, const std::string& path, const BinanceRest::Parameters& parameters) {
  std::string url = base + path;
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    url += separator + name + "=" + escaped(value);
    separator = '&';
  }
  return url;
}

/// Paths whose requests are counted by number, not in the weight header.
bool is_history(const std::string& path) {
  return path == "/fapi/v1/fundingRate" || path.rfind("/futures/data/", 0) == 0;
}

bool is_transient(const Error& error) {
  return error.code == "http.timeout" || error.code == "http.connection" || error.code == "http.truncated";
}

/// 4xx other than the rate limits: the exchange understood and says no.
tl::unexpected<Error> rejection(const HttpResponse& response, const std::string& url) {
  if (response.status == 403 || response.status == 451)
    return fail(ErrorKind::unavailable, "fetch.blocked",
                "the exchange denies access from here (status " + std::to_string(response.status) + ")", url,
                "Binance blocks some countries and some networks; fetch from another place, or import files.");
  const nlohmann::json body = nlohmann::json::parse(response.body, nullptr, false);
  if (body.is_object() && body.contains("code") && body["code"].is_number_integer() && body.contains("msg") &&
      body["msg"].is_string()) {
    const int code = body["code"].get<int>();
    const std::string words = body["msg"].get<std::string>();
    if (code == kUnknownSymbol)
      return fail(ErrorKind::data, "fetch.symbol", "the exchange does not know this symbol: " + words, url,
                  "Check the spelling and the market (spot or USD-M).");
    return fail(ErrorKind::usage, "fetch.rejected",
                "the exchange refused: " + words + " (" + std::to_string(code) + ")", url,
                "Change the request accordingly.");
  }
  return fail(ErrorKind::unavailable, "fetch.rejected",
              "status " + std::to_string(response.status) + ": " + shown(response.body), url,
              "Check that the configured address is Binance's.");
}

}  // namespace

BinanceRest::BinanceRest(HttpClient& http, Pause& pause, const Clock& clock, const BinanceOptions& options)
    : http_(http),
      pause_(pause),
      clock_(clock),
      options_(options),
      jitter_(Random::stream(options.seed, "binance.jitter")) {
  expects(options.max_attempts >= 1, "BinanceOptions::max_attempts is at least 1");
  expects(options.weight_share > 0 && options.weight_share <= 1, "BinanceOptions::weight_share lies in (0, 1]");
}

Status BinanceRest::wait_for_limits(BinanceMarket market, const std::string& path, const CancelToken& cancel) {
  Timestamp until = not_before_[static_cast<std::size_t>(market)];
  if (is_history(path)) until = std::max(until, next_history_);
  const Timestamp now = clock_.now();
  if (until > now) {
    log_debug("waiting " + to_string(until - now) + " for Binance's request limits");
    if (Status waited = pause_.wait(until - now, cancel); !waited) return waited;
  }
  if (is_history(path)) next_history_ = clock_.now() + options_.history_spacing;
  return {};
}

void BinanceRest::note_weight(BinanceMarket market, const HttpResponse& response) {
  const std::optional<std::int64_t> used = header_number(response, "x-mbx-used-weight-1m");
  const int limit =
      market == BinanceMarket::spot ? options_.spot_weight_per_minute : options_.usd_margined_weight_per_minute;
  if (!used || static_cast<double>(*used) < options_.weight_share * limit) return;
  // The exchange counts by the minute of its own clock; a second more forgives a difference between the clocks.
  const std::int64_t next_minute_ms = (clock_.now().ms() / kMinuteMs + 1) * kMinuteMs;
  not_before_[static_cast<std::size_t>(market)] = Timestamp(next_minute_ms) + Duration(1'000);
}

Duration BinanceRest::backoff(int attempt) {
  const double doubled = static_cast<double>(options_.first_backoff.count()) * std::exp2(attempt - 1);
  const double longest = std::min(doubled, static_cast<double>(options_.max_backoff.count()));
  return Duration(static_cast<std::int64_t>(longest * (0.5 + 0.5 * jitter_.uniform())));
}

Result<nlohmann::json> BinanceRest::get(BinanceMarket market, const std::string& path, const Parameters& parameters,
                                        const CancelToken& cancel) {
  HttpRequest request;
  request.url =
      whole_url(market == BinanceMarket::spot ? options_.spot_url : options_.usd_margined_url, path, parameters);
  request.timeout = options_.timeout;
  request.max_body_bytes = options_.max_body_bytes;

  for (int attempt = 1;; ++attempt) {
    if (Status ready = wait_for_limits(market, path, cancel); !ready) return forward_error(ready);
    ++requests_;
    const Result<HttpResponse> response = http_.get(request, cancel);
    if (response) note_weight(market, *response);

    Retry retry;
    if (!response) {
      if (!is_transient(response.error())) return forward_error(response);
      retry.error = response.error();
      retry.error.code = "fetch.network";
    } else if (response->status == 200) {
      nlohmann::json body = nlohmann::json::parse(response->body, nullptr, false);
      if (!body.is_discarded()) return body;
      return fail(ErrorKind::data, "fetch.response", "the answer is not JSON: " + shown(response->body), request.url,
                  "Check that the configured address is Binance's and that no proxy answers in its place.");
    } else if (response->status == 429 || response->status == 418) {
      const bool banned = response->status == 418;
      retry.retry_after = Duration(
          1'000 * std::min<std::int64_t>(header_number(*response, "retry-after").value_or(0), std::int64_t{1} << 32));
      retry.error = {ErrorKind::unavailable, "fetch.rate_limited",
                     banned ? "the exchange has banned this address for asking too often (418)"
                            : "the exchange asks for fewer requests (429)",
                     request.url, "Run the same command again later: it goes on where it stopped."};
      if (retry.retry_after > options_.max_retry_after) {
        retry.error.message += ", until " + to_string(clock_.now() + retry.retry_after);
        return tl::unexpected<Error>(retry.error);
      }
    } else if (response->status >= 500) {
      retry.error = {
          ErrorKind::unavailable, "fetch.server",
          "the exchange failed with status " + std::to_string(response->status) + ": " + shown(response->body),
          request.url, "Run the same command again later: it goes on where it stopped."};
    } else {
      return rejection(*response, request.url);
    }

    if (attempt == options_.max_attempts) {
      retry.error.message += " (" + std::to_string(attempt) + " attempts)";
      return tl::unexpected<Error>(retry.error);
    }
    // Never before the exchange allows it, and not everybody at the same moment.
    const Duration wait = retry.retry_after > Duration::zero() ? retry.retry_after + backoff(1) : backoff(attempt);
    log_debug(retry.error.message + "; next attempt in " + to_string(wait));
    if (Status waited = pause_.wait(wait, cancel); !waited) return forward_error(waited);
  }
}

}  // namespace clm
