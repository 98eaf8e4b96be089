#include "report/json_reading.hpp"

#include <limits>

#include <nlohmann/json.hpp>

namespace clm::app {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* key) {
  static const Json kAbsent;
  if (!object.is_object()) return kAbsent;
  const auto found = object.find(key);
  return found == object.end() ? kAbsent : *found;
}

double number_in(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::int64_t integer_in(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::string text_in(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

Estimate estimate_in(const Json& object, const char* value_key, const char* interval_key) {
  Estimate out;
  out.value = number_in(object, value_key);
  const Json& interval = member(object, interval_key);
  if (interval.is_array() && interval.size() == 2 && interval[0].is_number() && interval[1].is_number()) {
    out.lo = interval[0].get<double>();
    out.hi = interval[1].get<double>();
  }
  return out;
}

}  // namespace clm::app
