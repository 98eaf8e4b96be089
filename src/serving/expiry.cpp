#include "serving/expiry.hpp"

namespace clm {

bool is_expired(Timestamp learned_until, Timestamp at, Duration max_data_age) {
  return max_data_age > Duration(0) && at - learned_until > max_data_age;
}

std::string why_expired(Timestamp learned_until, Timestamp at, Duration max_data_age) {
  if (!is_expired(learned_until, at, max_data_age)) return {};
  return "it learned until " + to_string(learned_until) + ", " + to_string(at - learned_until) + " ago; the limit is " +
         to_string(max_data_age);
}

std::string describe_age(const VersionTimes& times, Timestamp at) {
  return "it learned until " + to_string(times.learned_until) + ", " + to_string(at - times.learned_until) +
         " ago (trained as of " + to_string(times.made_as_of) + ")";
}

}  // namespace clm
