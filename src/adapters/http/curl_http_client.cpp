#include "adapters/http/curl_http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr std::size_t kMaxHeaders = 100;

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// What the callbacks of one transfer write to.
struct Transfer {
  HttpResponse response;
  std::size_t max_body_bytes;
  const CancelToken* cancel;
  bool too_large = false;
};

std::size_t receive_body(char* data, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.response.body.size() + count > transfer.max_body_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(data, count);
  return count;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t receive_header(char* data, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, count);
  if (line.substr(0, 5) == "HTTP/") transfer.response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || transfer.response.headers.size() >= kMaxHeaders) return count;
  std::string name(trimmed(line.substr(0, colon)));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  transfer.response.headers[name] = std::string(trimmed(line.substr(colon + 1)));
  return count;
}

int ask_to_go_on(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->cancel->requested() ? 1 : 0;
}

tl::unexpected<Error> transfer_error(CURLcode code, const char* detail, const Transfer& transfer,
                                     const HttpRequest& request) {
  const std::string why = *detail != '\0' ? detail : curl_easy_strerror(code);
  if (code == CURLE_ABORTED_BY_CALLBACK) return forward_error(transfer.cancel->check());
  if (transfer.too_large)
    return fail(ErrorKind::unavailable, "http.body_too_large",
                "the answer is longer than " + std::to_string(request.max_body_bytes) + " bytes", request.url,
                "Check that this address is the service that was meant.");
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return fail(ErrorKind::unavailable, "http.timeout", "no whole answer within " + to_string(request.timeout),
                  request.url, "Check the network, or raise the timeout.");
    case CURLE_PARTIAL_FILE:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_RECV_ERROR:
      return fail(ErrorKind::unavailable, "http.truncated", "the answer broke off: " + why, request.url,
                  "Try again; if it stays, something between here and the server cuts answers.");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return fail(ErrorKind::usage, "http.url", "not an address that can be fetched: " + why, request.url,
                  "Give an address that begins with https:// or http://.");
    default:
      return fail(ErrorKind::unavailable, "http.connection", why, request.url, "Check the network and the address.");
  }
}

class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(const CurlHttpClientOptions& options) : options_(options), handle_(curl_easy_init()) {
    expects(handle_ != nullptr, "libcurl has memory for a handle");
  }

  Result<HttpResponse> get(const HttpRequest& request, const CancelToken& cancel) override {
    if (Status go_on = cancel.check(); !go_on) return forward_error(go_on);
    CURL* const handle = handle_.get();
    curl_easy_reset(handle);  // keeps the open connection
    Transfer transfer{{}, request.max_body_bytes, &cancel};
    char detail[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, options_.proxy.c_str());
    curl_easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");  // whatever libcurl can unpack
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &receive_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &receive_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &ask_to_go_on);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);

    const CURLcode code = curl_easy_perform(handle);
    if (code != CURLE_OK) return transfer_error(code, detail, transfer, request);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }

 private:
  CurlHttpClientOptions options_;
  std::unique_ptr<CURL, CurlDeleter> handle_;
};

}  // namespace

std::unique_ptr<HttpClient> curl_http_client(const CurlHttpClientOptions& options) {
  // libcurl wants this once per process, before its first handle; a local static runs it exactly once.
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  expects(initialised == CURLE_OK, "libcurl can be initialised");
  return std::make_unique<CurlHttpClient>(options);
}

}  // namespace clm
