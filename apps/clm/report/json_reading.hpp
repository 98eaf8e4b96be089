#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/plots.hpp"

namespace clm::app {

/// Reading stored documents for a report. What is missing or of another type is not known: NaN, 0 or an empty text, and
/// never an error, because evidence of older releases must stay readable.

/// The member `key`; null where `object` is no object or has none.
const nlohmann::json& member(const nlohmann::json& object, const char* key);
double number_in(const nlohmann::json& object, const char* key);
std::int64_t integer_in(const nlohmann::json& object, const char* key);
std::string text_in(const nlohmann::json& object, const char* key);
/// `object[value_key]` with its interval, `object[interval_key]`.
Estimate estimate_in(const nlohmann::json& object, const char* value_key, const char* interval_key = "interval");

/// Every element of an array, read by `read`; none where it is no array. Includers that call it include nlohmann's.
template <typename Json, typename Read>
auto each_of(const Json& array, Read read) {
  std::vector<decltype(read(array))> out;
  if (!array.is_array()) return out;
  for (const auto& element : array) out.push_back(read(element));
  return out;
}

}  // namespace clm::app
