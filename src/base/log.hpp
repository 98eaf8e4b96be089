#pragma once
#include <string_view>

namespace clm {

/// Log lines go to standard error only: standard output belongs to the result. Thread-safe.
enum class LogLevel { debug, info, warning, error, off };
void set_log_level(LogLevel level);
/// `automatic`: where standard error is a terminal.
enum class LogColors { automatic, never };
void set_log_colors(LogColors colors);
void log_debug(std::string_view message);
void log_info(std::string_view message);

}  // namespace clm
