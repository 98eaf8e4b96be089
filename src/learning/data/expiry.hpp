#pragma once
#include "base/time.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// Whether a version whose data ended then has no vote any more. It is then no rival to anybody either: candidates are
/// judged as if there were none, since nobody is served by it. At the very age of `max_data_age_days` it still votes.
bool is_expired(Timestamp data_end, Timestamp at, const ServingOptions& options);

}  // namespace clm
