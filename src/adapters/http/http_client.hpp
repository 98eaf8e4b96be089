#pragma once
#include <cstddef>
#include <map>
#include <string>

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace clm {

struct HttpRequest {
  std::string url;                         ///< whole, query included, already escaped
  Duration timeout{20'000};                ///< for the whole exchange, connecting included; > 0
  std::size_t max_body_bytes = 16U << 20;  ///< after decompression; a longer body is an error, not cut
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case; at most 100, the rest is dropped
  std::string body;
};

/// Fetches one URL. Any status is a response; only what prevented a whole response is an error. Implementations
/// follow no redirects and are used by one thread at a time.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Errors (unavailable, each naming the URL): `http.connection`, `http.timeout`, `http.truncated`,
  /// `http.body_too_large`, `http.url`; `cancelled` within about a second of the request to stop.
  virtual Result<HttpResponse> get(const HttpRequest& request, const CancelToken& cancel) = 0;
};

}  // namespace clm
