#include "base/exit_codes.hpp"

#include <array>

#include "base/result.hpp"

namespace clm {
namespace {

/// A kind that is added without a meaning here does not compile.
constexpr std::string_view meaning_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return "wrong usage or configuration";
    case ErrorKind::data: return "input data that cannot be used";
    case ErrorKind::refused: return "refused by a gate or the policy";
    case ErrorKind::integrity: return "stored bytes are not what their manifest says";
    case ErrorKind::unavailable: return "a needed file, service or resource is missing";
    case ErrorKind::locked: return "somebody else holds the lock";
    case ErrorKind::defect: return "a defect of the program";
    case ErrorKind::interrupted: return "interrupted; nothing half-written was left";
  }
  return {};
}

constexpr ExitCode of(ErrorKind kind) { return {static_cast<int>(kind), meaning_of(kind)}; }

}  // namespace

std::span<const ExitCode> exit_codes() {
  static constexpr std::array kCodes{ExitCode{0, "done"},    of(ErrorKind::usage),     of(ErrorKind::data),
                                     of(ErrorKind::refused), of(ErrorKind::integrity), of(ErrorKind::unavailable),
                                     of(ErrorKind::locked),  of(ErrorKind::defect),    of(ErrorKind::interrupted)};
  return kCodes;
}

}  // namespace clm
