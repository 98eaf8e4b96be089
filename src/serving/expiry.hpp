#pragma once
#include <string>

#include "base/time.hpp"
#include "registry/manifest.hpp"

namespace clm {

/// The end of the data that a version was made on: what its age is counted from, for every question of expiry.
Timestamp data_end_of(const Manifest& manifest);

/// Whether a version whose data ended then has no vote any more. It is then no rival to anybody either: candidates are
/// judged as if there were none, since nobody is served by it. At the very age of `max_data_age` it still votes; 0: it
/// never expires.
bool is_expired(Timestamp data_end, Timestamp at, Duration max_data_age);

/// The same in words: "its data ended 91 d ago, at ...; the limit is 90 d"; empty: it has not expired.
std::string why_expired(Timestamp data_end, Timestamp at, Duration max_data_age);

}  // namespace clm
