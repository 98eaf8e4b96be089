#pragma once
#include <memory>
#include <string>

#include "adapters/http/http_client.hpp"

namespace clm {

struct CurlHttpClientOptions {
  std::string user_agent = "clm";
  /// "http://host:port"; empty = direct. The environment's proxy variables are not read here: whoever wants them
  /// reads them and passes them on.
  std::string proxy;
  Duration connect_timeout{10'000};
};

/// HttpClient over libcurl: HTTP and HTTPS with verified certificates, gzip, one connection kept open between calls.
std::unique_ptr<HttpClient> curl_http_client(const CurlHttpClientOptions& options = {});

}  // namespace clm
