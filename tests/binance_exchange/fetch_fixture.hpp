#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "adapters/binance/binance_rest.hpp"
#include "adapters/http/curl_http_client.hpp"
#include "base/run_context.hpp"
#include "binance_exchange/exchange_server.hpp"
#include "support/temp_directory.hpp"

namespace clm::testing {

/// Moves the clock instead of sleeping, and remembers how long it was asked to wait.
class ClockPause final : public Pause {
 public:
  explicit ClockPause(ManualClock& clock) : clock_(clock) {}
  Status wait(Duration length, const CancelToken& cancel) override {
    if (Status go_on = cancel.check(); !go_on) return go_on;
    waits.push_back(length);
    clock_.advance(length);
    return {};
  }
  std::vector<Duration> waits;

 private:
  ManualClock& clock_;
};

/// A client, a clock and an exchange that know nothing of the world outside.
class ExchangeTest : public ::testing::Test {
 protected:
  static constexpr Timestamp kNow{1'704'412'800'000};  // 2024-01-05

  BinanceOptions binance_options() const {
    BinanceOptions options;
    options.spot_url = options.usd_margined_url = server.url();
    options.timeout = Duration(5'000);
    return options;
  }
  RunContext context() { return {clock, cancel, progress, 1}; }

  TempDirectory directory;
  ExchangeServer server;
  ManualClock clock{kNow};
  ClockPause pause{clock};
  CancelToken cancel;
  SilentProgress progress;
  std::unique_ptr<HttpClient> http = curl_http_client();
};

}  // namespace clm::testing
