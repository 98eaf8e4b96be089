#pragma once
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace clm {

/// What went wrong, in the terms of the person at the terminal. The numbers are the exit codes of the program.
enum class ErrorKind : int {
  usage = 2,         ///< wrong command line or configuration
  data = 3,          ///< input data that cannot be used
  refused = 4,       ///< a gate or the deployment policy said no
  integrity = 5,     ///< stored bytes are not what their manifest says
  unavailable = 6,   ///< a needed file, service or resource is missing
  locked = 7,        ///< somebody else holds the lock
  defect = 70,       ///< a broken promise of our own
  interrupted = 130  ///< stopped by the user; nothing half-written was left
};

/// An expected failure. `code` is stable and meant for programs ("import.row_width"), the rest for people:
/// what was wrong, where (file, line, field, symbol, time) and what to do about it.
struct Error {
  ErrorKind kind = ErrorKind::defect;
  std::string code;
  std::string message;
  std::string where;
  std::string remedy;
};

/// The value, or why there is none. Third-party exceptions are turned into this where the library is called.
template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message, std::string where = {},
                                  std::string remedy = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(code), std::move(message), std::move(where), std::move(remedy)});
}

/// Passes the error of one result on as the error of another: `if (!x) return forward_error(x);`
template <typename T>
tl::unexpected<Error> forward_error(const Result<T>& result) {
  return tl::unexpected<Error>(result.error());
}

/// One line for a log: "code: message (where). remedy".
std::string to_string(const Error& error);

}  // namespace clm
