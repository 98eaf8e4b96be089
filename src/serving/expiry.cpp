#include "serving/expiry.hpp"

namespace clm {

Timestamp data_end_of(const Manifest& manifest) { return manifest.created_as_of; }

bool is_expired(Timestamp data_end, Timestamp at, Duration max_data_age) {
  return max_data_age > Duration(0) && at - data_end > max_data_age;
}

std::string why_expired(Timestamp data_end, Timestamp at, Duration max_data_age) {
  if (!is_expired(data_end, at, max_data_age)) return {};
  return "its data ended " + to_string(at - data_end) + " ago, at " + to_string(data_end) + "; the limit is " +
         to_string(max_data_age);
}

}  // namespace clm
