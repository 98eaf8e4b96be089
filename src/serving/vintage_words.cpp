#include "serving/vintage_words.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

namespace clm {

std::string vintages_in_words(const std::vector<std::string>& model_types) {
  std::map<std::string, std::size_t> counts;
  for (const auto& type : model_types) ++counts[type];
  const bool one_of_each =
      std::all_of(counts.begin(), counts.end(), [](const auto& entry) { return entry.second == 1; });
  std::string text;
  std::size_t told = 0;
  for (const auto& [type, count] : counts) {
    text += told == 0 ? "" : told + 1 == counts.size() ? " and " : ", ";
    if (!one_of_each)
      text += std::to_string(count) + (told > 0 ? " of " : count == 1 ? " vintage of " : " vintages of ");
    text += type;
    ++told;
  }
  return text;
}

}  // namespace clm
