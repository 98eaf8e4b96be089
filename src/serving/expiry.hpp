#pragma once
#include <string>

#include "base/time.hpp"

namespace clm {

/// Whether a version that learned until then (`Manifest::learned_until`) has no vote any more. It is then no rival to
/// anybody either: candidates are judged as if there were none, since nobody is served by it. At the very age of
/// `max_data_age` it still votes; 0: it never expires.
bool is_expired(Timestamp learned_until, Timestamp at, Duration max_data_age);

/// The same in words: "it learned until 2024-01-02T00:00:00Z, 91 d ago; the limit is 90 d"; empty: it has not expired.
std::string why_expired(Timestamp learned_until, Timestamp at, Duration max_data_age);

/// Both times of a version that are told apart.
struct VersionTimes {
  Timestamp learned_until;  ///< `Manifest::learned_until`
  Timestamp made_as_of;     ///< `Manifest::created_as_of`
};
/// "it learned until 2024-01-02T00:00:00Z, 90 d 1 h ago (trained as of 2024-03-01T00:00:00Z)"
std::string describe_age(const VersionTimes& times, Timestamp at);

}  // namespace clm
