#include "base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace clm {
namespace {

spdlog::sinks::stderr_color_sink_mt& sink() {
  static const auto instance = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  return *instance;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    // Borrowed: both live as long as the process.
    auto made = std::make_shared<spdlog::logger>("clm", std::shared_ptr<spdlog::sinks::sink>(&sink(), [](auto*) {}));
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

}  // namespace

void set_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: logger().set_level(spdlog::level::debug); break;
    case LogLevel::info: logger().set_level(spdlog::level::info); break;
    case LogLevel::warning: logger().set_level(spdlog::level::warn); break;
    case LogLevel::error: logger().set_level(spdlog::level::err); break;
    case LogLevel::off: logger().set_level(spdlog::level::off); break;
  }
}
void set_log_colors(LogColors colors) {
  sink().set_color_mode(colors == LogColors::never ? spdlog::color_mode::never : spdlog::color_mode::automatic);
}
void log_debug(std::string_view message) { logger().debug(message); }
void log_info(std::string_view message) { logger().info(message); }

}  // namespace clm
