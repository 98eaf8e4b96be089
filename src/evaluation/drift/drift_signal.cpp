#include "evaluation/drift/drift_signal.hpp"

#include <cmath>
#include <string>

namespace clm {

std::string_view to_string(DriftSignal signal) {
  switch (signal) {
    case DriftSignal::none: return "none";
    case DriftSignal::warning: return "warning";
    case DriftSignal::drift: return "drift";
  }
  return "none";
}

double StateReader::number() {
  if (rest_.empty() || !std::isfinite(rest_.front())) {
    good_ = false;
    return 0;
  }
  const double value = rest_.front();
  rest_ = rest_.subspan(1);
  return value;
}

std::uint64_t StateReader::whole(std::uint64_t most) {
  const double value = number();
  if (value < 0 || value > static_cast<double>(most) || value != std::floor(value)) {
    good_ = false;
    return 0;
  }
  return static_cast<std::uint64_t>(value);
}

std::uint64_t StateReader::word() {
  const std::uint64_t high = whole(kHalfWord);
  return (high << 32) | whole(kHalfWord);
}

void StateReader::numbers(std::span<double> out) {
  for (double& value : out) value = number();
}

Status StateReader::finish(std::string_view detector) const {
  if (good_ && rest_.empty()) return {};
  return fail(ErrorKind::integrity, "drift.state",
              "the stored state of " + std::string(detector) + " is not one of a detector with these options", {},
              "drop the state: the detector then begins anew");
}

void append(DetectorState& state, std::initializer_list<double> numbers) {
  for (const double number : numbers) state.push_back(number);
}

void append_word(DetectorState& state, std::uint64_t word) {
  state.push_back(static_cast<double>(word >> 32));
  state.push_back(static_cast<double>(word & kHalfWord));
}

}  // namespace clm
