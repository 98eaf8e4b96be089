#include "binance_exchange/exchange_server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace clm::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using nlohmann::json;
using Answer = ExchangeServer::Answer;
using Query = std::map<std::string, std::string>;

struct Target {
  std::string path;
  Query query;
};

Target parse_target(const std::string& text) {
  Target target;
  const std::size_t mark = text.find('?');
  target.path = text.substr(0, mark);
  std::size_t begin = mark == std::string::npos ? text.size() : mark + 1;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('&', begin), text.size());
    const std::string pair = text.substr(begin, end - begin);
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) target.query[pair.substr(0, equals)] = pair.substr(equals + 1);
    begin = end + 1;
  }
  return target;
}

Answer exchange_error(int code, const std::string& message) {
  return {400, json{{"code", code}, {"msg", message}}.dump(), {}, ExchangeServer::Delivery::whole};
}

std::string decimal(double value) { return json(value).dump(); }

json kline(const Candle& c, std::int64_t length_ms) {
  return json::array({c.open_time.ms(), decimal(c.open), decimal(c.high), decimal(c.low), decimal(c.close),
                      decimal(c.volume), c.open_time.ms() + length_ms - 1, decimal(c.quote_volume),
                      static_cast<std::int64_t>(c.trades), decimal(c.taker_buy_volume),
                      decimal(c.taker_buy_quote_volume), "0"});
}

}  // namespace

struct ExchangeServer::State {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::mutex mutex;
  std::map<std::string, std::vector<Candle>> candles;
  std::map<std::string, std::map<std::int64_t, double>> funding, open_interest;
  std::deque<Answer> scripted;
  std::vector<std::string> requests;
  PageOrder order = PageOrder::ascending;
  Timestamp now = Timestamp::max();
  int used_weight = 1;
  tcp::socket* connection = nullptr;  // the one being served, so that stopping can end it
  std::atomic<bool> stopping{false};
  std::thread thread;

  void serve() {
    while (!stopping) {
      tcp::socket socket(io);
      boost::system::error_code error;
      acceptor.accept(socket, error);
      if (error || stopping) return;
      set_connection(&socket);
      while (serve_request(socket)) {
      }
      set_connection(nullptr);
    }
  }

  void set_connection(tcp::socket* socket) {
    const std::lock_guard lock(mutex);
    connection = socket;
    if (socket != nullptr && stopping) shut_down(*socket);
  }

  static void shut_down(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
  }

  /// True while the connection may carry another request.
  bool serve_request(tcp::socket& socket) {
    boost::system::error_code error;
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request, error);
    if (error) return false;
    const Answer answer = answer_to(std::string(request.target()));
    switch (answer.delivery) {
      case Delivery::dropped: return false;
      case Delivery::never: {
        char byte = 0;
        socket.read_some(asio::buffer(&byte, 1), error);  // until the client hangs up
        return false;
      }
      case Delivery::truncated: {
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                                 std::to_string(answer.body.size()) + "\r\n\r\n";
        asio::write(socket, asio::buffer(head + answer.body.substr(0, answer.body.size() / 2)), error);
        shut_down(socket);
        return false;
      }
      case Delivery::whole: break;
    }
    http::response<http::string_body> response{static_cast<http::status>(answer.status), request.version()};
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.body() = answer.body;
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    http::write(socket, response, error);
    return !error && request.keep_alive();
  }

  Answer answer_to(const std::string& target_text) {
    const std::lock_guard lock(mutex);
    requests.push_back(target_text);
    const Target target = parse_target(target_text);
    Answer answer;
    if (!scripted.empty()) {
      answer = scripted.front();
      scripted.pop_front();
      if (answer.delivery == Delivery::truncated && answer.body.empty()) answer.body = exchange_answer(target).body;
    } else {
      answer = exchange_answer(target);
    }
    answer.headers.emplace("X-MBX-USED-WEIGHT-1M", std::to_string(used_weight));
    return answer;
  }

  Answer exchange_answer(const Target& target) const {
    const auto symbol = target.query.find("symbol");
    if (symbol == target.query.end()) return exchange_error(-1102, "Mandatory parameter 'symbol' was not sent.");
    if (target.path == "/api/v3/klines") return klines_answer(target.query, symbol->second, 1000);
    if (target.path == "/fapi/v1/klines") return klines_answer(target.query, symbol->second, 1500);
    if (target.path == "/fapi/v1/fundingRate") return funding_answer(target.query, symbol->second);
    if (target.path == "/futures/data/openInterestHist") return open_interest_answer(target.query, symbol->second);
    return {404, "<html><body>Not Found</body></html>", {}, Delivery::whole};
  }

  static std::int64_t number(const Query& query, const std::string& name, std::int64_t otherwise) {
    const auto found = query.find(name);
    return found == query.end() ? otherwise : std::stoll(found->second);
  }

  Answer klines_answer(const Query& query, const std::string& symbol, std::int64_t max_limit) const {
    const auto listed = candles.find(symbol);
    if (listed == candles.end()) return exchange_error(-1121, "Invalid symbol.");
    const Result<Interval> interval = Interval::parse(query.count("interval") != 0 ? query.at("interval") : "");
    if (!interval) return exchange_error(-1120, "Invalid interval.");
    const std::int64_t from = number(query, "startTime", 0);
    const std::int64_t to = number(query, "endTime", Timestamp::max().ms());
    const std::int64_t limit = std::min(number(query, "limit", 500), max_limit);
    if (from > to) return exchange_error(-1130, "Data sent for parameter 'startTime' is not valid.");
    std::vector<json> rows;
    const std::vector<Candle>& all = listed->second;
    for (std::size_t i = 0; i < all.size() && static_cast<std::int64_t>(rows.size()) < limit; ++i) {
      if (all[i].open_time.ms() < from || all[i].open_time.ms() > to) continue;
      if (order == PageOrder::overlapping && rows.empty())
        for (std::size_t j = i - std::min<std::size_t>(i, 2); j < i; ++j) rows.push_back(kline(all[j], interval->ms()));
      rows.push_back(kline(all[i], interval->ms()));
    }
    if (order == PageOrder::shuffled) {
      std::reverse(rows.begin(), rows.end());
      std::rotate(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 3), rows.end());
    }
    return {200, json(rows).dump(), {}, Delivery::whole};
  }

  Answer funding_answer(const Query& query, const std::string& symbol) const {
    const auto listed = funding.find(symbol);
    json rows = json::array();
    if (listed == funding.end()) return {200, rows.dump(), {}, Delivery::whole};
    const std::int64_t to = number(query, "endTime", Timestamp::max().ms());
    const auto limit = static_cast<std::size_t>(std::min<std::int64_t>(number(query, "limit", 100), 1000));
    for (auto rate = listed->second.lower_bound(number(query, "startTime", 0));
         rate != listed->second.end() && rate->first <= to && rows.size() < limit; ++rate)
      rows.push_back({{"symbol", symbol},
                      {"fundingTime", rate->first},
                      {"fundingRate", decimal(rate->second)},
                      {"markPrice", "34287.54619963"}});
    return {200, rows.dump(), {}, Delivery::whole};
  }

  /// Keeps 30 days, and gives the newest rows of a range that is longer than a page.
  Answer open_interest_answer(const Query& query, const std::string& symbol) const {
    constexpr std::int64_t kKeptMs = 30LL * 86'400'000;
    const std::int64_t from = number(query, "startTime", 0);
    if (from < now.ms() - kKeptMs) return exchange_error(-1130, "parameter 'startTime' is invalid.");
    const auto listed = open_interest.find(symbol);
    json rows = json::array();
    if (listed == open_interest.end()) return {200, rows.dump(), {}, Delivery::whole};
    const std::int64_t to = number(query, "endTime", Timestamp::max().ms());
    const auto limit = static_cast<std::size_t>(std::min<std::int64_t>(number(query, "limit", 30), 500));
    for (auto value = listed->second.lower_bound(from); value != listed->second.end() && value->first <= to; ++value)
      rows.push_back({{"symbol", symbol},
                      {"sumOpenInterest", decimal(value->second)},
                      {"sumOpenInterestValue", decimal(value->second * 20'000)},
                      {"timestamp", value->first}});
    while (rows.size() > limit) rows.erase(rows.begin());
    return {200, rows.dump(), {}, Delivery::whole};
  }
};

ExchangeServer::ExchangeServer() : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()] { state->serve(); });
}

ExchangeServer::~ExchangeServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    if (state_->connection != nullptr) State::shut_down(*state_->connection);
  }
  // A blocking accept() ends only for a visitor.
  asio::io_context io;
  tcp::socket visitor(io);
  boost::system::error_code ignored;
  visitor.connect(state_->acceptor.local_endpoint(), ignored);
  state_->thread.join();
}

std::string ExchangeServer::url() const {
  return "http://127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port());
}

void ExchangeServer::list_candles(const std::string& symbol, std::vector<Candle> candles) {
  const std::lock_guard lock(state_->mutex);
  state_->candles[symbol] = std::move(candles);
}

void ExchangeServer::list_funding(const std::string& symbol, std::map<std::int64_t, double> rates) {
  const std::lock_guard lock(state_->mutex);
  state_->funding[symbol] = std::move(rates);
}

void ExchangeServer::list_open_interest(const std::string& symbol, std::map<std::int64_t, double> values) {
  const std::lock_guard lock(state_->mutex);
  state_->open_interest[symbol] = std::move(values);
}

void ExchangeServer::set_now(Timestamp now) {
  const std::lock_guard lock(state_->mutex);
  state_->now = now;
}

void ExchangeServer::set_page_order(PageOrder order) {
  const std::lock_guard lock(state_->mutex);
  state_->order = order;
}

void ExchangeServer::answer_next(Answer answer) {
  const std::lock_guard lock(state_->mutex);
  state_->scripted.push_back(std::move(answer));
}

void ExchangeServer::answer_next(unsigned status, const std::string& body) {
  answer_next(Answer{status, body, {}, Delivery::whole});
}

void ExchangeServer::set_used_weight(int weight) {
  const std::lock_guard lock(state_->mutex);
  state_->used_weight = weight;
}

std::vector<std::string> ExchangeServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

}  // namespace clm::testing
